"""Prune removes what no snapshot needs, and nothing else, whenever it dies."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from rescue.errors import IntegrityError, RepositoryFullError
from rescue.repository.place import LocalPlace
from rescue.repository.prune import Pruned, prune
from rescue.repository.repository import Repository
from rescue.units import KiB
from tests.unit.repository.backups import CHUNK, back_up, examine, files, new_repository, noise, restore, stored_bytes

SIZE = 24 * CHUNK


class KilledError(BaseException):
    """Stands for a program that ends here."""


@pytest.fixture(autouse=True)
def _small_packs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rescue.repository.writer.PACK_TARGET", 256 * KiB)


def run(root: Path, *, dry_run: bool = False) -> Pruned:
    with Repository.open(root, exclusive=True) as repository:
        return prune(repository, dry_run=dry_run)


def delete(root: Path, snapshot: str) -> None:
    with Repository.open(root, exclusive=True) as repository:
        repository.delete_snapshot(repository.resolve(snapshot))


def disk(seed: int, shared: int = 12) -> bytes:
    """A disk whose chunks are alternately common to all seeds, up to `shared` of them, and its own."""
    common, own = noise(SIZE, 0), noise(SIZE, seed)
    pieces = [
        (common if number % 2 == 0 and number // 2 < shared else own)[number * CHUNK : (number + 1) * CHUNK]
        for number in range(SIZE // CHUNK)
    ]
    return b"".join(pieces)


def two_snapshots(root: Path) -> None:
    """“old” and “new” share half of their chunks, so that “old” without “new” leaves packs with much garbage."""
    new_repository(root)
    back_up(root, disk(1), "old", "2026-01-01")
    back_up(root, disk(2), "new", "2026-01-02")
    back_up(root, noise(SIZE, 9), "other", "2026-01-03")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository with garbage: packs that nobody needs, and packs that are half needed."""
    two_snapshots(tmp_path / "repo")
    for name in ("old", "other"):
        delete(tmp_path / "repo", name)
    return tmp_path / "repo"


def test_removes_garbage_and_keeps_what_is_needed(root: Path, tmp_path: Path) -> None:
    before = stored_bytes(root)
    done = run(root)
    assert done.removed_packs >= 5
    assert done.rewritten_packs >= 3
    assert before - stored_bytes(root) == done.freed_bytes > 0
    assert stored_bytes(root) < SIZE * 11 // 10
    assert restore(root, "new", tmp_path / "out") == disk(2)
    assert examine(root).problems == []
    assert len(files(root, "index")) == 1


def test_a_second_prune_finds_nothing(root: Path) -> None:
    run(root)
    assert run(root) == Pruned(0, 0, 0)


def test_a_dry_run_writes_nothing(root: Path) -> None:
    before = [(path, path.read_bytes()) for path in files(root, ".")]
    done = run(root, dry_run=True)
    assert done.removed_packs >= 5
    assert [(path, path.read_bytes()) for path in files(root, ".")] == before


@pytest.mark.parametrize("size", [512, 4096, CHUNK])
def test_packs_of_tiny_chunks_survive(tmp_path: Path, size: int) -> None:
    """Their frames are smaller than the list of them: that is no garbage."""
    root = new_repository(tmp_path / "repo")
    back_up(root, b"x" * size)
    for _ in range(2):
        assert run(root) == Pruned(0, 0, 0)
        assert restore(root, "one", tmp_path / "out") == b"x" * size


def test_everything_goes_when_no_snapshot_is_left(root: Path) -> None:
    delete(root, "new")
    run(root)
    assert files(root, "packs") == []
    assert examine(root).problems == []


def test_temporary_files_go(root: Path) -> None:
    left = [root / folder / "abc.1234.tmp" for folder in ("packs/aa", "index", "snapshots")]
    for path in left:
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"half")
    run(root)
    assert not any(path.exists() for path in left)


def test_nothing_goes_while_a_snapshot_cannot_be_read(root: Path) -> None:
    (snapshot,) = files(root, "snapshots")
    snapshot.write_bytes(snapshot.read_bytes().replace(b"new", b"NEW"))
    before = stored_bytes(root)
    with pytest.raises(IntegrityError, match="Nothing was removed"):
        run(root)
    assert stored_bytes(root) == before


def test_garbage_goes_even_where_the_drive_is_full(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who prunes a full drive needs the space: what is garbage as a whole goes before anything is written."""

    def full(self: LocalPlace, name: str, data: bytes, *, keep_cached: bool = True) -> None:
        del self, name, data, keep_cached
        raise RepositoryFullError("The drive is full.")

    before = stored_bytes(root)
    with monkeypatch.context() as patch:
        patch.setattr(LocalPlace, "write", full)
        with pytest.raises(RepositoryFullError):
            run(root)
    assert stored_bytes(root) <= before - SIZE * 9 // 10
    assert restore(root, "new", tmp_path / "out") == disk(2)


def dying(call: Callable[..., None], left: list[int], *, late: bool) -> Callable[..., None]:
    """`call`, until none are left; then death before it, or after it."""

    def step(self: LocalPlace, *arguments: object, **options: object) -> None:
        left[0] -= 1
        if left[0] < 0 and not late:
            raise KilledError
        call(self, *arguments, **options)
        if left[0] < 0:
            raise KilledError

    return step


@pytest.mark.parametrize("late", [False, True])
def test_killed_at_any_step_every_snapshot_is_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, late: bool
) -> None:
    """And the next prune, killed at the step after, ends the work."""
    steps = 0
    finished = False
    root = tmp_path / "repo"
    two_snapshots(root)
    for name in ("old", "other"):
        delete(root, name)
    while not finished:
        left = [steps]
        with monkeypatch.context() as patch:
            patch.setattr(LocalPlace, "write", dying(LocalPlace.write, left, late=late))
            patch.setattr(LocalPlace, "delete", dying(LocalPlace.delete, left, late=late))
            with suppress(KilledError):
                run(root)
                finished = True
        assert restore(root, "new", tmp_path / "out") == disk(2), f"after {steps} steps"
        steps += 1
    assert steps > 2
    assert run(root) == Pruned(0, 0, 0)
    assert examine(root).problems == []


@pytest.mark.parametrize("step", range(14))
def test_killed_once_then_pruned_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: int) -> None:
    """The second run meets the packs that the first one has written, under the names that it writes itself."""
    root = tmp_path / "repo"
    two_snapshots(root)
    for name in ("old", "other"):
        delete(root, name)
    with monkeypatch.context() as patch:
        left = [step]
        patch.setattr(LocalPlace, "write", dying(LocalPlace.write, left, late=True))
        patch.setattr(LocalPlace, "delete", dying(LocalPlace.delete, left, late=True))
        with suppress(KilledError):
            run(root)
    run(root)
    assert restore(root, "new", tmp_path / "out") == disk(2)
    assert examine(root).problems == []
    assert run(root) == Pruned(0, 0, 0)
