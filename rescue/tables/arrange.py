"""Fit a table to a disk of equal or larger size. Pure: bytes in, bytes out."""

from dataclasses import replace

from rescue.errors import TableError, TargetTooSmallError
from rescue.language import _
from rescue.tables.gpt import PRIMARY_LBA, Header, best_half
from rescue.tables.mbr import grow_protective
from rescue.tables.model import SavedSectors, Table, TableKind, disjoint
from rescue.tables.read import read_table
from rescue.tables.sectors import SectorReader, reader_of
from rescue.units import format_size, lba_to_bytes


def arrange(table: Table, disk_size: int) -> Table:
    """The same table for a disk of `disk_size` bytes with sectors of the same size.

    Equal size: the same bytes. Larger: a GPT ends at the real end of the disk, and both of its copies are good;
    partitions keep place, number, name and id. TargetTooSmallError for a smaller disk. TableError where a partition
    that was left out, because it reached beyond the source, is in the way on the larger disk.
    """
    if disk_size == table.disk_size:
        return table
    if disk_size < table.disk_size:
        raise _too_small(table, disk_size)
    if table.kind is TableKind.GPT:
        return _move_backup(table, disk_size)
    if table.kind is TableKind.MBR:
        return _reread(table.sectors, disk_size, table.sector_size)
    return replace(table, disk_size=disk_size)


def _too_small(table: Table, disk_size: int) -> TargetTooSmallError:
    needed = _needed(table)
    missing = needed - disk_size
    if missing > 0:
        return TargetTooSmallError(
            _(
                "The target is {size} ({missing} bytes) too small: its {disk} do not hold the partitions"
                " and their table, which need {needed}."
            ).format(
                size=format_size(missing), missing=missing, disk=format_size(disk_size), needed=format_size(needed)
            ),
            hint=_("Shrink or move the last partition of the source, or use a larger disk."),
        )
    missing = table.disk_size - disk_size
    return TargetTooSmallError(
        _(
            "The target is {size} ({missing} bytes) smaller than the source. Its partitions would "
            "fit, but a table is put on disks of equal or larger size only."
        ).format(size=format_size(missing), missing=missing),
        hint=_("Use a disk that is at least as large as the source."),
    )


def _needed(table: Table) -> int:
    """Bytes of the smallest disk that holds every partition and the table itself."""
    if table.kind is TableKind.NONE:
        return table.disk_size
    if table.kind is TableKind.MBR:
        return max(table.data_end, table.occupied.end)
    header = best_half(_reader(table)).header
    if header is None:
        return table.disk_size
    head = lba_to_bytes(header.first_usable, table.sector_size)
    return max(table.data_end, head) + lba_to_bytes(header.array_sectors + 1, table.sector_size)


def _move_backup(table: Table, disk_size: int) -> Table:
    """Both copies made from the good one, the backup at the end of the larger disk."""
    half = best_half(_reader(table))
    if half.header is None or not half.good:
        raise TableError(_("The GPT partition table is damaged, in both of its copies."))
    size, last_lba = table.sector_size, disk_size // table.sector_size - 1
    entries_lba = half.header.entries_lba if half.lba == PRIMARY_LBA else PRIMARY_LBA + 1
    backup_entries_lba = last_lba - half.header.array_sectors
    primary = replace(
        half.header, my_lba=PRIMARY_LBA, alternate_lba=last_lba, entries_lba=entries_lba,
        last_usable=backup_entries_lba - 1,
    )  # fmt: skip
    backup = replace(primary, my_lba=last_lba, alternate_lba=PRIMARY_LBA, entries_lba=backup_entries_lba)
    boot = SavedSectors(0, grow_protective(table.sectors[0].data[:size], last_lba))
    pieces = (boot, *_copy(primary, half.array), *_copy(backup, half.array))
    return _reread(disjoint(pieces), disk_size, size)


def _copy(header: Header, array: bytes) -> tuple[SavedSectors, SavedSectors]:
    size = len(header.sector)
    return (
        SavedSectors(lba_to_bytes(header.my_lba, size), header.pack()),
        SavedSectors(lba_to_bytes(header.entries_lba, size), array),
    )


def _reader(table: Table) -> SectorReader:
    return reader_of(table.sectors, table.disk_size, table.sector_size)


def _reread(pieces: tuple[SavedSectors, ...], disk_size: int, sector_size: int) -> Table:
    """The table that the pieces make on a disk of `disk_size`: what is returned is what will be read."""
    return read_table(reader_of(pieces, disk_size, sector_size).read, disk_size, sector_size)
