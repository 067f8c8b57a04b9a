"""Open block devices: the one place that holds their descriptors."""

from __future__ import annotations

import errno
import mmap
import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Self

from rescue.devices import ioctls
from rescue.devices.sysfs import Block
from rescue.devices.uses import UseTable
from rescue.errors import DeviceNotFoundError, NotRootError, RescueError, SourceReadError, TargetRefusedError, reason_of
from rescue.language import _
from rescue.units import MiB

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rescue.cancel import CancelToken

_STEP = 256 * MiB  # one request to discard or zero; between two of them a cancelled job stops
_ZEROS = MiB
_FILE_SECTOR_SIZE = 512


def aligned_buffer(size: int) -> memoryview:
    """`size` zero bytes at a page boundary, as O_DIRECT wants them; freed with the last view."""
    return memoryview(mmap.mmap(-1, size))


def holds_medium(path: str) -> bool:
    """True when the optical drive at `path` holds a disc; the tray does not move."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        return ioctls.has_medium(fd)
    except OSError:
        return False
    finally:
        os.close(fd)


class BlockDevice:
    """A disk, a partition, or a regular file that acts as one. Reads and writes may come from several threads.

    With `direct`, a block device is opened O_DIRECT: buffers lie at page boundaries (`aligned_buffer`), offsets and
    lengths are multiples of the logical sector size. A regular file goes through the page cache. Failures of reads
    and writes are OSError: the caller knows whether its source or its target failed.
    """

    def __init__(self, path: str, fd: int) -> None:
        """Take over `fd`. Use `open`."""
        self.path = path
        self._fd = fd
        self._is_file = stat.S_ISREG(os.fstat(fd).st_mode)
        self.size = os.lseek(fd, 0, os.SEEK_END)
        self.logical_sector_size = _FILE_SECTOR_SIZE if self._is_file else ioctls.logical_sector_size(fd)

    @classmethod
    def open(cls, path: str, *, write: bool = False, exclusive: bool = False, direct: bool = True) -> Self:
        """Open `path`. `exclusive` claims the device like a mount does, so that nothing else can claim it.

        DeviceNotFoundError, NotRootError, and TargetRefusedError for a device that is read-only or in use.
        """
        flags = (os.O_RDWR if write else os.O_RDONLY) | os.O_CLOEXEC | (os.O_EXCL if exclusive else 0)
        try:
            mode = Path(path).stat().st_mode
            if not (stat.S_ISBLK(mode) or stat.S_ISREG(mode)):
                raise DeviceNotFoundError(_("{path} is neither a block device nor a file.").format(path=path))
            fd = os.open(path, flags | (os.O_DIRECT if direct and stat.S_ISBLK(mode) else 0))
        except OSError as error:
            raise _opening_error(error, path) from error
        try:
            device = cls(path, fd)
            if write:
                device._require_writable()
        except BaseException:
            os.close(fd)
            raise
        return device

    def _require_writable(self) -> None:
        """The kernel lets a read-only device be opened for writing, and refuses each write later."""
        if self.is_read_only():
            raise TargetRefusedError(_("{path} is read-only.").format(path=self.path))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        """Close; an error of the block counts more than one of closing."""
        if error is None:
            self.close()
            return
        with suppress(OSError):
            self.close()

    def close(self) -> None:
        """Give the descriptor back; a second call does nothing."""
        fd, self._fd = self._fd, -1
        if fd >= 0:
            os.close(fd)

    def fileno(self) -> int:
        """The descriptor, for calls that take one; -1 after `close`."""
        return self._fd

    def pread_into(self, buffer: memoryview, offset: int) -> int:
        """Fill `buffer` with the bytes at `offset` and return its length; OSError where not all can be read."""
        done = 0
        while done < len(buffer):
            count = os.preadv(self._fd, [buffer[done:]], offset + done)
            if count == 0:
                raise OSError(errno.EIO, _("the device ends at byte {offset}").format(offset=offset + done), self.path)
            done += count
        return done

    def pwrite(self, data: memoryview, offset: int) -> None:
        """Write all of `data` at `offset`; OSError otherwise, with part of it written."""
        done = 0
        while done < len(data):
            count = os.pwrite(self._fd, data[done:], offset + done)
            if count == 0:
                raise OSError(
                    errno.ENOSPC, _("the device ends at byte {offset}").format(offset=offset + done), self.path
                )
            done += count

    def flush(self) -> None:
        """Return when all that was written is on the medium; OSError where a write failed meanwhile."""
        os.fsync(self._fd)

    def drop_cache(self) -> None:
        """Forget what the page cache holds, so that the next read comes from the medium. Writes pending data first."""
        if not self._is_file:
            ioctls.flush_buffers(self._fd)
            return
        os.fsync(self._fd)
        os.posix_fadvise(self._fd, 0, 0, os.POSIX_FADV_DONTNEED)

    def discard(self, start: int, length: int, cancel: CancelToken | None = None) -> bool:
        """Tell the device that these bytes are not needed: they read as anything. False where it cannot do that."""
        request = ioctls.punch_hole if self._is_file else ioctls.discard
        return all(request(self._fd, *piece) for piece in _pieces(start, length, _STEP, cancel))

    def zero(self, start: int, length: int, cancel: CancelToken | None = None) -> None:
        """Make these bytes zero: without space on the device where it can do that, else by writing them."""
        for piece in _pieces(start, length, _STEP, cancel):
            if not (ioctls.punch_hole(self._fd, *piece) or self._zero_out(*piece)):
                self._write_zeros(*piece, cancel)

    def _zero_out(self, start: int, length: int) -> bool:
        return not self._is_file and ioctls.zero_out(self._fd, start, length)

    def _write_zeros(self, start: int, length: int, cancel: CancelToken | None) -> None:
        zeros = aligned_buffer(_ZEROS)
        for piece_start, piece_length in _pieces(start, length, _ZEROS, cancel):
            self.pwrite(zeros[:piece_length], piece_start)

    def set_read_only(self, value: bool) -> None:
        """Make the kernel refuse, or allow, writes by anyone until the next call. OSError for a regular file."""
        ioctls.set_read_only(self._fd, value)

    def is_read_only(self) -> bool:
        """True when the kernel refuses writes."""
        return not self._is_file and ioctls.is_read_only(self._fd)

    def reread_table(self) -> None:
        """Make the kernel read the partition table again; OSError EBUSY where a partition is in use."""
        ioctls.reread_table(self._fd)


def _pieces(start: int, length: int, step: int, cancel: CancelToken | None) -> Iterator[tuple[int, int]]:
    for position in range(start, start + length, step):
        if cancel is not None:
            cancel.raise_if_cancelled()
        yield position, min(step, start + length - position)


def _opening_error(error: OSError, path: str) -> RescueError:
    match error.errno:
        case errno.EACCES | errno.EPERM:
            hint = "" if os.geteuid() else _("The machine forbids this device even to root; a container does that.")
            return NotRootError(_("{path} may not be opened.").format(path=path), hint=hint)
        case errno.ENOENT | errno.ENXIO | errno.ENODEV | errno.ENOTDIR:
            return DeviceNotFoundError(_("There is no {path}.").format(path=path))
        case errno.ENOMEDIUM:
            return DeviceNotFoundError(_("{path} holds no medium.").format(path=path))
        case errno.EROFS:
            return TargetRefusedError(_("{path} is read-only.").format(path=path))
        case errno.EBUSY:
            return TargetRefusedError(_("{path} is in use: {uses}.").format(path=path, uses=_what_holds(path)))
    return SourceReadError(_("{path} cannot be opened: {reason}.").format(path=path, reason=reason_of(error)))


def _what_holds(path: str) -> str:
    block = Block.at(path)
    uses = UseTable.read().of_all(block) if block is not None else ()
    return "; ".join(_("it is {use}").format(use=use.describe()) for use in uses) or _("another program has claimed it")
