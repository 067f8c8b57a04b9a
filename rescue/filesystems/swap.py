"""Swap space: only its header is worth keeping, unless the computer sleeps in it.

Layout: Linux, include/linux/swap.h `union swap_header`: the signature is the last 10 bytes of the first page, whatever
the page size of the machine that made it. A hibernation image replaces the signature (kernel/power/swap.c `S1SUSPEND`;
uswsusp `ULSUSPEND`) and fills the rest.
"""

from typing import ClassVar

from rescue.extents import Extents
from rescue.filesystems.fields import uuid_text
from rescue.filesystems.model import Bench, Measured, UnmappableError
from rescue.filesystems.volume import Volume
from rescue.language import N_, _
from rescue.units import KiB

_PAGE_SIZES = tuple(4 * KiB << shift for shift in range(5))
_SWAP = {b"SWAPSPACE2", b"SWAP-SPACE"}
_SUSPENDED = (b"S1SUSPEND", b"S2SUSPEND", b"ULSUSPEND", b"LINHIB0001", b"TOI")
_ASLEEP = N_("The computer is hibernated in this swap space; restore resumes the saved session.")


class Swap:
    """Linux swap."""

    name: ClassVar[str] = "swap"
    types: ClassVar[frozenset[str]] = frozenset({"swap", "swsuspend"})

    def measure(self, volume: Volume, bench: Bench) -> Measured:  # noqa: ARG002
        """The first page; UnmappableError for a hibernated session."""
        for page in _PAGE_SIZES:
            if volume.size < page:
                break
            header = volume.read(0, page)
            signature = header[-10:]
            if signature.startswith(_SUSPENDED):
                raise UnmappableError(_(_ASLEEP))
            if signature in _SWAP:
                facts: dict[str, str | int] = {"page_size": page, "uuid": uuid_text(header[0x40C:0x41C])}
                return Measured(volume.size, Extents([(0, page)]), "swap header", (), facts)
        raise UnmappableError(_("The swap space has no signature."))
