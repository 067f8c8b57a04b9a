"""What will be overwritten with zeros, so that nothing that was on a disk stays, or only so that it looks empty."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from rescue.devices.model import Disk
from rescue.extents import Extents
from rescue.language import _
from rescue.plans.write import Target, describe_disk
from rescue.units import MiB, align_down, align_up, format_size

_END = MiB
_FLASH = ("usb", "mmc", "nvme")


@dataclass(frozen=True, slots=True)
class WipePlan:
    """Everything is decided here; running it only does it. `zeros` are the bytes of the disk that are overwritten.

    `quick`: only tables and headers, which an undo can bring back. `flash`: the drive may have spare blocks.
    """

    target: Target
    zeros: Extents
    before: tuple[str, ...]
    quick: bool
    flash: bool
    verify: bool

    def describe(self) -> tuple[str, ...]:
        """The plan for people, a line a step."""
        return tuple(self._steps())

    def digest(self) -> str:
        """A name for exactly this plan."""
        parts = (self.describe(), self.target, list(self.zeros), self.quick, self.verify)
        return hashlib.sha256(repr(parts).encode(errors="surrogateescape")).hexdigest()

    def _steps(self) -> Iterator[str]:
        target, size = self.target, format_size(self.target.size)
        yield _("OVERWRITE {path}: {model}, {size}, {confirm}.").format(
            path=target.path, model=target.model or _("disk"), size=size, confirm=target.confirm
        )
        yield "  " + _("All that is on it now is lost:")
        yield from (f"    {line}" for line in self.before or (_("nothing that we know"),))
        yield from self._quickly() if self.quick else self._wholly()
        if self.verify:
            yield _("Read back what was overwritten, and see that it is zero.")

    def _quickly(self) -> Iterator[str]:
        yield _(
            "Write zeros over the partition table and over both ends of the disk and of every partition, {size}."
        ).format(size=format_size(self.zeros.total))
        yield "  " + _("The disk looks empty then, but the files are still on it: tools can bring them back.")
        yield "  " + _("An undo kit is kept: `rescue undo {path}` takes it back.").format(path=self.target.path)

    def _wholly(self) -> Iterator[str]:
        yield _("Write zeros over every sector, {size}.").format(size=format_size(self.zeros.total))
        yield "  " + _("This cannot be undone: no undo kit is kept, and older ones of this disk are deleted.")
        if self.flash:
            yield "  " + _(
                "If this is an SSD or a stick: it has spare blocks that no program reaches, and they may keep old data."
            )


def plan_wipe(disk: Disk, *, quick: bool, verify: bool) -> WipePlan:
    """Overwrite all of `disk` or, with `quick`, what makes it look used."""
    return WipePlan(
        target=Target(disk.path, disk.path, 0, disk.model, disk.identity, disk.confirm, disk.size),
        zeros=_ends(disk) if quick else Extents.whole(disk.size),
        before=describe_disk(disk),
        quick=quick,
        flash=not disk.rotational or disk.bus in _FLASH,
        verify=verify,
    )


def _ends(disk: Disk) -> Extents:
    """Where tables, and the signatures of file systems, RAID and LVM, begin: the same bytes that an undo kit keeps."""
    spans = [(0, disk.size), *((part.start, part.start + part.size) for part in disk.partitions)]
    ranges = [pair for start, end in spans for pair in ((start, min(start + _END, end)), (max(end - _END, start), end))]
    sector = disk.logical_sector_size
    return Extents((align_down(start, sector), min(align_up(end, sector), disk.size)) for start, end in ranges)
