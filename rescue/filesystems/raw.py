"""The null object: every byte is in use. For content nobody knows, and for whatever does not pass the gate."""

from typing import ClassVar

from rescue.extents import Extents
from rescue.filesystems.model import Bench, Measured
from rescue.filesystems.volume import Volume


class Raw:
    """All blocks: LUKS, LVM, RAID members, BitLocker, unknown file systems."""

    name: ClassVar[str] = "raw"
    types: ClassVar[frozenset[str]] = frozenset()

    def measure(self, volume: Volume, bench: Bench) -> Measured:  # noqa: ARG002
        """Everything from the first to the last byte."""
        return Measured(volume.size, Extents.whole(volume.size), self.name)
