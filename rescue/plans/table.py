"""What will be written where only the partition table of a disk is restored."""

from collections.abc import Iterator

from rescue.devices.model import Disk
from rescue.errors import TableError, TargetRefusedError
from rescue.language import _
from rescue.plans.write import Target, WritePlan, describe_disk
from rescue.tables.arrange import arrange
from rescue.tables.model import Table, TableKind
from rescue.units import format_size


def plan_table(job: str, source: str, table: Table, disk: Disk, *, notes: tuple[str, ...], verify: bool) -> WritePlan:
    """Put `table`, and nothing else, on a disk that is as large as the one it was saved from, or larger.

    TableError where there is no table, TargetTooSmallError, and TargetRefusedError for another sector size.
    """
    if table.kind is TableKind.NONE:
        raise TableError(
            _("There is no partition table in {source}.").format(source=source),
            hint=_("That disk had none: its file system began at its first sector."),
        )
    if table.sector_size != disk.logical_sector_size:
        raise TargetRefusedError(
            _("{path} has sectors of {own} bytes, the table counts in sectors of {other}.").format(
                path=disk.path, own=disk.logical_sector_size, other=table.sector_size
            ),
            hint=_("Use a target with the same sector size."),
        )
    arranged = arrange(table, disk.size)
    return WritePlan(
        job=job,
        source=source,
        target=Target(disk.path, disk.path, 0, disk.model, disk.identity, disk.confirm, disk.size),
        table=arranged,
        placements=(),
        before=describe_disk(disk),
        notes=(*notes, *_notes(table, arranged, disk)),
        verify=verify,
        table_only=True,
    )


def _notes(table: Table, arranged: Table, disk: Disk) -> Iterator[str]:
    if disk.size > table.disk_size:
        yield _("The disk is larger than the one of the table: {size} at its end stay free.").format(
            size=format_size(disk.size - table.disk_size)
        )
    for part in disk.partitions:
        hit = sum(extent.length for extent in arranged.occupied.between(part.start, part.start + part.size))
        if hit:
            yield _("{count} bytes of the new table lie in {path}, as it is now, and overwrite what is there.").format(
                count=hit, path=part.path
            )
