"""Buffers that are used again and again: bounded memory, page-aligned as O_DIRECT needs them."""

import mmap
import queue

from rescue.cancel import CancelToken

_POLL_SECONDS = 0.1


class Buffer:
    """A piece of page-aligned memory with a current length. Belongs to one thread at a time."""

    __slots__ = ("_pool", "_whole", "view")

    def __init__(self, pool: "BufferPool", size: int) -> None:
        self._pool = pool
        self._whole = memoryview(mmap.mmap(-1, size))
        self.view = self._whole

    def resize(self, length: int) -> memoryview:
        """The first `length` bytes; what they hold is undefined."""
        self.view = self._whole[:length]
        return self.view

    def release(self) -> None:
        """Give the buffer back. Nobody may touch `view` afterwards."""
        self._pool.give_back(self)


class BufferPool:
    """A fixed number of buffers of one size. Memory: `count * size` bytes, taken when first used. Thread-safe."""

    def __init__(self, count: int, size: int, cancel: CancelToken) -> None:
        self.size = size
        self._cancel = cancel
        self._free: queue.SimpleQueue[Buffer] = queue.SimpleQueue()
        for _ in range(count):
            self._free.put(Buffer(self, size))

    def take(self, length: int) -> Buffer:
        """A free buffer of `length` bytes; waits for one, and raises CancelledError when the job is stopped."""
        while True:
            self._cancel.raise_if_cancelled()
            try:
                buffer = self._free.get(timeout=_POLL_SECONDS)
            except queue.Empty:
                continue
            buffer.resize(length)
            return buffer

    def give_back(self, buffer: Buffer) -> None:
        """Used by `Buffer.release`."""
        self._free.put(buffer)
