"""Add a partition behind a bootable image that lies on a larger disk. Pure: bytes in, bytes out.

The image's own partitions, its boot code and its ids stay as they are. Where the image has a GPT as well as a table in
its first sector (a hybrid image), programs do not agree which of the two counts: such an image is refused.
"""

import struct
import uuid
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

from rescue.errors import TableError, TargetTooSmallError
from rescue.language import _
from rescue.tables.arrange import arrange
from rescue.tables.gpt import PRIMARY_LBA, SIGNATURE, Header, parse_entries, read_halves
from rescue.tables.mbr import Slot, is_protective, parse_slots
from rescue.tables.model import SavedSectors, Table, TableKind
from rescue.tables.read import read_table
from rescue.tables.sectors import ReadBytes, SectorReader, reader_of
from rescue.units import MiB, align_down, align_up, bytes_to_lba, format_size, lba_to_bytes

LEAST = 64 * MiB
"""No smaller partition is added."""

_SLOTS = 446
_SLOT = struct.Struct("<B3sB3sII")
_BASIC_DATA = 0x07  # what Windows expects of exFAT and NTFS
_BASIC_DATA_GUID = uuid.UUID("ebd0a0a2-b9e5-4433-87c0-68b6b72699c7")
_FAR = b"\xfe\xff\xff"  # cylinder, head and sector that say: the number of the sector counts
_MOST_SECTORS = 0xFFFFFFFF
_GPT_ENTRY = struct.Struct("<16s16sQQQ72s")


@dataclass(frozen=True, slots=True)
class Extended:
    """The table of the larger disk, and the partition `number` that it has got: `size` bytes from `start`.

    `table` is of the kind NONE, with its sectors, where the image's own partitions overlap, as those of many images do.
    """

    table: Table
    number: int
    start: int
    size: int


def extend(read: ReadBytes, image_size: int, disk_size: int, sector_size: int, unique: uuid.UUID) -> Extended:
    """The table of an image of `image_size` bytes on a disk, with one more partition that takes the rest of the disk.

    `read` gives bytes of the image; `unique` is the id of the partition, which only a GPT keeps. The partition lies on
    whole MiB. TableError says why the table cannot be extended, TargetTooSmallError how much room is missing.
    """
    image = SectorReader(read, image_size, sector_size)
    boot = image.piece(0)
    slots = parse_slots(boot.data) if boot is not None else None
    if boot is None or slots is None:
        raise _refused(_("it has no partition table in its first sector"))
    if is_protective(boot.data):
        if sum(slot.type != 0 for slot in slots) > 1:
            raise _refused(
                _("it has a GPT and an MBR with partitions of its own, and programs do not agree which counts")
            )
        return _extend_gpt(image, disk_size, unique)
    header = image.piece(PRIMARY_LBA)
    if header is not None and header.data.startswith(SIGNATURE):
        raise _refused(_("it has two tables, an MBR and a GPT that the MBR does not announce"))
    for number, slot in enumerate(slots, start=1):
        if slot.used and lba_to_bytes(slot.start_lba + slot.count, sector_size) > image_size:
            raise _refused(_("its partition {number} reaches beyond its end").format(number=number))
        if slot.extended:
            raise _refused(
                _("its partition {number} is an extended one, as no bootable image has it").format(number=number)
            )
    return _extend_mbr(image, boot, slots, disk_size)


def retract(boot: bytes, image_size: int, sector_size: int) -> bytes:
    """The inverse for an MBR: the first sector without the partitions that begin behind the image.

    TableError for a GPT, which tells of the whole disk, not of the image.
    """
    if is_protective(boot):
        raise TableError(_("It has a GPT, which belongs to that disk alone."), hint=_("Use the image file itself."))
    sector = bytearray(boot)
    for index, slot in enumerate(parse_slots(boot) or ()):
        if slot.used and lba_to_bytes(slot.start_lba, sector_size) >= image_size:
            _SLOT.pack_into(sector, _SLOTS + index * _SLOT.size, 0, bytes(3), 0, bytes(3), 0, 0)
    return bytes(sector)


def boot_sectors(table: Table, head: bytes) -> Table:
    """The table with all of `head`, the first bytes of the image, among its sectors; those of the table itself win.

    What is among them is written last. Without a table, the first sector is one piece and comes last of all.
    """
    kept = list(table.sectors) or [SavedSectors(0, head[: table.sector_size])]
    position = 0
    fill = []
    for piece in [*sorted(kept, key=lambda piece: piece.offset), SavedSectors(len(head), b"")]:
        start = min(piece.offset, len(head))
        if start > position:
            fill.append(SavedSectors(position, head[position:start]))
        position = max(position, piece.end)
    return replace(table, sectors=tuple(sorted((*kept, *fill), key=lambda piece: piece.offset)))


def _extend_mbr(image: SectorReader, boot: SavedSectors, slots: Sequence[Slot], disk_size: int) -> Extended:
    index = next((index for index, slot in enumerate(slots) if not slot.used and slot.type == 0), None)
    if index is None:
        raise _refused(_("all four entries of its table are in use"))
    unit = image.sector_size
    start, size = _room(image.disk_size, min(disk_size, lba_to_bytes(_MOST_SECTORS, unit)))
    sector = bytearray(boot.data)
    places = bytes_to_lba(start, unit), bytes_to_lba(size, unit)
    _SLOT.pack_into(sector, _SLOTS + index * _SLOT.size, 0, _FAR, _BASIC_DATA, _FAR, *places)
    pieces = (SavedSectors(0, bytes(sector)),)
    return Extended(_reread(pieces, disk_size, unit), index + 1, start, size)


def _extend_gpt(image: SectorReader, disk_size: int, unique: uuid.UUID) -> Extended:
    size = image.sector_size
    if disk_size <= image.disk_size:
        raise _no_room(0)
    moved = arrange(read_table(image.read, image.disk_size, size), disk_size)
    primary, backup = read_halves(reader_of(moved.sectors, disk_size, size))
    if primary.header is None or backup.header is None:
        raise _refused(_("its GPT is damaged"))
    used = {entry.number for entry in parse_entries(primary, size)}
    number = next((number for number in range(1, primary.header.count + 1) if number not in used), None)
    if number is None:
        raise _refused(_("all entries of its table are in use"))
    start, length = _room(image.disk_size, lba_to_bytes(primary.header.last_usable + 1, size))
    first, last = bytes_to_lba(start, size), bytes_to_lba(start + length, size) - 1
    name = "RESCUE-DATA".encode("utf-16-le")
    entry = _GPT_ENTRY.pack(_BASIC_DATA_GUID.bytes_le, unique.bytes_le, first, last, 0, name)
    array = bytearray(primary.array)
    place = (number - 1) * primary.header.entry_size
    array[place : place + len(entry)] = entry
    copies = (_copy(half.header, bytes(array)) for half in (primary, backup) if half.header is not None)
    pieces = (moved.sectors[0], *(piece for copy in copies for piece in copy))
    return Extended(_reread(pieces, disk_size, size), number, start, length)


def _copy(header: Header, array: bytes) -> tuple[SavedSectors, SavedSectors]:
    """A header and the entry array that it vouches for."""
    size = len(header.sector)
    renewed = replace(header, entries_crc=zlib.crc32(array[: header.array_size]))
    return (
        SavedSectors(lba_to_bytes(header.my_lba, size), renewed.pack()),
        SavedSectors(lba_to_bytes(header.entries_lba, size), array),
    )


def _room(image_size: int, end: int) -> tuple[int, int]:
    """Start and size of the partition between the image and `end`."""
    start = align_up(image_size, MiB)
    size = align_down(end, MiB) - start
    if size < LEAST:
        raise _no_room(max(size, 0))
    return start, size


def _reread(pieces: Sequence[SavedSectors], disk_size: int, sector_size: int) -> Table:
    """The table as it will be read; without entries where the image's own ones cannot be told apart."""
    sectors = tuple(sorted(pieces, key=lambda piece: piece.offset))
    try:
        return read_table(reader_of(sectors, disk_size, sector_size).read, disk_size, sector_size)
    except TableError:
        return Table(TableKind.NONE, sector_size, disk_size, sectors=sectors)


def _refused(why: str) -> TableError:
    return TableError(
        _("No partition can be added to this image: {why}. Nothing was written.").format(why=why),
        hint=_("Without --data the image is written as it is."),
    )


def _no_room(size: int) -> TargetTooSmallError:
    return TargetTooSmallError(
        _(
            "The target has no room for a data partition: {size} are left behind the image, at least "
            "{least} are needed. Nothing was written."
        ).format(size=format_size(size), least=format_size(LEAST)),
        hint=_("Use a larger stick, or write the image without --data."),
    )
