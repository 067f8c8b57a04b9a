"""The requests to a block device that have no system call of their own. Numbers and meaning: <linux/fs.h>."""

import ctypes
import errno
import fcntl
import os
import struct

_BLKROSET = 0x125D
_BLKROGET = 0x125E
_BLKRRPART = 0x125F
_BLKFLSBUF = 0x1261
_BLKSSZGET = 0x1268
_BLKDISCARD = 0x1277
_BLKZEROOUT = 0x127F
_CDROM_DRIVE_STATUS = 0x5326
_CDS_DISC_OK = 4

_KEEP_SIZE = 1
_PUNCH_HOLE = 2
_UNSUPPORTED = (errno.EOPNOTSUPP, errno.ENOTTY, errno.ENOSYS)


def set_read_only(fd: int, value: bool) -> None:
    """Make the kernel refuse, or allow, writes to the device."""
    fcntl.ioctl(fd, _BLKROSET, struct.pack("i", value))


def is_read_only(fd: int) -> bool:
    """True when the kernel refuses writes."""
    return _number(fd, _BLKROGET) != 0


def logical_sector_size(fd: int) -> int:
    """Bytes of the smallest block that the device reads or writes."""
    return _number(fd, _BLKSSZGET)


def reread_table(fd: int) -> None:
    """Make the kernel read the partition table again; OSError EBUSY where a partition is in use."""
    fcntl.ioctl(fd, _BLKRRPART)


def flush_buffers(fd: int) -> None:
    """Write and drop what the page cache holds of the device."""
    fcntl.ioctl(fd, _BLKFLSBUF, 0)


def discard(fd: int, start: int, length: int) -> bool:
    """Tell the device that the bytes are not needed; False where it does not take such a request."""
    return _range(fd, _BLKDISCARD, start, length)


def zero_out(fd: int, start: int, length: int) -> bool:
    """Have the kernel zero the bytes; False where it does not take such a request."""
    return _range(fd, _BLKZEROOUT, start, length)


def has_medium(fd: int) -> bool:
    """True when an optical drive holds a disc."""
    return fcntl.ioctl(fd, _CDROM_DRIVE_STATUS, (1 << 31) - 1) == _CDS_DISC_OK


def punch_hole(fd: int, start: int, length: int) -> bool:
    """Free the bytes, which read as zeros from then on; False where the file system or the device cannot.

    A block device takes the same call: the kernel unmaps the bytes only if they read as zeros for certain.
    """
    call = ctypes.CDLL(None, use_errno=True).fallocate64
    call.argtypes = (ctypes.c_int, ctypes.c_int, ctypes.c_int64, ctypes.c_int64)
    if call(fd, _PUNCH_HOLE | _KEEP_SIZE, start, length) == 0:
        return True
    code = ctypes.get_errno()
    if code in _UNSUPPORTED:
        return False
    raise OSError(code, os.strerror(code))


def _number(fd: int, request: int) -> int:
    (value,) = struct.unpack("i", fcntl.ioctl(fd, request, bytes(4)))
    return int(value)


def _range(fd: int, request: int, start: int, length: int) -> bool:
    try:
        fcntl.ioctl(fd, request, struct.pack("QQ", start, length))
    except OSError as error:
        if error.errno in _UNSUPPORTED:
            return False
        raise
    return True
