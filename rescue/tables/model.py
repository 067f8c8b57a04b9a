"""What a partition table says, and the exact bytes that say it. Pure values: no disk, no device."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from rescue.errors import TableError
from rescue.extents import Extents
from rescue.language import N_

MAX_ENTRIES = 32768
"""No table with more entries is read; 128 is usual."""
MAX_SAVED = 16 * 1024 * 1024
"""Bytes of sectors that one table may hold; 34 KiB is usual."""
SECTOR_SIZES = (512, 1024, 2048, 4096, 8192, 16384, 32768, 65536)
"""Logical sector sizes that Linux knows."""


class TableKind(Enum):
    """How the disk is divided. NONE also stands for a table that is only copied, whatever it says."""

    NONE = "none"
    MBR = "mbr"
    GPT = "gpt"


class EntryRole(Enum):
    """Place of an entry in its table. An extended partition holds logical ones and no data of its own."""

    PRIMARY = "primary"
    EXTENDED = "extended"
    LOGICAL = "logical"


class OverlappingEntriesError(TableError):
    """Two partitions claim the same bytes, so that no order of reading or writing them is right."""

    default_hint = N_("Image the partitions one by one.")


@dataclass(frozen=True, slots=True)
class SavedSectors:
    """The exact bytes of one piece of a table: whole sectors from byte `offset` of the disk."""

    offset: int
    data: bytes

    @property
    def end(self) -> int:
        """First byte after the piece."""
        return self.offset + len(self.data)

    def __repr__(self) -> str:
        return f"SavedSectors(offset={self.offset}, {len(self.data)} bytes)"


@dataclass(frozen=True, slots=True)
class Entry:
    """One partition. `start` and `size` are in bytes.

    `type` is a GUID in lower case (GPT) or `0x83` (MBR). `uuid` is what Linux calls PARTUUID; empty where an MBR has
    no signature. `name` and the 64 flag bits `attributes` exist in GPT only, `bootable` (the active flag) in MBR only.
    """

    number: int
    start: int
    size: int
    type: str
    uuid: str = ""
    name: str = ""
    attributes: int = 0
    role: EntryRole = EntryRole.PRIMARY
    bootable: bool = False

    @property
    def end(self) -> int:
        """First byte after the partition."""
        return self.start + self.size


@dataclass(frozen=True, slots=True)
class Table:
    """The partition table of a disk of `disk_size` bytes: its entries, and every sector that it lives in.

    `entries` are sorted by number. `sectors` are sorted by offset and disjoint; written to an equal disk they are the
    same table to the last byte. `disk_id` is the disk's GUID (GPT), its signature as `0x1234abcd` (MBR), or empty.
    `notes` are sentences for people about what is odd with the table.
    """

    kind: TableKind
    sector_size: int
    disk_size: int
    disk_id: str = ""
    entries: tuple[Entry, ...] = ()
    sectors: tuple[SavedSectors, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def data_entries(self) -> tuple[Entry, ...]:
        """The partitions that hold data: all but extended ones. They never overlap."""
        return tuple(entry for entry in self.entries if entry.role is not EntryRole.EXTENDED)

    @property
    def occupied(self) -> Extents:
        """The bytes of the disk that belong to the table itself."""
        return Extents((piece.offset, piece.end) for piece in self.sectors)

    @property
    def data_end(self) -> int:
        """First byte after the last partition; 0 without partitions."""
        return max((entry.end for entry in self.data_entries), default=0)


def disjoint(pieces: Iterable[SavedSectors]) -> tuple[SavedSectors, ...]:
    """Pieces of one disk in rising order, each byte once. Pieces that overlap hold equal bytes there."""
    kept: list[SavedSectors] = []
    position = 0
    for piece in sorted(pieces, key=lambda piece: (piece.offset, -len(piece.data))):
        if piece.end > position:
            cut = max(0, position - piece.offset)
            kept.append(SavedSectors(piece.offset + cut, piece.data[cut:]))
            position = piece.end
    return tuple(kept)


def first_overlap(entries: Iterable[Entry]) -> tuple[Entry, Entry] | None:
    """Two of the entries that share a byte, or None."""
    furthest: Entry | None = None
    for entry in sorted(entries, key=lambda entry: (entry.start, entry.number)):
        if furthest is not None and entry.start < furthest.end:
            return furthest, entry
        furthest = entry
    return None
