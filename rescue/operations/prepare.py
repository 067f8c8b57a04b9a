"""From what a person asks to a plan: looks at devices and repository, refuses what must not be, writes nothing."""

import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from rescue.cancel import CancelToken
from rescue.devices.model import Disk, Inventory, Partition
from rescue.devices.scan import scan, visible_from_environment
from rescue.devices.writelock import release_stale
from rescue.errors import RescueError, SnapshotNotFoundError, UsageError
from rescue.events import Sink
from rescue.images.layout import Layout, Region
from rescue.images.scan_layout import scan_layout, table_of
from rescue.images.snapshot import layout_of
from rescue.language import _
from rescue.operations import machine
from rescue.operations.claims import require_unlocked, require_unwritten
from rescue.operations.privilege import require_root
from rescue.plans.backup import BackupPlan
from rescue.plans.safety import require_source, require_target
from rescue.plans.table import plan_table
from rescue.plans.write import WritePlan, describe_disk, plan_disk, plan_partition
from rescue.repository.repository import Repository, Stored
from rescue.repository.snapshot import DiskRecord
from rescue.tables.settle import settle

_SETTLE_SECONDS = 2.0
_LONGEST_NOTE = 1000


@dataclass(frozen=True, slots=True)
class BackupRequest:
    """What a person wants backed up. `sources` are paths of disks and partitions."""

    sources: tuple[str, ...]
    repository: str
    name: str | None = None
    level: int = 3
    raw: bool = False
    allow_bad: bool = False
    verify: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class RestoreRequest:
    """What a person wants restored: a snapshot, or the region `part` (`p2`) of it, to a disk or a partition.

    `table_only`: the partition table alone, of a whole disk; no partition's content is written.
    """

    snapshot: str
    part: str | None
    disk: int
    target: str
    repository: str
    verify: bool = True
    table_only: bool = False


@dataclass(frozen=True, slots=True)
class CloneRequest:
    """A disk to a disk, or a partition to a partition."""

    source: str
    target: str
    raw: bool = False
    allow_bad: bool = False
    verify: bool = True


def look() -> Inventory:
    """The disks that may be seen. NotRootError, because without root their content stays hidden.

    Where the kernel shows no partition of a disk that has a table - it was attached without a scan, or the kernel has
    no parser for tables - it is told them. That changes nothing on the disk. Write-locks that a killed job has left
    are taken off.
    """
    require_root()
    release_stale()
    visible = visible_from_environment()
    inventory = scan(visible)
    bare = [disk for disk in inventory.disks if disk.table and not disk.partitions and not disk.uses]
    shown = [_show_partitions(disk) for disk in bare]
    return scan(visible) if any(shown) else inventory


def _show_partitions(disk: Disk) -> bool:
    """Tell the kernel the partitions of a disk; True when it knows some now.

    An empty table is left alone: each attempt would be an event of this disk, and who scans at each event never ends.
    """
    with suppress(RescueError, OSError):
        table = table_of(disk)
        if table.entries:
            settle(disk.path, table, deadline=_SETTLE_SECONDS)
            return True
    return False


def prepare_backup(request: BackupRequest, *, sink: Sink, cancel: CancelToken) -> BackupPlan:
    """Find the used blocks of every source. SourceRefusedError when one is being written."""
    _require_name(request.name)
    _require_note(request.note)
    inventory = look()
    wanted = _sources(inventory, request.sources)
    layouts = []
    with tempfile.TemporaryDirectory(prefix="rescue-") as scratch:
        for disk, numbers in wanted:
            require_source(disk, numbers)
            require_unwritten(disk, numbers)
            layouts.append(scan_layout(disk, numbers, raw=request.raw, scratch=Path(scratch), sink=sink, cancel=cancel))
    return BackupPlan(
        name=request.name or machine.default_name(),
        repository=request.repository,
        layouts=tuple(layouts),
        level=request.level,
        allow_bad=request.allow_bad,
        verify=request.verify,
        note=request.note,
    )


def prepare_restore(
    repository: Repository, stored: Stored, request: RestoreRequest, inventory: Inventory | None = None
) -> tuple[WritePlan, DiskRecord]:
    """Lay a snapshot over the target, as it is in `inventory`, or as a new look shows it.

    TargetRefusedError, TargetTooSmallError, IntegrityError.
    """
    inventory = inventory or look()
    disk, part = inventory.find(request.target)
    record = _disk_record(stored, request.disk)
    layout = layout_of(repository, record)
    source = _("snapshot {id} “{name}” of {date}").format(
        id=stored.id[:12], name=stored.snapshot.name, date=stored.snapshot.date
    )
    require_unlocked(disk)
    require_target(inventory, disk, part, repository=request.repository)
    if request.table_only:
        if request.part is not None or part is not None:
            raise UsageError(_("A partition table belongs to a whole disk: name neither a part nor a partition."))
        return plan_table("restore", source, layout.table, disk, notes=(), verify=request.verify), record
    if request.part is not None:
        region = _region(layout, request.part)
        if part is None:
            raise UsageError(
                _("{part} is one partition, {path} a whole disk.").format(part=request.part, path=disk.path),
                hint=_("Name a partition of enough size as the target, or restore the whole snapshot."),
            )
        return plan_partition("restore", source, layout, region, (disk, part), verify=request.verify), record
    if part is not None:
        raise UsageError(
            _("{path} is a partition, the snapshot holds a whole disk.").format(path=part.path),
            hint=_("Name what to put there: {id}:p1, for example.").format(id=stored.id[:12]),
        )
    return plan_disk("restore", source, layout, disk, before=describe_disk(disk), verify=request.verify), record


def prepare_clone(
    request: CloneRequest,
    *,
    sink: Sink,
    cancel: CancelToken,
    inventory: Inventory | None = None,
    measure: bool = True,
) -> tuple[WritePlan, Layout]:
    """Lay a source over the target, as they are in `inventory`, or as a new look shows them.

    Without `measure` nobody looks for used blocks: such a plan only tells whether the target is possible.
    SourceRefusedError, TargetRefusedError, TargetTooSmallError.
    """
    inventory = inventory or look()
    source, source_part = inventory.find(request.source)
    disk, part = inventory.find(request.target)
    require_unlocked(disk)
    require_target(inventory, disk, part, source=source, source_partition=source_part)
    if (source_part is None) != (part is None):
        raise UsageError(
            _("{source} and {target} are not both disks or both partitions.").format(
                source=request.source, target=request.target
            ),
            hint=_("Clone a disk to a disk, or a partition to an existing partition."),
        )
    numbers = None if source_part is None else {source_part.number}
    require_source(source, numbers)
    require_unwritten(source, numbers)
    with tempfile.TemporaryDirectory(prefix="rescue-") as scratch:
        layout = scan_layout(
            source, numbers, raw=request.raw, scratch=Path(scratch), sink=sink, cancel=cancel, measure=measure
        )
    text = f"{source.path} ({source.model or 'disk'}, {source.confirm})"
    if source_part is not None and part is not None:
        region = _region(layout, f"p{source_part.number}")
        return plan_partition("clone", text, layout, region, (disk, part), verify=request.verify), layout
    plan = plan_disk("clone", text, layout, disk, before=describe_disk(disk), verify=request.verify)
    return plan, layout


def _require_name(name: str | None) -> None:
    """UsageError for a name by which the snapshot could not be found again."""
    if name is None:
        return
    lost = not name.strip() or ":" in name or name.startswith("-") or name == "latest"
    if lost or not name.isprintable():
        raise UsageError(
            _("“{name}” cannot be the name of a snapshot.").format(name=name),
            hint=_("Use letters, digits, blanks, - _ . only."),
        )


def _require_note(note: str) -> None:
    """UsageError for a note that no line shows whole."""
    if len(note) > _LONGEST_NOTE or not note.isprintable():
        raise UsageError(
            _("The note is too long, or has letters in it that cannot be shown."),
            hint=_("One line of at most {count} letters can be kept with a backup.").format(count=_LONGEST_NOTE),
        )


def _sources(inventory: Inventory, paths: tuple[str, ...]) -> list[tuple[Disk, set[int] | None]]:
    """Group what was asked for by disk; None for all partitions of it."""
    groups: dict[str, tuple[Disk, set[int] | None]] = {}
    for path in paths:
        disk, part = inventory.find(path)
        numbers = groups.get(disk.path, (disk, set()))[1]
        groups[disk.path] = (disk, _joined(numbers, part))
    return list(groups.values())


def _joined(numbers: set[int] | None, part: Partition | None) -> set[int] | None:
    return None if numbers is None or part is None else numbers | {part.number}


def _disk_record(stored: Stored, number: int) -> DiskRecord:
    disks = stored.snapshot.disks
    if not 1 <= number <= len(disks):
        raise SnapshotNotFoundError(
            _("The snapshot has {count} disks.").format(count=len(disks)), hint=_("Choose one with --disk.")
        )
    return disks[number - 1]


def _region(layout: Layout, name: str) -> Region:
    for region in layout.regions:
        if region.name == name:
            return region
    names = ", ".join(region.name for region in layout.regions)
    raise SnapshotNotFoundError(
        _("There is no {name} in it.").format(name=name), hint=_("It has {names}.").format(names=names)
    )
