"""Reading a table from an open disk."""

from typing import Protocol

from rescue.devices.blockdev import aligned_buffer
from rescue.tables.model import Table
from rescue.tables.read import read_table
from rescue.units import align_down, align_up


class Disk(Protocol):
    """What tables need of a `rescue.devices.blockdev.BlockDevice`. Reading and writing raise OSError."""

    @property
    def size(self) -> int:
        """Bytes on the disk."""

    @property
    def logical_sector_size(self) -> int:
        """Bytes of a logical sector."""

    def pread_into(self, buffer: memoryview, offset: int) -> int:
        """Fill the buffer."""

    def pwrite(self, data: memoryview, offset: int) -> None:
        """Write all of the data."""

    def flush(self) -> None:
        """Return when all that was written is on the medium."""


def read_from(device: Disk) -> Table:
    """The table on an open disk, with the errors of `read_table`. Works with and without O_DIRECT."""
    sector_size = device.logical_sector_size

    def read(offset: int, length: int) -> bytes:
        start = align_down(offset, sector_size)
        buffer = aligned_buffer(align_up(offset + length, sector_size) - start)
        device.pread_into(buffer, start)
        return bytes(buffer[offset - start :][:length])

    return read_table(read, device.size, sector_size)
