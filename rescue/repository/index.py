"""Which chunk lies where. Index files are a cache of the ends of all packs; they can always be built again.

"RIX1" | for each pack: 32 bytes id, u32 size, u32 count, entries | BLAKE3 of all before
"""

import sqlite3
import struct
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from blake3 import blake3

from rescue.errors import IntegrityError, RepositoryAccessError
from rescue.language import _
from rescue.repository.format import ENTRY_SIZE, ID_LENGTH, MAX_PACK_SIZE, Entry, pack_entries, unpack_entries

_MAGIC = b"RIX1"
_PACK = struct.Struct("<32sII")
MAX_INDEX_SIZE = 1 << 30
# Entries in one index file, about: 2.8 MiB of it, and some 16 MiB of memory while they wait to be written.
BATCH_ENTRIES = 1 << 16


class PackEntries(NamedTuple):
    """A pack, its size in bytes, and what it holds."""

    pack: bytes
    size: int
    entries: list[Entry]


class Location(NamedTuple):
    """A chunk in its pack."""

    pack: bytes
    entry: Entry


def encode_index(packs: list[PackEntries]) -> bytes:
    """The bytes of an index file."""
    parts = [_MAGIC]
    for pack in packs:
        parts += [_PACK.pack(pack.pack, pack.size, len(pack.entries)), pack_entries(pack.entries)]
    body = b"".join(parts)
    return body + blake3(body).digest()


def in_batches(packs: Iterable[PackEntries]) -> Iterator[list[PackEntries]]:
    """The packs in groups, each for one index file, so that neither memory nor an index file grows without end."""
    batch: list[PackEntries] = []
    waiting = 0
    for pack in packs:
        batch.append(pack)
        waiting += len(pack.entries)
        if waiting >= BATCH_ENTRIES:
            yield batch
            batch, waiting = [], 0
    if batch:
        yield batch


def decode_index(data: bytes) -> Iterator[PackEntries]:
    """Inverse of `encode_index`; IntegrityError before the first pack is given where the file is damaged."""
    body = memoryview(data)[:-ID_LENGTH]
    if body[: len(_MAGIC)] != _MAGIC or blake3(body).digest() != data[-ID_LENGTH:]:
        raise IntegrityError(_("An index file is damaged."))
    position = len(_MAGIC)
    while position < len(body):
        if position + _PACK.size > len(body):
            raise IntegrityError(_("An index file is damaged: it is cut off."))
        pack, size, count = _PACK.unpack_from(body, position)
        position += _PACK.size
        end = position + count * ENTRY_SIZE
        if end > len(body) or size > MAX_PACK_SIZE:
            raise IntegrityError(_("An index file is damaged: it is cut off."))
        yield PackEntries(pack, size, unpack_entries(body[position:end], size))
        position = end


class _Temporary:
    """A private SQLite database that goes to a temporary file when it outgrows its cache, so that memory stays bounded
    for a repository of any size. Safe from several threads."""

    _CACHE_KIB = 48 * 1024

    def __init__(self, tables: str) -> None:
        self._lock = threading.Lock()
        self._database = sqlite3.connect("", check_same_thread=False, isolation_level=None)
        self._database.executescript(
            f"PRAGMA cache_size = -{self._CACHE_KIB}; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; {tables}"
        )

    def close(self) -> None:
        """Forget everything."""
        with self._lock:
            self._database.close()

    @contextmanager
    def _alone(self) -> Iterator[sqlite3.Connection]:
        """The database, for this thread alone while the block runs."""
        try:
            with self._lock:
                yield self._database
        except sqlite3.OperationalError as error:
            raise RepositoryAccessError(
                _("The index of the repository cannot be kept in a temporary file: {error}.").format(error=error),
                hint=_("Name a directory with more room in SQLITE_TMPDIR."),
            ) from error


class Index(_Temporary):
    """All chunks of a repository that are on the drive."""

    def __init__(self) -> None:
        super().__init__(
            "CREATE TABLE packs (number INTEGER PRIMARY KEY, pack BLOB UNIQUE, size INTEGER);"
            "CREATE TABLE chunks (chunk BLOB PRIMARY KEY, number INTEGER, start INTEGER, stored INTEGER,"
            " plain INTEGER) WITHOUT ROWID;"
        )

    def add(self, pack: PackEntries) -> None:
        """Learn what a pack holds. The first place of a chunk counts."""
        with self._alone() as database:
            cursor = database.execute("INSERT OR IGNORE INTO packs (pack, size) VALUES (?, ?)", (pack.pack, pack.size))
            if cursor.rowcount:
                number = cursor.lastrowid
                database.executemany(
                    "INSERT OR IGNORE INTO chunks VALUES (?, ?, ?, ?, ?)",
                    ((e.chunk, number, e.offset, e.stored, e.plain) for e in pack.entries),
                )

    def find(self, chunk: bytes) -> Location | None:
        """Where the chunk lies; None when it is not stored."""
        with self._alone() as database:
            row = database.execute(
                "SELECT pack, start, stored, plain FROM chunks JOIN packs USING (number) WHERE chunk = ?", (chunk,)
            ).fetchone()
        return None if row is None else Location(row[0], Entry(chunk, *row[1:]))

    def has(self, chunk: bytes) -> bool:
        """True when the chunk is stored."""
        with self._alone() as database:
            return database.execute("SELECT 1 FROM chunks WHERE chunk = ?", (chunk,)).fetchone() is not None

    def packs(self) -> dict[bytes, int]:
        """Every pack with its size in bytes."""
        with self._alone() as database:
            return dict(database.execute("SELECT pack, size FROM packs"))

    def chunk_count(self) -> int:
        """Number of different chunks."""
        with self._alone() as database:
            return int(database.execute("SELECT count(*) FROM chunks").fetchone()[0])


class ChunkSet(_Temporary):
    """A set of chunk ids of any size."""

    def __init__(self) -> None:
        super().__init__("CREATE TABLE chunks (chunk BLOB PRIMARY KEY) WITHOUT ROWID;")

    def update(self, chunks: Iterable[bytes]) -> None:
        """Add ids. They are fetched while nobody else can use the set."""
        with self._alone() as database:
            database.executemany("INSERT OR IGNORE INTO chunks VALUES (?)", ((chunk,) for chunk in chunks))

    def __contains__(self, chunk: object) -> bool:
        with self._alone() as database:
            return database.execute("SELECT 1 FROM chunks WHERE chunk = ?", (chunk,)).fetchone() is not None
