"""A block device as source and as sink."""

import errno
import math
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from rescue.buffers import Buffer, BufferPool
from rescue.cancel import CancelToken
from rescue.devices.blockdev import BlockDevice, aligned_buffer
from rescue.errors import SourceReadError, TargetWriteError, reason_of
from rescue.extents import Extent
from rescue.images.base import Piece, Task
from rescue.images.ids import ChunkIds
from rescue.images.layout import Region
from rescue.language import N_, _
from rescue.repository.format import HOLE, chunk_id
from rescue.units import KiB, MiB

# Unused blocks between two used ones are read or written along when they are fewer than this: one large request
# costs less than two small ones.
_BRIDGE = 128 * KiB
# A failed read is tried again in pieces of this size: the sector of nearly every drive, or the larger logical one.
_RETRY = 4 * KiB
_DISCARD_ALIGNMENT = MiB
_GONE = (errno.ENXIO, errno.ENODEV, errno.ENOMEDIUM)
_ZEROS = bytes(64 * KiB)
_ALLOW_BAD = N_("With --allow-bad-sectors the rest is copied, and the result says what is missing.")


class DeviceSource:
    """Reads regions from a device that is open for reading.

    `starts` tells where a region, by name, begins on the device. With `allow_bad`, unreadable sectors become zeros and
    are recorded in `bad`, by region, relative to it; without, they raise SourceReadError with `hint`. A chunk that
    cannot be read is read in small pieces for `patience` seconds; what is left of it then is recorded in `untried`.
    """

    def __init__(
        self,
        device: BlockDevice,
        starts: Mapping[str, int],
        pool: BufferPool,
        cancel: CancelToken,
        *,
        allow_bad: bool = False,
        hint: str = "",
        patience: float = math.inf,
    ) -> None:
        self._device = device
        self._starts = starts
        self._pool = pool
        self._cancel = cancel
        self._allow_bad = allow_bad
        self._hint = hint or _(_ALLOW_BAD)
        self._patience = patience
        self._zero_ids: dict[int, bytes] = {}
        self._readable: int | None = None
        self.bad: dict[str, list[Extent]] = {}
        self.untried: dict[str, list[Extent]] = {}

    def tasks(self, region: Region) -> Iterator[Task]:
        """Every chunk with a used byte."""
        size = self._pool.size
        last = -1
        for start, end in region.used:
            for index in range(max(last + 1, start // size), -(-end // size)):
                last = index
                yield Task(region, index, index * size, min(size, region.size - index * size), None)

    def read(self, task: Task) -> Buffer:
        """The chunk's bytes, unused ones set to zero."""
        buffer = self._pool.take(task.length)
        used = [Extent(start - task.offset, end - task.offset) for start, end in task.used()]
        try:
            for start, end in bridged(used):
                self._read_run(task, buffer.view, start, end)
        except BaseException:
            buffer.release()
            raise
        for start, end in _between(used, task.length):
            clear(buffer.view, start, end)
        return buffer

    def decode(self, task: Task, raw: Buffer) -> Piece:
        """Name the chunk; a chunk of zeros needs no buffer."""
        name = chunk_id(raw.view)
        if name == self._zero_id(task.length):
            raw.release()
            return Piece(HOLE, None)
        return Piece(name, raw)

    def _zero_id(self, length: int) -> bytes:
        known = self._zero_ids.get(length)
        if known is None:
            known = self._zero_ids[length] = chunk_id(bytes(length))
        return known

    def _read_run(self, task: Task, view: memoryview, start: int, end: int) -> None:
        position = self._starts[task.region.name] + task.offset
        try:
            self._device.pread_into(view[start:end], position + start)
            self._readable = position + start
        except OSError:
            self._read_slowly(task, view, start, end)

    def _read_slowly(self, task: Task, view: memoryview, start: int, end: int) -> None:
        """Read a run that failed in small pieces, so that no more is lost than the sectors that are gone."""
        step = max(_RETRY, self._device.logical_sector_size)
        position = self._starts[task.region.name] + task.offset
        failure: OSError | None = None
        deadline = time.monotonic() + self._patience
        for piece in range(start, end, step):
            self._cancel.raise_if_cancelled()
            if time.monotonic() > deadline:
                self.untried.setdefault(task.region.name, []).append(Extent(task.offset + piece, task.offset + end))
                clear(view, piece, end)
                break
            stop = min(piece + step, end)
            try:
                self._device.pread_into(view[piece:stop], position + piece)
                self._readable = position + piece
            except OSError as error:
                if failure is None:
                    self._require_answer(error)
                failure = error
                self._lose(task, Extent(task.offset + piece, task.offset + stop), error)
                clear(view, piece, stop)
        if failure is not None:
            self._require_answer(failure)

    def _require_answer(self, error: OSError) -> None:
        """SourceReadError where the drive does not even give what it gave before: not a sector is bad, it is gone."""
        gone = error.errno in _GONE or not Path(self._device.path).exists()
        if not gone and self._readable is not None:
            try:
                self._device.pread_into(aligned_buffer(self._device.logical_sector_size), self._readable)
            except OSError:
                gone = True
        if gone:
            raise SourceReadError(
                _("{path} is gone: it was unplugged, or it does not answer any more.").format(path=self._device.path),
                hint=_("Connect it again and start again: what is stored already is used again."),
            ) from error

    def _lose(self, task: Task, lost: Extent, error: OSError) -> None:
        """Record unreadable bytes, unless nothing but free space is in them."""
        lost_used = list(task.region.used.between(*lost))
        if not lost_used:
            return
        if not self._allow_bad:
            where = self._starts[task.region.name] + lost.start
            raise SourceReadError(
                _("{path} cannot be read at byte {where} ({region}): {reason}.").format(
                    path=self._device.path, where=where, region=task.region.describe(), reason=reason_of(error)
                ),
                hint=self._hint,
            ) from error
        bad = self.bad.setdefault(task.region.name, [])
        for extent in lost_used:
            if bad and bad[-1].end == extent.start:
                bad[-1] = Extent(bad[-1].start, extent.end)
            else:
                bad.append(extent)


class DeviceSink:
    """Writes regions to a device that is open for writing; TargetWriteError where it does not take them.

    `ids` holds the ids of the chunks that were written, by region, for the comparison afterwards.
    """

    def __init__(self, device: BlockDevice, starts: Mapping[str, int], chunk_size: int, cancel: CancelToken) -> None:
        self._device = device
        self._starts = starts
        self._chunk_size = chunk_size
        self._cancel = cancel
        self.ids: dict[str, ChunkIds] = {}

    def put(self, task: Task, piece: Piece) -> bytes:
        """Write the used bytes of a chunk and return its id."""
        base = self._starts[task.region.name]
        try:
            if piece.buffer is None:
                for start, end in task.used():
                    self._device.zero(base + start, end - start, self._cancel)
            else:
                used = [Extent(start - task.offset, end - task.offset) for start, end in task.used()]
                for start, end in bridged(used):
                    self._device.pwrite(piece.buffer.view[start:end], base + task.offset + start)
        except OSError as error:
            where = base + task.offset
            raise TargetWriteError(
                _("{path} does not take the data at byte {where} ({region}): {reason}.").format(
                    path=self._device.path, where=where, region=task.region.describe(), reason=reason_of(error)
                )
            ) from error
        finally:
            if piece.buffer is not None:
                piece.buffer.release()
        return piece.chunk

    def keep(self, task: Task, done: bytes) -> None:
        """Remember what was written."""
        ids = self.ids.get(task.region.name)
        if ids is None:
            ids = self.ids[task.region.name] = ChunkIds(task.region.size, self._chunk_size)
        ids[task.number] = done

    def discard_unused(self, region: Region) -> None:
        """Tell the device that the free space of a region is free. It is done after the region was written."""
        base = self._starts[region.name]
        for start, end in region.used.complement(region.size):
            first = -(-(base + start) // _DISCARD_ALIGNMENT) * _DISCARD_ALIGNMENT
            last = (base + end) // _DISCARD_ALIGNMENT * _DISCARD_ALIGNMENT
            with suppress(OSError):  # only a favour to the device; one that is gone is noticed by `flush`
                if first >= last or self._device.discard(first, last - first, self._cancel):
                    continue
            return

    def flush(self) -> None:
        """Return when everything is on the medium."""
        try:
            self._device.flush()
        except OSError as error:
            raise TargetWriteError(
                _("{path} did not take all data: {reason}.").format(path=self._device.path, reason=reason_of(error))
            ) from error


def bridged(used: list[Extent]) -> Iterator[Extent]:
    """The used extents, joined where little lies between them."""
    waiting: Extent | None = None
    for extent in used:
        if waiting is not None and extent.start - waiting.end < _BRIDGE:
            waiting = Extent(waiting.start, extent.end)
            continue
        if waiting is not None:
            yield waiting
        waiting = extent
    if waiting is not None:
        yield waiting


def _between(used: list[Extent], length: int) -> Iterator[Extent]:
    """What `used` leaves of `length` bytes."""
    position = 0
    for start, end in used:
        if start > position:
            yield Extent(position, start)
        position = end
    if position < length:
        yield Extent(position, length)


def clear(view: memoryview, start: int, end: int) -> None:
    """Set bytes to zero."""
    for position in range(start, end, len(_ZEROS)):
        stop = min(position + len(_ZEROS), end)
        view[position:stop] = _ZEROS[: stop - position]
