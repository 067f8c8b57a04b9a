"""Reading a volume, which is a block device or an image file. Nothing here can write it."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rescue.errors import SourceReadError, reason_of
from rescue.language import _


class Volume:
    """`size` bytes at `path`, open for reading while `opened` lasts."""

    def __init__(self, path: str, size: int, descriptor: int, deadline: float | None = None) -> None:
        self.path = path
        self.size = size
        self._descriptor = descriptor
        self._deadline = deadline

    def read(self, offset: int, length: int) -> bytes:
        """Exactly `length` bytes at `offset`; SourceReadError where they lie outside, cannot be read, or come late."""
        if self._deadline is not None and time.monotonic() > self._deadline:
            raise SourceReadError(_("Reading {path} takes too long.").format(path=self.path))
        if offset < 0 or length < 0 or offset + length > self.size:
            raise SourceReadError(
                _("The file system points to byte {offset}, outside its {size} bytes.").format(
                    offset=offset + length, size=self.size
                )
            )
        pieces = []
        while length:
            piece = self._read_once(offset, length)
            pieces.append(piece)
            offset += len(piece)
            length -= len(piece)
        return b"".join(pieces)

    def _read_once(self, offset: int, length: int) -> bytes:
        try:
            piece = os.pread(self._descriptor, length, offset)
        except OSError as error:
            raise SourceReadError(
                _("{path} cannot be read at byte {offset}: {reason}.").format(
                    path=self.path, offset=offset, reason=reason_of(error)
                )
            ) from error
        if not piece:
            raise SourceReadError(
                _("{path} ends at byte {offset}, before its {size} bytes.").format(
                    path=self.path, offset=offset, size=self.size
                )
            )
        return piece


@contextmanager
def opened(path: str, size: int, *, seconds: float | None = None) -> Iterator[Volume]:
    """Open `path` read-only; SourceReadError where it cannot be opened. No read begins after `seconds`."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise SourceReadError(
            _("{path} cannot be opened: {reason}.").format(path=path, reason=reason_of(error))
        ) from error
    try:
        yield Volume(path, size, descriptor, None if seconds is None else time.monotonic() + seconds)
    finally:
        os.close(descriptor)


def size_of(path: str) -> int:
    """Bytes of a block device or an image file; SourceReadError where it cannot be opened."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise SourceReadError(
            _("{path} cannot be opened: {reason}.").format(path=path, reason=reason_of(error))
        ) from error
    try:
        return os.lseek(descriptor, 0, os.SEEK_END)
    finally:
        os.close(descriptor)
