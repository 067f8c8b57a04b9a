"""Making and opening repositories, finding snapshots, locks: what is wrong is said in a sentence with its class."""

import fcntl
import json
import os
from pathlib import Path

import pytest

from rescue.errors import (
    IntegrityError,
    NewerFormatError,
    NotARepositoryError,
    RepositoryAccessError,
    RepositoryExistsError,
    RepositoryLockedError,
    RescueError,
    SnapshotAmbiguousError,
    SnapshotNotFoundError,
)
from rescue.events import Outcome
from rescue.repository.check import rebuild_index
from rescue.repository.place import LocalPlace
from rescue.repository.repository import Repository
from rescue.repository.snapshot import Snapshot
from tests.unit.repository.backups import CHUNK, back_up, examine, files, new_repository, noise, restore


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return new_repository(tmp_path / "repo")


def open_it(root: Path) -> None:
    with Repository.open(root):
        pass


def add(root: Path, name: str, created: str = "2026-01-01") -> str:
    """An empty snapshot."""
    with Repository.open(root) as repository:
        snapshot = Snapshot(name, created, {}, {}, repository.chunk_size, 0, Outcome.OK, (), ())
        return repository.store_snapshot(snapshot)


def find(root: Path, query: str) -> str:
    with Repository.open(root) as repository:
        return repository.find_snapshot(query).id


def test_init_puts_the_way_out_beside_the_data(root: Path) -> None:
    names = sorted(path.name for path in root.iterdir())
    assert names == ["FORMAT.md", "README.txt", "config.json", "extract.py", "lock"]
    config = json.loads((root / "config.json").read_bytes())
    assert config["format"] == 1
    assert len(config["id"]) == 32


def test_init_twice(root: Path) -> None:
    with pytest.raises(RepositoryExistsError, match="already"):
        Repository.init(root)


def test_init_among_other_files(tmp_path: Path) -> None:
    (tmp_path / "photo.jpg").write_bytes(b"x")
    with pytest.raises(RepositoryExistsError, match=r"photo\.jpg"):
        Repository.init(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["photo.jpg"]


def test_init_on_a_file(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"")
    with pytest.raises(NotARepositoryError, match="not a directory"):
        Repository.init(path)


class KilledError(BaseException):
    """Stands for a program that ends here."""


@pytest.mark.parametrize("step", range(6))
def test_init_killed_and_run_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: int) -> None:
    """What it left, half files too, does not stop the second run, which ends the work."""
    root, left = tmp_path / "repo", [step]
    original = Path.rename

    def dies(self: Path, target: Path) -> Path:
        left[0] -= 1
        if left[0] < 0:
            raise KilledError
        return original(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", dies)
        patch.setattr(Path, "unlink", lambda self, missing_ok=False: None)  # noqa: ARG005 - a killed program cleans nothing
        if step < 5:
            with pytest.raises(KilledError):
                Repository.init(root)
            assert any(path.name.endswith(".tmp") for path in root.iterdir())
    if step < 5:
        Repository.init(root)
    else:
        new_repository(root)
    assert not any(path.name.endswith(".tmp") for path in root.iterdir())
    open_it(root)


@pytest.mark.parametrize("name", ["missing", "empty", "file", "file/below", "x" * 300])
def test_not_a_repository(tmp_path: Path, name: str) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises((NotARepositoryError, RepositoryAccessError)) as caught:
        open_it(tmp_path / name)
    assert caught.value.message
    assert isinstance(caught.value, NotARepositoryError) or len(name) > 255


def configure(root: Path, **changes: object) -> None:
    path = root / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def test_newer_format(root: Path) -> None:
    configure(root, format=2, chunk_size="something else")
    with pytest.raises(NewerFormatError, match="format 2"):
        open_it(root)


@pytest.mark.parametrize(
    "changes",
    [
        {"format": 0},
        {"format": "1"},
        {"format": None},
        {"format": True},
        {"format": -1},
        {"format": 1e99},
        {"chunk_size": 0},
        {"chunk_size": 4096 * 3},
        {"chunk_size": 1 << 40},
        {"id": 5},
    ],
)
def test_damaged_configuration(root: Path, changes: dict[str, object]) -> None:
    configure(root, **changes)
    with pytest.raises(IntegrityError):
        open_it(root)


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b"\xff\xfe", b"[" * 100_000, b"1" * 5000, b"x" * (2 << 20)])
def test_configuration_that_is_no_json_object(root: Path, text: bytes) -> None:
    (root / "config.json").write_bytes(text)
    with pytest.raises(IntegrityError):
        open_it(root)


@pytest.mark.parametrize("call", ["exists", "is_dir"])
def test_a_drive_that_fails_is_told(root: Path, monkeypatch: pytest.MonkeyPatch, call: str) -> None:
    def fails(self: Path) -> bool:
        raise OSError(5, "Input/output error", str(self))

    monkeypatch.setattr(Path, call, fails)
    with pytest.raises(RepositoryAccessError, match="Input/output error"):
        open_it(root)


def test_snapshots_by_id_name_and_latest(root: Path) -> None:
    one, two = add(root, "monday", "2026-01-01"), add(root, "tuesday", "2026-01-02")
    for query in (one, one[:20], "monday"):
        assert find(root, query) == one
    assert find(root, "latest") == find(root, "tuesday") == two


@pytest.mark.parametrize("query", ["nothing", "", "f" * 64, "latest"])
def test_no_such_snapshot(root: Path, query: str) -> None:
    if query != "latest":
        add(root, "monday")
    with pytest.raises(SnapshotNotFoundError):
        find(root, query)


def test_ambiguous_names_and_ids(root: Path) -> None:
    ids = [add(root, "same", f"2026-01-{day:02}") for day in range(1, 19)]
    with pytest.raises(SnapshotAmbiguousError, match="18 snapshots") as caught:
        find(root, "same")
    assert all(identity[:12] in caught.value.message for identity in ids)
    first = next(digit for digit in "0123456789abcdef" if sum(identity[0] == digit for identity in ids) > 1)
    with pytest.raises(SnapshotAmbiguousError):
        find(root, first)


def test_latest_is_never_an_older_one_by_accident(root: Path) -> None:
    """With a damaged snapshot nobody knows which one is the latest."""
    old, new = add(root, "old", "2026-01-01"), add(root, "new", "2026-01-02")
    path = root / "snapshots" / f"{new}.json"
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(IntegrityError, match=new[:12]):
        find(root, "latest")
    assert find(root, "old") == old
    with Repository.open(root) as repository:
        good, bad = repository.snapshots()
        assert [stored.id for stored in good] == [old]
        assert len(bad) == 1
        repository.delete_snapshot(repository.resolve(new[:12]))
    assert find(root, "latest") == old


def test_a_snapshot_of_other_chunks_is_refused(root: Path) -> None:
    """Two repositories that somebody copied into one."""
    with Repository.open(root) as repository:
        other = Snapshot("other", "2026", {}, {}, 2 * repository.chunk_size, 0, Outcome.OK, (), ())
        identity = repository.store_snapshot(other)
        with pytest.raises(IntegrityError, match="another repository"):
            repository.snapshot(identity)
    assert examine(root).problems


def test_names_that_are_no_text_are_stored(root: Path) -> None:
    """The shell hands over any bytes; a backup of hours must not fail for its name."""
    identity = add(root, os.fsdecode(b"caf\xe9"))
    with Repository.open(root) as repository:
        assert repository.snapshot(identity).snapshot.name == "caf?"


def test_locks(root: Path) -> None:
    """Many at once, or one alone; the kernel ends every lock with its program."""
    with Repository.open(root):
        open_it(root)
        with pytest.raises(RepositoryLockedError, match="in use"), Repository.open(root, exclusive=True):
            pass
    with Repository.open(root, exclusive=True):
        for exclusive in (False, True):
            with pytest.raises(RepositoryLockedError), Repository.open(root, exclusive=exclusive):
                pass
    with Repository.open(root, exclusive=True):
        pass


def test_a_file_system_without_locks_is_told(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unsupported(descriptor: int, operation: int) -> None:
        raise OSError(95, f"Operation not supported ({descriptor}, {operation})")

    monkeypatch.setattr(fcntl, "flock", unsupported)
    with pytest.raises(RepositoryAccessError, match="lock"):
        open_it(root)


def test_no_descriptor_is_left(root: Path) -> None:
    back_up(root, noise(4 * CHUNK, 1))
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(3):
        examine(root)
        with Repository.open(root) as repository:
            list(repository.snapshots())
    (root / "config.json").write_bytes(b"")
    with pytest.raises(RescueError):
        open_it(root)
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_the_index_is_made_again_from_the_packs(root: Path, tmp_path: Path) -> None:
    data = noise(5 * CHUNK, 1)
    back_up(root, data, "one")
    back_up(root, data + noise(CHUNK, 2), "two")
    for path in files(root, "index"):
        path.write_bytes(b"RIX1 damaged")
    with pytest.raises(IntegrityError, match="index"):
        open_it(root)
    assert [text for text in examine(root).problems if not text.startswith("Index file")] == []
    with Repository.open(root, exclusive=True, any_index=True) as repository:
        assert rebuild_index(repository) == len(files(root, "packs"))
    assert len(files(root, "index")) == 1
    assert examine(root).problems == []
    assert restore(root, "one", tmp_path / "out") == data


def test_rebuilding_killed_before_the_old_files_go(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    back_up(root, noise(CHUNK, 1), "one")
    back_up(root, noise(CHUNK, 2), "two")

    def dies(self: LocalPlace, name: str) -> None:
        raise KilledError(self, name)

    with monkeypatch.context() as patch:
        patch.setattr(LocalPlace, "delete", dies)
        with Repository.open(root, exclusive=True) as repository, pytest.raises(KilledError):
            rebuild_index(repository)
    assert len(files(root, "index")) == 3
    assert examine(root).problems == []
