"""Long lists - chunk ids of a region, its used extents - are stored as chunks themselves.

So a snapshot file stays small, memory stays bounded, and the lists of two similar backups share their chunks.
"""

from collections.abc import Iterable, Iterator
from typing import Protocol

from rescue.errors import IntegrityError
from rescue.language import _
from rescue.repository.format import HOLE, ID_LENGTH, chunk_id, compress
from rescue.units import KiB

LIST_CHUNK = 256 * KiB


class Adds(Protocol):
    """Takes chunks."""

    def wants(self, chunk: bytes) -> bool:
        """False when the chunk is stored already."""

    def add(self, chunk: bytes, plain: int, frame: bytes) -> None:
        """Store a chunk."""


class Loads(Protocol):
    """Gives chunks."""

    def load(self, chunk: bytes) -> bytes:
        """The verified plain bytes of a chunk."""


class ListWriter:
    """Stores a stream of bytes in pieces of LIST_CHUNK bytes while it comes."""

    def __init__(self, chunks: Adds, level: int) -> None:
        self._chunks = chunks
        self._level = level
        self._waiting = bytearray()
        self._ids: list[str] = []

    def append(self, data: bytes) -> None:
        """Add bytes to the end of the list."""
        self._waiting += data
        while len(self._waiting) >= LIST_CHUNK:
            self._store(bytes(self._waiting[:LIST_CHUNK]))
            del self._waiting[:LIST_CHUNK]

    def append_holes(self, count: int) -> None:
        """Add the ids of `count` chunks that are not stored."""
        while count > 0:
            step = min(count, LIST_CHUNK // ID_LENGTH)
            self.append(HOLE * step)
            count -= step

    def finish(self) -> tuple[str, ...]:
        """Store the rest and return the names of all pieces."""
        if self._waiting:
            self._store(bytes(self._waiting))
            self._waiting.clear()
        return tuple(self._ids)

    def _store(self, piece: bytes) -> None:
        name = chunk_id(piece)
        if self._chunks.wants(name):
            self._chunks.add(name, len(piece), compress(piece, self._level))
        self._ids.append(name.hex())


def read_list(chunks: Loads, names: Iterable[str]) -> Iterator[bytes]:
    """The pieces of a list, each verified."""
    for name in names:
        yield chunks.load(bytes.fromhex(name))


def read_ids(chunks: Loads, names: Iterable[str]) -> Iterator[bytes]:
    """The chunk ids of a region in order; HOLE where nothing is stored because all is zero or unused."""
    for piece in read_list(chunks, names):
        if len(piece) % ID_LENGTH:
            raise IntegrityError(_("A list of chunk ids is cut off."))
        for position in range(0, len(piece), ID_LENGTH):
            yield piece[position : position + ID_LENGTH]
