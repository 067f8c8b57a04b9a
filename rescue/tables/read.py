"""Read the partition table of a disk, whatever its state, through a function that gives bytes."""

from rescue.errors import TableError
from rescue.language import _
from rescue.tables.gpt import SIGNATURE, read_gpt
from rescue.tables.mbr import is_file_system, is_protective, parse_slots, read_mbr
from rescue.tables.model import SavedSectors, Table, TableKind
from rescue.tables.sectors import ReadBytes, SectorReader
from rescue.units import lba_to_bytes

_USUAL_SECTOR_SIZES = (512, 4096)


def read_table(read: ReadBytes, disk_size: int, sector_size: int) -> Table:
    """The table of a disk; kind NONE where there is no table.

    What a broken disk gives is kept and told in `notes`. TableError where the disk says that it has a GPT and neither
    copy is good, or where the first sector cannot be read; OverlappingEntriesError where partitions share bytes.
    """
    disk = SectorReader(read, disk_size, sector_size)
    none = Table(TableKind.NONE, sector_size, disk_size)
    if disk.last_lba < 0:
        return none
    boot = disk.piece(0)
    if boot is None:
        raise TableError(_("The first sector of the disk cannot be read."))
    if is_protective(boot.data):
        return read_gpt(disk, boot) or _other_sector_size(disk) or _refuse_damaged()
    return read_mbr(disk, boot) or Table(TableKind.NONE, sector_size, disk_size, notes=_none_notes(disk, boot))


def _refuse_damaged() -> Table:
    raise TableError(
        _("The GPT partition table is damaged, in both of its copies."),
        hint=_("Repair it with a tool like gdisk or testdisk first, or image the disk as one piece."),
    )


def _other_sector_size(disk: SectorReader) -> Table | None:
    """No table, with the reason, where a GPT for sectors of another size is found."""
    for size in _USUAL_SECTOR_SIZES:
        other = SectorReader(disk.read, disk.disk_size, size).piece(1)
        if size != disk.sector_size and other is not None and other.data.startswith(SIGNATURE):
            note = _(
                "The disk has a GPT made for sectors of {size} bytes, but is attached with sectors of "
                "{sector_size} bytes. Attach it as it was when it was partitioned (another USB "
                "enclosure)."
            ).format(size=size, sector_size=disk.sector_size)
            return Table(TableKind.NONE, disk.sector_size, disk.disk_size, notes=(note,))
    return None


def _none_notes(disk: SectorReader, boot: SavedSectors) -> tuple[str, ...]:
    """What is worth saying about a disk without a table."""
    header = disk.piece(1)
    if header is not None and header.data.startswith(SIGNATURE) and not is_file_system(boot.data):
        offset = lba_to_bytes(1, disk.sector_size)
        return (
            _("A GPT header is at byte {offset}, but the first sector does not announce it: it is not used.").format(
                offset=offset
            ),
        )
    if parse_slots(boot.data) is not None and not is_file_system(boot.data):
        return (_("The first sector has a boot signature, but no valid partition entries."),)
    return ()
