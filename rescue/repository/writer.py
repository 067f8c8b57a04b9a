"""Stores new chunks: collects frames into packs and writes a pack while the next one is being filled."""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from blake3 import blake3

from rescue.repository.format import PACK_TARGET, Entry
from rescue.repository.index import BATCH_ENTRIES, Index, PackEntries
from rescue.repository.pack import pack_name, trailer
from rescue.repository.place import LocalPlace


class ChunkWriter:
    """Adds chunks to a repository. `wants` and `add` may be called from several threads; one pack is being written
    behind, so that at most two packs are in memory, and for a moment the frames of the second once more.

    A chunk counts as stored from `add` on; it is on the drive only after `finish`, which a snapshot waits for.
    After a crash every pack that was written whole is found again through its end.
    """

    def __init__(self, place: LocalPlace, index: Index, publish: Callable[[list[PackEntries]], None]) -> None:
        self._place = place
        self._index = index
        self._publish = publish
        self._frames: list[bytes] = []
        self._filled = 0
        self._entries: list[Entry] = []
        self._pending: set[bytes] = set()
        self._written: list[PackEntries] = []
        self._lock = threading.Lock()
        self._behind = ThreadPoolExecutor(max_workers=1, thread_name_prefix="pack")
        self._writing: Future[PackEntries] | None = None
        self.stored_bytes = 0

    def wants(self, chunk: bytes) -> bool:
        """False when the chunk is stored already, so that nobody need compress it."""
        with self._lock:
            return chunk not in self._pending and not self._index.has(chunk)

    def add(self, chunk: bytes, plain: int, frame: bytes) -> None:
        """Store a chunk of `plain` bytes, compressed to `frame`; nothing happens when it is stored already.

        RepositoryFullError or RepositoryAccessError, possibly of an earlier pack, where the drive takes no more.
        """
        with self._lock:
            if chunk in self._pending or self._index.has(chunk):
                return
            self._pending.add(chunk)
            self._entries.append(Entry(chunk, self._filled, len(frame), plain))
            self._frames.append(frame)
            self._filled += len(frame)
            if self._filled >= PACK_TARGET:
                self._seal()

    def finish(self) -> None:
        """Write what is left and the last index file over packs of this writer; then everything is on the drive."""
        with self._lock:
            self._seal()
            self._collect()
            self._index_written(at_least=1)

    def close(self) -> None:
        """End the writing thread. What was not finished is garbage or is found again, never a hole."""
        self._behind.shutdown(wait=True, cancel_futures=True)

    def _seal(self) -> None:
        """Hand the filled pack to the writing thread, after the pack before it."""
        if not self._entries:
            return
        self._collect()
        frames, entries = self._frames, self._entries
        self._frames, self._entries, self._filled = [], [], 0
        self._writing = self._behind.submit(self._write, frames, entries)

    def _write(self, frames: list[bytes], entries: list[Entry]) -> PackEntries:
        data = b"".join((*frames, trailer(entries)))
        frames.clear()
        pack = blake3(data).digest()
        self._place.write(pack_name(pack), data, keep_cached=False)
        return PackEntries(pack, len(data), entries)

    def _collect(self) -> None:
        """Wait for the pack that is being written, and enter it into the index."""
        if self._writing is None:
            return
        done, self._writing = self._writing.result(), None
        self._index.add(done)
        self._written.append(done)
        self._pending.difference_update(entry.chunk for entry in done.entries)
        self.stored_bytes += done.size
        self._index_written(at_least=BATCH_ENTRIES)

    def _index_written(self, *, at_least: int) -> None:
        """Write an index file over the packs that have none, when they hold that many chunks: memory stays bounded."""
        if sum(len(pack.entries) for pack in self._written) >= at_least:
            self._publish(self._written)
            self._written = []
