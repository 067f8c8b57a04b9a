"""What the kernel believes about the partitions of a disk, and how to change its mind one partition at a time."""

import ctypes
import errno
import fcntl
from dataclasses import dataclass

from rescue.devices.sysfs import Block
from rescue.tables.model import Entry, EntryRole, Table

_BLKPG = 0x1269
_ADD_PARTITION = 1
_DELETE_PARTITION = 2
_EXTENDED_SIZE = 1024
"""The kernel shows this much of an extended partition: room for a boot loader, too little for a file system."""
MAX_NUMBER = 255
"""The kernel shows no partition with a higher number."""
_SUBDIVIDED = ("0x63", "0x81", "0x82", "0xa5", "0xa6", "0xa9", "0xbf")
"""MBR types (Unix, Minix, Solaris, BSD) in which the kernel looks for a table of their own."""


@dataclass(frozen=True, slots=True)
class KernelPartition:
    """One partition as sysfs tells it, in bytes, with the path of its device node."""

    number: int
    start: int
    size: int
    node: str


class _Partition(ctypes.Structure):
    """`struct blkpg_partition` of <linux/blkpg.h>."""

    _fields_ = (
        ("start", ctypes.c_longlong),
        ("length", ctypes.c_longlong),
        ("number", ctypes.c_int),
        ("device_name", ctypes.c_char * 64),
        ("volume_name", ctypes.c_char * 64),
    )


class _Request(ctypes.Structure):
    """`struct blkpg_ioctl_arg` of <linux/blkpg.h>."""

    _fields_ = (
        ("operation", ctypes.c_int),
        ("flags", ctypes.c_int),
        ("length", ctypes.c_int),
        ("data", ctypes.c_void_p),
    )


def partitions(disk: Block) -> tuple[KernelPartition, ...]:
    """The partitions of the disk that the kernel shows at this moment, by number."""
    return tuple(KernelPartition(part.partition_number, part.start, part.size, part.node) for part in disk.partitions())


def expected(table: Table) -> dict[int, Entry]:
    """The entries that the kernel shows, by number."""
    return {entry.number: entry for entry in table.entries if entry.number <= MAX_NUMBER}


def agrees(shown: KernelPartition, entry: Entry) -> bool:
    """True where the kernel shows the entry. Of an extended partition it shows the beginning only."""
    if entry.role is EntryRole.EXTENDED:
        return shown.start == entry.start and shown.size <= entry.size
    return (shown.start, shown.size) == (entry.start, entry.size)


def is_inner(shown: KernelPartition, table: Table) -> bool:
    """True for a part of a Unix slice, which has a table of its own inside an MBR partition."""
    return any(
        entry.type in _SUBDIVIDED and entry.start <= shown.start and shown.start + shown.size <= entry.end
        for entry in table.entries
    )


def add(fd: int, table: Table, entry: Entry) -> None:
    """Tell the kernel of a partition; OSError where it refuses."""
    size = entry.size
    if entry.role is EntryRole.EXTENDED:
        following = min((other.start for other in table.data_entries if other.start > entry.start), default=entry.end)
        size = min(size, max(_EXTENDED_SIZE, table.sector_size), following - entry.start)
    _request(fd, _ADD_PARTITION, _Partition(entry.start, size, entry.number))


def remove(fd: int, number: int) -> None:
    """Make the kernel forget a partition; OSError EBUSY where it is in use. Nothing happens where there is none."""
    try:
        _request(fd, _DELETE_PARTITION, _Partition(0, 0, number))
    except OSError as error:
        if error.errno != errno.ENXIO:
            raise


def _request(fd: int, operation: int, partition: _Partition) -> None:
    request = _Request(operation, 0, ctypes.sizeof(partition), ctypes.addressof(partition))
    fcntl.ioctl(fd, _BLKPG, request)
