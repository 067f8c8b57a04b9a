"""What will be written on which disk: one plan for restore and clone, whatever the source is."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from rescue.devices.model import Disk, Identity, Partition
from rescue.errors import TargetRefusedError, TargetTooSmallError, UsageError
from rescue.images.layout import Layout, Region
from rescue.language import _
from rescue.plans.backup import describe_region
from rescue.repository.snapshot import RegionKind
from rescue.tables.arrange import arrange
from rescue.tables.model import Table, TableKind
from rescue.units import format_size


@dataclass(frozen=True, slots=True)
class Target:
    """What is written: a disk, or the partition `number` of it. `path` is only for display and for opening."""

    disk_path: str
    path: str
    number: int
    model: str
    identity: Identity
    confirm: str
    size: int


@dataclass(frozen=True, slots=True)
class Placement:
    """A region of the source, and the byte of the target (disk or partition) where it begins."""

    region: Region
    start: int


@dataclass(frozen=True, slots=True)
class WritePlan:
    """Everything is decided here; running it only does it. `table` is None when one partition is written.

    `table_only`: there are no placements, and what is in the partitions is left as it is.
    """

    job: str
    source: str
    target: Target
    table: Table | None
    placements: tuple[Placement, ...]
    before: tuple[str, ...]
    notes: tuple[str, ...]
    verify: bool
    table_only: bool = False

    @property
    def used_bytes(self) -> int:
        """Bytes to write."""
        return sum(placement.region.used.total for placement in self.placements)

    def describe(self) -> tuple[str, ...]:
        """The plan for people, a line a step."""
        target = self.target
        if self.table_only and self.table is not None:
            return tuple(_table_steps(self, self.table))
        steps = [
            _("OVERWRITE {path}: {model}, {size}, {confirm}.").format(
                path=target.path, model=target.model or _("disk"), size=format_size(target.size), confirm=target.confirm
            ),
            "  " + _("All that is on it now is lost:"),
            *(f"    {line}" for line in self.before or (_("nothing that we know"),)),
            _("Write {size} from {source}:").format(size=format_size(self.used_bytes), source=self.source),
        ]
        for placement in self.placements:
            steps += [f"  {text}" for text in describe_region(placement.region)]
        steps += ["  " + _("Note: {note}").format(note=note) for note in self.notes]
        if self.verify:
            steps.append(_("Read the target back and compare it."))
        return tuple(steps)

    def unfinished(self) -> str:
        """In which state the target is after an interruption, and what to do."""
        path = self.target.path
        if self.table_only:
            return _(
                "{path} has no partition table now, or one that nobody has compared. What is in its partitions was "
                "not touched. Run the job again, or `rescue undo {path}`."
            ).format(path=path)
        return _("{path} is incomplete and must not be used. Run the job again, or `rescue undo {path}`.").format(
            path=path
        )

    def digest(self) -> str:
        """A name for exactly this plan: what it says, where each region goes, and on which disk."""
        places = [(p.region.name, p.region.size, p.start, _hash(p.region.used.to_bytes())) for p in self.placements]
        sectors = self.table.sectors if self.table else ()
        parts = (self.describe(), places, self.target, [(piece.offset, piece.data) for piece in sectors])
        return _hash(repr(parts).encode(errors="surrogateescape"))


def plan_disk(job: str, source: str, layout: Layout, disk: Disk, *, before: tuple[str, ...], verify: bool) -> WritePlan:
    """Put a whole layout on `disk`, which is as large or larger.

    TargetTooSmallError says how much is missing; TargetRefusedError for another sector size.
    """
    require_sector_size(layout, disk)
    missing = [region.name for region in layout.regions if not region.included]
    if missing and all(region.kind is RegionKind.GAP for region in layout.included):
        raise UsageError(_("{source} holds no partition that could be written.").format(source=source))
    table = arrange(layout.table, disk.size)
    if table.kind is TableKind.NONE and disk.size < layout.size:
        raise too_small(layout.size, disk.size, disk.path)
    placements = tuple(Placement(region, region.start) for region in _fitting(layout, disk.size))
    return WritePlan(
        job=job,
        source=source,
        target=Target(disk.path, disk.path, 0, disk.model, disk.identity, disk.confirm, disk.size),
        table=table,
        placements=placements,
        before=before,
        notes=tuple(_notes(layout, table, disk, missing)),
        verify=verify,
    )


def plan_partition(
    job: str, source: str, layout: Layout, region: Region, target: tuple[Disk, Partition], *, verify: bool
) -> WritePlan:
    """Put one partition of a layout into an existing one of enough size. The table is not touched."""
    disk, part = target
    require_sector_size(layout, disk)
    if not region.included:
        raise UsageError(
            _("{region} is not in {source}.").format(region=region.describe(), source=source),
            hint=_("It was not chosen when the backup was made."),
        )
    if part.size < region.size:
        raise too_small(region.size, part.size, part.path)
    notes = []
    if part.size > region.size and region.kind is not RegionKind.GAP:
        notes.append(
            _("{size} at the end of {path} stay unused.").format(
                size=format_size(part.size - region.size), path=part.path
            )
        )
    return WritePlan(
        job=job,
        source=f"{source}, {region.describe()}",
        target=Target(disk.path, part.path, part.number, disk.model, disk.identity, disk.confirm, part.size),
        table=None,
        placements=(Placement(region, 0),),
        before=describe_partition(part),
        notes=tuple(notes),
        verify=verify,
    )


def describe_disk(disk: Disk) -> tuple[str, ...]:
    """What is on a disk, for the review."""
    lines = [line for part in disk.partitions for line in describe_partition(part)]
    if disk.filesystem is not None:
        lines.append(f"{disk.path}: {disk.filesystem.type} {disk.filesystem.label or ''}".rstrip())
    return tuple(lines)


def describe_partition(part: Partition) -> tuple[str, ...]:
    """What is in a partition, for the review."""
    info = part.filesystem
    words = [part.path + ":", info.type if info else _("no known file system"), format_size(part.size)]
    if info and info.label:
        words.append(f"“{info.label}”")
    if part.system:
        words.append(part.system)
    return (" ".join(words),)


def require_sector_size(layout: Layout, disk: Disk) -> None:
    """TargetRefusedError where the target counts in other sectors than the source."""
    if layout.sector_size != disk.logical_sector_size:
        raise TargetRefusedError(
            _(
                "{path} has sectors of {sector} bytes, the source has {source_sector}: table "
                "and file systems would not be found."
            ).format(path=disk.path, sector=disk.logical_sector_size, source_sector=layout.sector_size),
            hint=_("Use a target with the same sector size."),
        )


def too_small(needed: int, size: int, path: str) -> TargetTooSmallError:
    """The error that tells how much is missing."""
    return TargetTooSmallError(
        _("{path} is too small: {needed} are needed, it has {size}; {bytes} bytes ({missing}) are missing.").format(
            path=path,
            needed=format_size(needed),
            size=format_size(size),
            bytes=needed - size,
            missing=format_size(needed - size),
        ),
        hint=_("Use a target of at least the size of the source."),
    )


def _table_steps(plan: WritePlan, table: Table) -> Iterator[str]:
    """The description of a plan that writes nothing but a table."""
    target = plan.target
    yield _("OVERWRITE the partition table of {path}: {model}, {size}, {confirm}.").format(
        path=target.path, model=target.model or _("disk"), size=format_size(target.size), confirm=target.confirm
    )
    yield "  " + _("What it says now is lost:")
    yield from (f"    {line}" for line in plan.before or (_("nothing that we know"),))
    yield _("Write the table from {source}:").format(source=plan.source)
    for entry in table.entries:
        name = f" “{entry.name}”" if entry.name else ""
        place = _("from byte {start}").format(start=entry.start)
        yield f"  p{entry.number}{name}: {format_size(entry.size)}, {place}"
    yield _("Nothing else is written. What is in the partitions stays as it is, and belongs to the table or not:")
    yield "  " + _("a partition shows its files again where it begins and ends as it did when they were written.")
    yield from ("  " + _("Note: {note}").format(note=note) for note in plan.notes)
    if plan.verify:
        yield _("Read the table back and compare it.")


def _fitting(layout: Layout, size: int) -> list[Region]:
    """The regions to write. On a larger disk the gap behind the last partition is left out: what other systems keep
    there counts from the end of the disk, and the table of the larger disk may reach into it."""
    behind = layout.table.data_end if layout.table.kind is not TableKind.NONE and size > layout.size else layout.size
    return [region for region in layout.included if region.start < behind]


def _notes(layout: Layout, table: Table, disk: Disk, missing: list[str]) -> list[str]:
    notes = []
    if missing:
        notes.append(
            _("{parts} were not chosen for this backup: their content is not restored.").format(
                parts=", ".join(missing)
            )
        )
    if disk.size > layout.size:
        free = format_size(disk.size - layout.size)
        if table.kind is TableKind.GPT:
            text = _("The target is larger: {free} at its end stay free, and the backup GPT moves to the new end.")
        else:
            text = _("The target is larger: {free} at its end stay free.")
        notes.append(text.format(free=free))
    return notes


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
