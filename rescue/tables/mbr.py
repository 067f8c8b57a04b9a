"""The MBR partition table: four entries in the first sector, and chains of logical partitions."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from rescue.language import _
from rescue.tables.model import Entry, EntryRole, SavedSectors, Table, TableKind, disjoint, first_overlap
from rescue.tables.placement import place, refuse_on_table
from rescue.tables.sectors import SectorReader, lba_of
from rescue.units import lba_to_bytes

PROTECTIVE = 0xEE
_EXTENDED = (0x05, 0x0F, 0x85)
_FIRST_ENTRY = 446
_ENTRY = struct.Struct("<B3sB3sII")
_COUNT_OFFSET = 12
_MOST_SECTORS = 0xFFFFFFFF
_DISK_ID = struct.Struct("<I")
_DISK_ID_OFFSET = 440
_MAGIC = slice(510, 512)
_FIRST_LOGICAL = 5
_MOST_LINKS = 252
"""The kernel numbers partitions up to 255."""


@dataclass(frozen=True, slots=True)
class Slot:
    """One of the four entries of a boot record. LBAs count from a place that depends on the record."""

    flag: int
    type: int
    start_lba: int
    count: int

    @property
    def used(self) -> bool:
        """The kernel's rule: an entry with sectors is used, whatever its type."""
        return self.count > 0

    @property
    def extended(self) -> bool:
        """True for a used entry that leads to logical partitions."""
        return self.used and self.type in _EXTENDED


def parse_slots(sector: bytes) -> tuple[Slot, ...] | None:
    """The four entries of a boot record, or None without its 0x55AA signature."""
    if sector[_MAGIC] != b"\x55\xaa":
        return None
    raw = (_ENTRY.unpack_from(sector, _FIRST_ENTRY + index * _ENTRY.size) for index in range(4))
    return tuple(Slot(flag, kind, start, count) for flag, _, kind, _, start, count in raw)


def is_protective(sector: bytes) -> bool:
    """True where the MBR says that a GPT divides the disk. Boot code that has the type byte by chance does not."""
    slots = parse_slots(sector) or ()
    return any(slot.type == PROTECTIVE and (slot.start_lba == 1 or _flags_valid(slots)) for slot in slots)


def _flags_valid(slots: tuple[Slot, ...]) -> bool:
    return all(slot.flag in (0x00, 0x80) for slot in slots)


def grow_protective(sector: bytes, last_lba: int) -> bytes:
    """The protective MBR of a GPT disk that now ends at `last_lba`; a hybrid MBR comes back as it is.

    A size of 0xFFFFFFFF, which some tools write on every disk, stays.
    """
    slots = parse_slots(sector) or ()
    typed = [index for index, slot in enumerate(slots) if slot != Slot(0, 0, 0, 0)]
    if len(typed) != 1 or slots[typed[0]].type != PROTECTIVE or slots[typed[0]].count == _MOST_SECTORS:
        return sector
    size = min(last_lba + 1 - slots[typed[0]].start_lba, _MOST_SECTORS)
    grown = bytearray(sector)
    struct.pack_into("<I", grown, _FIRST_ENTRY + typed[0] * _ENTRY.size + _COUNT_OFFSET, size)
    return bytes(grown)


def read_mbr(disk: SectorReader, boot: SavedSectors) -> Table | None:
    """The table in the first sector `boot`, or None where the sector is something else."""
    slots = parse_slots(boot.data)
    if slots is None or not _flags_valid(slots):
        return None
    (disk_id,) = _DISK_ID.unpack_from(boot.data, _DISK_ID_OFFSET)
    primaries = [
        _entry(disk, index + 1, 0, slot, EntryRole.EXTENDED if slot.extended else EntryRole.PRIMARY, disk_id)
        for index, slot in enumerate(slots)
        if slot.used
    ]
    notes: tuple[str, ...] = ()
    if is_file_system(boot.data):
        if not _believable(primaries, disk.disk_size):
            return None
        notes = (_("The first sector looks like that of a file system as well: its partition entries are followed."),)
    chain = _Chain(disk, disk_id)
    for slot in slots:
        if slot.extended:
            chain.follow(slot.start_lba)
    entries, left_out = place([*primaries, *chain.entries], disk.disk_size)
    pieces = disjoint((boot, *chain.pieces))
    refuse_on_table(entries, pieces)
    notes = (*notes, *chain.notes, *left_out)
    return Table(TableKind.MBR, disk.sector_size, disk.disk_size, f"0x{disk_id:08x}", entries, pieces, notes)


def _entry(disk: SectorReader, number: int, base: int, slot: Slot, role: EntryRole, disk_id: int) -> Entry:
    """The entry of a slot whose LBA counts from `base`."""
    return Entry(
        number,
        lba_to_bytes(base + slot.start_lba, disk.sector_size),
        lba_to_bytes(slot.count, disk.sector_size),
        f"0x{slot.type:02x}",
        f"{disk_id:08x}-{number:02x}" if disk_id else "",
        role=role,
        bootable=slot.flag == 0x80,
    )


def is_file_system(sector: bytes) -> bool:
    """True for the boot sector of FAT, exFAT or NTFS, which ends with the same signature as an MBR.

    GRUB begins with a jump too, and keeps old bytes of a FAT boot sector: this alone does not tell a table away.
    """
    jump = sector[0] == 0xE9 or (sector[0] == 0xEB and sector[2] == 0x90)
    if not jump:
        return False
    if sector[3:11] in (b"NTFS    ", b"EXFAT   ", b"-FVE-FS-"):
        return True
    block, cluster, reserved, fats = struct.unpack_from("<HBHB", sector, 11)
    media = sector[21]
    return (
        block in (512, 1024, 2048, 4096)
        and cluster.bit_count() == 1
        and reserved > 0
        and fats > 0
        and (media == 0xF0 or media >= 0xF8)
    )


def _believable(primaries: list[Entry], disk_size: int) -> bool:
    """True where bytes that might be boot code can only be partition entries."""
    return (
        bool(primaries)
        and all(entry.start > 0 and entry.end <= disk_size and entry.type != "0x00" for entry in primaries)
        and first_overlap(primaries) is None
    )


@dataclass(slots=True)
class _Chain:
    """Walks chains of extended boot records as the kernel does, and collects what they say."""

    disk: SectorReader
    disk_id: int
    entries: list[Entry] = field(default_factory=list)
    pieces: list[SavedSectors] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def follow(self, base: int) -> None:
        """Read the chain of the extended partition that begins at the LBA `base`."""
        visited = {0, *(lba_of(piece, self.disk.sector_size) for piece in self.pieces)}
        here: int | None = base
        while here is not None:
            if here in visited or len(visited) >= _MOST_LINKS:
                self.notes.append(
                    _("The chain of logical partitions does not end: it is followed to its first repetition.")
                )
                return
            visited.add(here)
            here = self._record(here, base)

    def _record(self, lba: int, base: int) -> int | None:
        """Take in the record at `lba`; the LBA of the next one, or None at the end."""
        piece = self.disk.piece(lba)
        slots = parse_slots(piece.data) if piece is not None else None
        if piece is None or slots is None:
            unread = _("The record of logical partitions at sector {lba} cannot be read: those behind it are left out.")
            bad = _("The record of logical partitions at sector {lba} is damaged: those behind it are left out.")
            self.notes.append((unread if piece is None else bad).format(lba=lba))
            return None
        self.pieces.append(piece)
        for slot in self._data(slots):
            number = _FIRST_LOGICAL + len(self.entries)
            self.entries.append(_entry(self.disk, number, lba, slot, EntryRole.LOGICAL, self.disk_id))
        return next((base + slot.start_lba for slot in slots if slot.extended), None)

    def _data(self, slots: tuple[Slot, ...]) -> Iterator[Slot]:
        """The data entries of a record. Old DOS versions leave garbage in the last two, which are seldom used."""
        for index, slot in enumerate(slots):
            if slot.used and not slot.extended and index < 2:
                yield slot
