"""The GUID partition table, as the UEFI specification 2.10, chapter 5.3, lays it out."""

import struct
import uuid
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from rescue.language import _
from rescue.tables.model import MAX_ENTRIES, Entry, SavedSectors, Table, TableKind, disjoint
from rescue.tables.placement import covering, place, refuse_on_table
from rescue.tables.sectors import SectorReader
from rescue.units import lba_to_bytes

SIGNATURE = b"EFI PART"
PRIMARY_LBA = 1
_MIN_HEADER = 92
_MIN_ENTRY = 128
_MAX_ENTRY = 4096
_MAX_ARRAY = 4 * 1024 * 1024
_HEADER = struct.Struct("<8s4sII4sQQQQ16sQIII")
_CRC = slice(16, 20)
_ENTRY = struct.Struct("<16s16sQQQ72s")
_UNUSED = bytes(16)


@dataclass(frozen=True, slots=True)
class Header:
    """A header whose checksum is right, with the whole sector that it stands in."""

    sector: bytes
    header_size: int
    my_lba: int
    alternate_lba: int
    first_usable: int
    last_usable: int
    disk_guid: bytes
    entries_lba: int
    count: int
    entry_size: int
    entries_crc: int

    @property
    def array_size(self) -> int:
        """Bytes of the entry array."""
        return self.count * self.entry_size

    @property
    def array_sectors(self) -> int:
        """Sectors that the entry array takes."""
        return -(-self.array_size // len(self.sector))

    def pack(self) -> bytes:
        """The sector with the fields of this header in place and the header's checksum made new."""
        sector = bytearray(self.sector)
        signature, revision, _, _, reserved, *_ = _HEADER.unpack_from(sector)
        _HEADER.pack_into(
            sector, 0, signature, revision, self.header_size, 0, reserved, self.my_lba, self.alternate_lba,
            self.first_usable, self.last_usable, self.disk_guid, self.entries_lba, self.count, self.entry_size,
            self.entries_crc,
        )  # fmt: skip
        sector[_CRC] = struct.pack("<I", zlib.crc32(sector[: self.header_size]))
        return bytes(sector)


def parse_header(sector: bytes) -> Header | None:
    """The header in the sector, or None where there is none with a right checksum and sizes that can be true."""
    signature, _, header_size, crc, _, *fields = _HEADER.unpack_from(sector)
    if signature != SIGNATURE or not _MIN_HEADER <= header_size <= len(sector):
        return None
    blanked = sector[:16] + bytes(4) + sector[20:header_size]
    header = Header(sector, header_size, *fields)
    if zlib.crc32(blanked) != crc or not _plausible(header):
        return None
    return header


def _plausible(header: Header) -> bool:
    size = header.entry_size
    return (
        _MIN_ENTRY <= size <= _MAX_ENTRY
        and size % 8 == 0
        and 0 < header.count <= MAX_ENTRIES
        and header.array_size <= _MAX_ARRAY
    )


@dataclass(frozen=True, slots=True)
class Half:
    """One of the two copies: header and entry array at one end of the disk. `problem` is empty where it is good."""

    problem: str
    lba: int
    header: Header | None = None
    pieces: tuple[SavedSectors, ...] = ()

    @property
    def good(self) -> bool:
        """True where header and entries agree with their checksums."""
        return not self.problem

    @property
    def array(self) -> bytes:
        """The sectors of the entry array of a good half."""
        return self.pieces[-1].data


def read_half(disk: SectorReader, lba: int) -> Half:
    """The copy whose header is at `lba`, good or with its problem in words."""
    sector = disk.piece(lba)
    if sector is None:
        return Half(_("outside the disk") if lba > disk.last_lba else _("its header cannot be read"), lba)
    header = parse_header(sector.data)
    if header is None:
        return Half(_("no valid header is there"), lba, None, (sector,))
    if header.my_lba != lba:
        return Half(_("its header names another place"), lba, None, (sector,))
    array = disk.piece(header.entries_lba, header.array_sectors)
    if array is None or header.entries_lba <= lba < header.entries_lba + header.array_sectors:
        return Half(_("its entries cannot be read"), lba, header, (sector,))
    if zlib.crc32(array.data[: header.array_size]) != header.entries_crc:
        return Half(_("the checksum of its entries is wrong"), lba, header, (sector, array))
    return Half("", lba, header, (sector, array))


def read_gpt(disk: SectorReader, boot: SavedSectors) -> Table | None:
    """The table of a disk with the protective or hybrid MBR `boot`, or None where neither copy of the GPT is good."""
    primary, backup = read_halves(disk)
    best = primary if primary.good else backup
    if not best.good or best.header is None:
        return None
    entries, notes = place(list(parse_entries(best, disk.sector_size)), disk.disk_size)
    own = (boot, *(piece for half in (primary, backup) if half.good for piece in half.pieces))
    refuse_on_table(entries, own)
    damaged = (_remains(disk, half, best.header) for half in (primary, backup) if not half.good)
    spare = tuple(piece for pieces in damaged for piece in pieces if covering(entries, (piece,)) is None)
    return Table(
        TableKind.GPT, disk.sector_size, disk.disk_size, _guid(best.header.disk_guid), entries,
        disjoint((*own, *spare)), (*_copy_notes(disk, primary, backup), *notes),
    )  # fmt: skip


def read_halves(disk: SectorReader) -> tuple[Half, Half]:
    """The primary copy and its backup, each good or not."""
    primary = read_half(disk, PRIMARY_LBA)
    return primary, _find_backup(disk, primary)


def best_half(disk: SectorReader) -> Half:
    """The copy that the disk goes by: the primary, or the backup where the primary is not good."""
    primary, backup = read_halves(disk)
    return primary if primary.good else backup


def _find_backup(disk: SectorReader, primary: Half) -> Half:
    """The copy that the primary names, else the one at the disk's real end; where none is good, the former."""
    named = primary.header.alternate_lba if primary.header else disk.last_lba
    places = dict.fromkeys((named, disk.last_lba))
    halves = [read_half(disk, lba) for lba in places if lba > PRIMARY_LBA]
    for half in halves:
        if half.good and _same_disk(primary, half):
            return half
    if not halves:
        return Half(_("missing"), named)
    return Half(halves[0].problem or _("it belongs to another table"), halves[0].lba)


def _same_disk(primary: Half, backup: Half) -> bool:
    headers = primary.header, backup.header
    return not primary.good or None in headers or headers[0].disk_guid == headers[1].disk_guid  # type: ignore[union-attr]


def _remains(disk: SectorReader, half: Half, model: Header) -> Iterator[SavedSectors]:
    """What stands in the place of a damaged copy: kept, so that an equal disk gets exactly these bytes again."""
    before = half.lba - model.array_sectors if half.lba != PRIMARY_LBA else PRIMARY_LBA + 1
    for piece in (disk.piece(half.lba), disk.piece(before, model.array_sectors)):
        if piece is not None and piece.offset >= lba_to_bytes(PRIMARY_LBA, disk.sector_size):
            yield piece


def parse_entries(half: Half, sector_size: int) -> Iterator[Entry]:
    """The used entries of a good copy in the order of the array, wherever on the disk they point."""
    header = half.header
    if header is None:
        return
    for index in range(header.count):
        kind, unique, first, last, attributes, name = _ENTRY.unpack_from(half.array, index * header.entry_size)
        if kind != _UNUSED:
            start, size = lba_to_bytes(first, sector_size), lba_to_bytes(last + 1 - first, sector_size)
            yield Entry(index + 1, start, size, _guid(kind), _guid(unique), _name(name), attributes)


def _guid(raw: bytes) -> str:
    return str(uuid.UUID(bytes_le=raw))


def _name(raw: bytes) -> str:
    """The text up to the first NUL; what is no UTF-16 becomes a replacement character."""
    return raw.decode("utf-16-le", errors="replace").split("\0", 1)[0]


def _copy_notes(disk: SectorReader, primary: Half, backup: Half) -> Iterator[str]:
    if not primary.good:
        yield _("The primary GPT is damaged ({problem}): the backup at the end of the disk is used.").format(
            problem=primary.problem
        )
    if not backup.good:
        yield _("The backup GPT is missing or damaged ({problem}): the primary one is used.").format(
            problem=backup.problem
        )
    elif backup.lba != disk.last_lba:
        yield _("The backup GPT is not at the end of the disk: the disk was made larger after it was partitioned.")
    if primary.good and backup.good and primary.header and backup.header:
        if primary.header.entries_crc != backup.header.entries_crc:
            yield _("The two copies of the GPT list different partitions: the primary one is used.")
        if primary.header.alternate_lba != backup.lba:
            yield _("The primary GPT names a wrong place for its backup, which is at the end of the disk.")
