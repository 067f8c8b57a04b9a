"""The door to a repository: make one, open one, store and load chunks, list and find snapshots."""

import json
import secrets
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from rescue.errors import (
    IntegrityError,
    NewerFormatError,
    NotARepositoryError,
    RepositoryAccessError,
    RepositoryExistsError,
    RepositoryFullError,
    SnapshotAmbiguousError,
    SnapshotNotFoundError,
)
from rescue.fields import Fields
from rescue.language import _
from rescue.repository.format import (
    CHUNK_SIZE,
    FORMAT_VERSION,
    MAX_CHUNK_SIZE,
    chunk_id,
    decompress,
    decompress_into,
    is_id,
)
from rescue.repository.index import (
    MAX_INDEX_SIZE,
    Index,
    Location,
    PackEntries,
    decode_index,
    encode_index,
    in_batches,
)
from rescue.repository.lock import LOCK_NAME, locked
from rescue.repository.pack import is_pack_name, pack_name, read_trailer
from rescue.repository.place import TEMPORARY, LocalPlace, in_words
from rescue.repository.snapshot import MAX_SNAPSHOT_SIZE, Snapshot
from rescue.repository.writer import ChunkWriter
from rescue.text import date_of

CONFIG = "config.json"
_MAX_CONFIG = 1 << 20
FOLDER = "rescue"
"""The usual name of a repository's directory on a drive or a share."""
_VERIFIED = "verified"
_TEXTS = ("README.txt", "FORMAT.md", "extract.py")


@dataclass(frozen=True, slots=True)
class Stored:
    """A snapshot and the name under which it is stored."""

    id: str
    snapshot: Snapshot


class Repository:
    """An open repository. Reading is safe from several threads; close it with `with`, by `Repository.open`."""

    def __init__(self, place: LocalPlace, identity: str, chunk_size: int) -> None:
        self.place = place
        self.id = identity
        self.chunk_size = chunk_size
        self.index = Index()
        self.damaged_indexes: list[str] = []

    @staticmethod
    def init(root: Path, *, chunk_size: int = CHUNK_SIZE) -> str:
        """Make a repository in an empty or new directory and return its id.

        RepositoryExistsError where the directory holds anything else, so that nobody's files are mixed with ours. The
        configuration is written last: a crash before leaves no repository, and `init` run again ends the work.
        """
        place = LocalPlace(root)
        if place.exists(CONFIG):
            raise RepositoryExistsError(
                _("{root} is a repository already.").format(root=root), hint=_("Use it as it is.")
            )
        present = _listing(root)
        strangers = [name for name in present if not _ours(name)]
        if strangers:
            raise RepositoryExistsError(
                _("{root} is not empty: it holds {stranger}.").format(root=root, stranger=min(strangers)),
                hint=_("Name a new or empty directory."),
            )
        for name in present:
            if name.endswith(TEMPORARY):
                place.delete(name)
        place.write(LOCK_NAME, b"")
        for text in _TEXTS:
            place.write(text, (resources.files("rescue.repository") / text).read_bytes())
        identity = secrets.token_hex(16)
        config = {"format": FORMAT_VERSION, "id": identity, "chunk_size": chunk_size, "key_slots": []}
        place.write(CONFIG, json.dumps(config, indent=1).encode() + b"\n")
        return identity

    @classmethod
    @contextmanager
    def open(cls, root: Path, *, exclusive: bool = False, any_index: bool = False) -> "Iterator[Repository]":
        """Open the repository in `root` and hold its lock while the block runs.

        NotARepositoryError, NewerFormatError, RepositoryLockedError, or IntegrityError when an index file is damaged,
        unless `any_index` says that the caller can do with what the packs themselves tell.
        """
        place = LocalPlace(root)
        repository = cls(place, *_read_config(place))
        try:
            with locked(root, exclusive=exclusive):
                repository.load_index(any_index=any_index)
                yield repository
        finally:
            repository.index.close()
            place.close()

    def load_index(self, *, any_index: bool) -> None:
        """Learn where all chunks lie: from the index files, and from the ends of packs that no index file names."""
        present = {name: self.place.size(name) for name in self.pack_names()}
        for name in self.index_names():
            for pack in self._read_index(name, any_index=any_index):
                if present.get(pack_name(pack.pack)) == pack.size:
                    self.index.add(pack)
        for name in set(present) - {pack_name(pack) for pack in self.index.packs()}:
            with suppress(IntegrityError):  # `check` tells of it, and whoever needs its chunks finds them missing
                self.index.add(
                    PackEntries(bytes.fromhex(Path(name).name), present[name], read_trailer(self.place, name))
                )

    def _read_index(self, name: str, *, any_index: bool) -> list[PackEntries]:
        data = self.place.read(name, MAX_INDEX_SIZE)
        if chunk_id(data).hex() == Path(name).name:
            with suppress(IntegrityError):
                return list(decode_index(data))
        self.damaged_indexes.append(name)
        if any_index:
            return []
        raise IntegrityError(
            _("The index file {name} is damaged. No backup is lost: it only says where things lie.").format(name=name),
            hint=_("`rescue check --rebuild-index` makes it anew from the packs."),
        )

    def pack_names(self) -> Iterator[str]:
        """All files that have the name of a pack, and lie where a pack of that name lies."""
        return (name for name in self.place.names("packs") if is_pack_name(name))

    def index_names(self) -> Iterator[str]:
        """All files that have the name of an index file."""
        return (name for name in self.place.names("index") if is_id(Path(name).name))

    def leftovers(self) -> Iterator[str]:
        """Temporary files of programs that were interrupted."""
        for folder in ("packs", "index", "snapshots"):
            yield from (name for name in self.place.names(folder) if name.endswith(TEMPORARY))

    def find_chunk(self, chunk: bytes) -> Location:
        """Where a chunk lies; IntegrityError when the repository has lost it."""
        location = self.index.find(chunk)
        if location is None:
            raise IntegrityError(
                _("Chunk {chunk} is missing in the repository.").format(chunk=chunk.hex()[:12]),
                hint=_("`rescue check` says what is affected."),
            )
        return location

    def read_frame(self, location: Location) -> bytes:
        """The stored bytes of a chunk, not yet verified."""
        return self.place.read_range(pack_name(location.pack), location.entry.offset, location.entry.stored)

    def load(self, chunk: bytes) -> bytes:
        """The verified plain bytes of a chunk."""
        location = self.find_chunk(chunk)
        return decompress(self.read_frame(location), location.entry)

    @staticmethod
    def unpack(chunk: bytes, frame: bytes, target: memoryview) -> None:
        """Fill `target`, which has the chunk's length, from its frame; IntegrityError where the bytes are others."""
        decompress_into(frame, chunk, target)

    @contextmanager
    def writer(self) -> Iterator[ChunkWriter]:
        """Store chunks while the block runs. The caller calls `finish`; without it nothing is promised."""
        writer = ChunkWriter(self.place, self.index, self._publish)
        try:
            yield writer
        finally:
            writer.close()

    def repack(self, chunks: Iterable[bytes]) -> dict[bytes, int]:
        """Copy chunks, each verified, into new packs and return these with their sizes; no index file is written."""
        with closing(Index()) as fresh, closing(ChunkWriter(self.place, fresh, _unpublished)) as writer:
            for chunk in chunks:
                location = self.find_chunk(chunk)
                frame = self.read_frame(location)
                decompress(frame, location.entry)
                writer.add(chunk, location.entry.plain, frame)
            writer.finish()
            return fresh.packs()

    def publish_index(self, packs: list[PackEntries]) -> str:
        """Write an index file over `packs` and return its name."""
        data = encode_index(packs)
        name = f"index/{chunk_id(data).hex()}"
        self.place.write(name, data)
        return name

    def replace_index(self, packs: Iterable[PackEntries]) -> None:
        """Write index files over `packs`, and only then delete all others. The repository was opened exclusively."""
        new = {self.publish_index(batch) for batch in in_batches(packs)}
        for name in list(self.index_names()):
            if name not in new:
                self.place.delete(name)

    def _publish(self, packs: list[PackEntries]) -> None:
        self.publish_index(packs)

    def store_snapshot(self, snapshot: Snapshot) -> str:
        """Write the snapshot file, the last step of a backup, and return the snapshot's id.

        IntegrityError, and no file, where what we would write could not be read again.
        """
        data = snapshot.to_bytes()
        if len(data) > MAX_SNAPSHOT_SIZE:
            raise IntegrityError(
                _("The snapshot is larger than any snapshot can be: the disk has too many bad sectors.")
            )
        Snapshot.from_bytes(data, _("The new snapshot"))
        name = chunk_id(data).hex()
        self.place.write(f"snapshots/{name}.json", data)
        return name

    def snapshot_ids(self) -> list[str]:
        """Ids of all snapshots, in no meaningful order."""
        names = (Path(name) for name in self.place.names("snapshots"))
        return [name.stem for name in names if name.suffix == ".json" and is_id(name.stem)]

    def snapshot(self, identity: str) -> Stored:
        """The snapshot with exactly that id; IntegrityError when its file is damaged."""
        name = f"snapshots/{identity}.json"
        data = self.place.read(name, MAX_SNAPSHOT_SIZE)
        if chunk_id(data).hex() != identity:
            raise IntegrityError(
                _("The snapshot {identity} is damaged: {name} was changed after it was written.").format(
                    identity=identity[:12], name=name
                ),
                hint=_("`rescue list` shows the others; name one by its id."),
            )
        snapshot = Snapshot.from_bytes(data, _("Snapshot {id}").format(id=identity[:12]))
        if snapshot.chunk_size != self.chunk_size:
            raise IntegrityError(
                _("The snapshot {identity} belongs to another repository: its chunks differ in size.").format(
                    identity=identity[:12]
                )
            )
        return Stored(identity, snapshot)

    def snapshots(self) -> tuple[list[Stored], list[IntegrityError]]:
        """All snapshots, oldest first, and what is wrong with those that cannot be read."""
        good, bad = [], []
        for identity in self.snapshot_ids():
            try:
                good.append(self.snapshot(identity))
            except IntegrityError as error:
                bad.append(error)
        return sorted(good, key=lambda stored: (stored.snapshot.created, stored.id)), bad

    def find_snapshot(self, query: str) -> Stored:
        """The snapshot with that id, unique beginning of an id, name, or `latest`; see `resolve`."""
        return self.snapshot(self.resolve(query))

    def resolve(self, query: str) -> str:
        """The id that `query` means. An id or a beginning of one finds a damaged snapshot as well.

        Of several with one name none is meant: SnapshotAmbiguousError lists them. A damaged snapshot that could be the
        one that is meant raises its IntegrityError.
        """
        matching = [identity for identity in self.snapshot_ids() if query and identity.startswith(query)]
        if len(matching) == 1:
            return matching[0]
        good, bad = self.snapshots()
        if query == "latest" and good and not bad:
            return good[-1].id
        matching = matching or [stored.id for stored in good if stored.snapshot.name == query]
        if len(matching) > 1:
            several = ", ".join(identity[:12] for identity in matching)
            raise SnapshotAmbiguousError(
                _("“{query}” fits {count} snapshots: {several}.").format(
                    query=query, count=len(matching), several=several
                ),
                hint=_("Name one by its id."),
            )
        if matching:
            return matching[0]
        if bad:
            raise bad[0]
        raise SnapshotNotFoundError(_("The repository has no snapshot “{query}”.").format(query=query))

    def delete_snapshot(self, identity: str) -> None:
        """Forget a snapshot; its chunks stay until `prune`."""
        self.place.delete(f"snapshots/{identity}.json")
        self.place.delete(f"{_VERIFIED}/{identity}")

    def note_verified(self, identity: str, date: str) -> None:
        """Remember that a snapshot was read back; `date` is ISO 8601 in UTC. Nothing where nobody may write here."""
        with suppress(RepositoryAccessError, RepositoryFullError):
            self.place.write(f"{_VERIFIED}/{identity}", date.encode() + b"\n")

    def verified(self, identity: str) -> str | None:
        """When a snapshot was read back last: `2026-11-22 20:48 UTC`; None where nobody has noted it."""
        name = f"{_VERIFIED}/{identity}"
        with suppress(IntegrityError, RepositoryAccessError, UnicodeDecodeError):
            if self.place.exists(name):
                return date_of(self.place.read(name, 100).decode("ascii"))
        return None


def _unpublished(packs: list[PackEntries]) -> None:
    """For packs that the caller enters into an index file."""


def _listing(root: Path) -> list[str]:
    try:
        return [path.name for path in root.iterdir()]
    except FileNotFoundError:
        return []
    except NotADirectoryError as error:
        raise NotARepositoryError(
            _("{root} is not a directory.").format(root=root), hint=_("Name a new or empty directory.")
        ) from error
    except OSError as error:
        raise in_words(_("read {path}").format(path=root), error, reading=True) from error


def _ours(name: str) -> bool:
    """True for what an `init` that was interrupted leaves, and for what is in every new file system."""
    whole = name.rsplit(".", 2)[0] if name.endswith(TEMPORARY) else name
    return whole in (*_TEXTS, CONFIG, LOCK_NAME, "lost+found")


def _read_config(place: LocalPlace) -> tuple[str, int]:
    root = place.root
    if not place.is_directory():
        raise NotARepositoryError(
            _("{root} is not a directory.").format(root=root),
            hint=_("Is the drive mounted? `rescue init` makes a new one."),
        )
    if not place.exists(CONFIG):
        raise NotARepositoryError(
            _("{root} is not a repository: it has no {file}.").format(root=root, file=CONFIG),
            hint=_("`rescue init` makes one."),
        )
    fields = Fields.parse(place.read(CONFIG, _MAX_CONFIG), f"{root / CONFIG}")
    version = fields.number("format")
    if version > FORMAT_VERSION:
        raise NewerFormatError(
            _("{root} has format {version}; this program knows formats up to {newest}.").format(
                root=root, version=version, newest=FORMAT_VERSION
            )
        )
    chunk_size = fields.number("chunk_size", MAX_CHUNK_SIZE)
    if version != FORMAT_VERSION or chunk_size < 64 * 1024 or chunk_size & (chunk_size - 1):
        raise IntegrityError(_("{root} is damaged.").format(root=root / CONFIG))
    return fields.text("id"), chunk_size
