"""Reading whole sectors of a disk that may be short, damaged or hostile."""

from collections.abc import Callable
from dataclasses import dataclass

from rescue.errors import SourceReadError
from rescue.tables.model import MAX_SAVED, SavedSectors
from rescue.units import bytes_to_lba, lba_to_bytes

ReadBytes = Callable[[int, int], bytes]
"""`read(offset, length)`: the bytes there; SourceReadError or OSError where the disk does not give them."""


@dataclass(frozen=True, slots=True)
class SectorReader:
    """The sectors of one disk. Nothing outside the disk, and nothing huge, is ever asked from `read`."""

    read: ReadBytes
    disk_size: int
    sector_size: int

    @property
    def last_lba(self) -> int:
        """The last whole sector; -1 for a disk without one."""
        return self.disk_size // self.sector_size - 1

    def piece(self, lba: int, count: int = 1) -> SavedSectors | None:
        """`count` sectors from `lba`, or None where they are outside the disk or cannot be read."""
        offset, length = lba_to_bytes(lba, self.sector_size), lba_to_bytes(count, self.sector_size)
        if lba < 0 or not 0 < length <= MAX_SAVED or lba + count - 1 > self.last_lba:
            return None
        try:
            data = self.read(offset, length)
        except (SourceReadError, OSError):
            return None
        return SavedSectors(offset, bytes(data)) if len(data) == length else None


def reader_of(pieces: tuple[SavedSectors, ...], disk_size: int, sector_size: int) -> SectorReader:
    """A disk that holds `pieces` and zeros elsewhere."""

    def read(offset: int, length: int) -> bytes:
        window = bytearray(length)
        for piece in pieces:
            start, end = max(offset, piece.offset), min(offset + length, piece.end)
            if start < end:
                window[start - offset : end - offset] = piece.data[start - piece.offset : end - piece.offset]
        return bytes(window)

    return SectorReader(read, disk_size, sector_size)


def lba_of(piece: SavedSectors, sector_size: int) -> int:
    """Logical block at which the piece begins."""
    return bytes_to_lba(piece.offset, sector_size)
