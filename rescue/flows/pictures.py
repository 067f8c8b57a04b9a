"""The target of a plan as it will be afterwards, as a value that can be drawn like any other disk. Pure."""

from dataclasses import replace

from rescue.devices.model import Disk, FilesystemInfo, Partition
from rescue.images.layout import Region
from rescue.operations.facts import Facts
from rescue.plans.write import WritePlan
from rescue.repository.snapshot import RegionKind
from rescue.tables.model import Entry, Table, TableKind

_TABLES = {TableKind.GPT: "gpt", TableKind.MBR: "dos", TableKind.NONE: None}
_NO_CONTENT = ("", "raw", "unknown")  # what a region says where nobody knew its content


def after(plan: WritePlan, disk: Disk) -> Disk:
    """`disk`, the target of `plan`, once the plan ran. Of a plan for one partition only that partition is another.

    What system there is only a scan finds out; partitions that the plan makes and does not fill have no content.
    """
    if plan.table is None:
        (placement,) = plan.placements
        parts = tuple(
            _filled(part, placement.region) if part.number == plan.target.number else part for part in disk.partitions
        )
        return replace(disk, partitions=parts)
    return replace(
        disk,
        identity=replace(disk.identity, table_uuid=plan.table.disk_id or None),
        table=_TABLES[plan.table.kind],
        filesystem=_whole(plan),
        uses=(),
        partitions=_partitions(plan, plan.table, disk.path),
        system=None,
        readable=True,
        live_medium=False,
    )


def facts_after(plan: WritePlan, disk: Disk) -> Facts:
    """How full the partitions that the plan writes will be, by the paths that `after` gives them."""
    if plan.table is None:
        return Facts({plan.target.path: plan.used_bytes})
    used = {}
    for placement in plan.placements:
        region = placement.region
        if region.kind is RegionKind.PARTITION:
            used[_path(disk.path, region.number)] = region.used.total
        elif region.kind is RegionKind.WHOLE:
            used[disk.path] = region.used.total
    return Facts(used)


def _filled(part: Partition, region: Region) -> Partition:
    return replace(part, filesystem=_content(region), uses=(), system=None)


def _content(region: Region | None) -> FilesystemInfo | None:
    if region is None or region.filesystem in _NO_CONTENT:
        return None
    return FilesystemInfo(region.filesystem, region.label, region.uuid)


def _whole(plan: WritePlan) -> FilesystemInfo | None:
    """The file system on the disk itself, where it gets no partitions."""
    wholes = [placement.region for placement in plan.placements if placement.region.kind is RegionKind.WHOLE]
    return _content(wholes[0]) if wholes else None


def _partitions(plan: WritePlan, table: Table, disk: str) -> tuple[Partition, ...]:
    """The partitions of the table, each with the content of the region that is written where it begins."""
    regions = {p.start: p.region for p in plan.placements if p.region.kind is not RegionKind.GAP}
    return tuple(_partition(entry, regions.get(entry.start), disk) for entry in table.entries)


def _partition(entry: Entry, region: Region | None, disk: str) -> Partition:
    return Partition(
        path=_path(disk, entry.number),
        number=entry.number,
        start=entry.start,
        size=entry.size,
        type=entry.type,
        uuid=entry.uuid or None,
        name=entry.name or None,
        filesystem=_content(region),
    )


def _path(disk: str, number: int) -> str:
    """The node that the kernel makes for a partition: between two numbers it puts a p."""
    return f"{disk}{'p' if disk[-1:].isdigit() else ''}{number}"
