"""An interrupted backup costs nothing that was there, and what it stored is used again."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from rescue.cancel import CancelToken
from rescue.errors import CancelledError, RepositoryAccessError, RepositoryFullError
from rescue.events import nowhere
from rescue.repository.check import check
from rescue.repository.place import LocalPlace
from rescue.repository.repository import Repository
from rescue.repository.writer import ChunkWriter
from rescue.units import KiB
from tests.unit.repository.backups import (
    CHUNK,
    back_up,
    examine,
    files,
    new_repository,
    noise,
    plain_layout,
    restore,
    snapshot_of,
    store,
    store_regions,
    stored_bytes,
)

PROJECT = Path(__file__).parents[3]
SIZE = 24 * CHUNK


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return new_repository(tmp_path / "repo")


class FailingPlace(LocalPlace):
    """A drive that takes so many packs and no more."""

    left = 3

    def write(self, name: str, data: bytes | bytearray, *, keep_cached: bool = True) -> None:
        if name.startswith("packs"):
            self.left -= 1
            if self.left < 0:
                raise RepositoryFullError("The drive is full.")
        super().write(name, data, keep_cached=keep_cached)


@contextmanager
def failing(root: Path, packs: int) -> Iterator[Repository]:
    with Repository.open(root) as repository:
        place = FailingPlace(root)
        place.left = packs
        repository.place = place
        yield repository
        place.close()


@pytest.mark.parametrize("packs", range(7))
def test_a_full_drive_loses_nothing(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, packs: int) -> None:
    """And what was stored is used by the next backup."""
    monkeypatch.setattr("rescue.repository.writer.PACK_TARGET", 4 * CHUNK)
    old, new = noise(SIZE, 1), noise(SIZE, 2)
    back_up(root, old, "old")
    disk = tmp_path / "disk"
    disk.write_bytes(new)
    before = stored_bytes(root)
    with failing(root, packs) as repository, pytest.raises(RepositoryFullError):
        store(repository, disk, plain_layout(SIZE), "new")
    kept = stored_bytes(root) - before
    assert kept >= packs * 4 * CHUNK
    assert restore(root, "old", tmp_path / "out") == old
    assert examine(root).problems == []
    back_up(root, new, "new")
    assert stored_bytes(root) - before < SIZE + 3 * CHUNK, "chunks were stored twice"
    assert restore(root, "new", tmp_path / "out") == new


@pytest.fixture
def tiny_drive(tmp_path: Path) -> Iterator[Path]:
    """A real file system of 3 MiB."""
    if os.geteuid():
        pytest.skip("mounting a tmpfs needs root; an injected full drive is tested in any case")
    drive = tmp_path / "drive"
    drive.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "rescue-test", drive], check=True)
    yield drive
    subprocess.run(["umount", drive], check=True)


def test_a_really_full_drive(tiny_drive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rescue.repository.writer.PACK_TARGET", 256 * KiB)
    root = new_repository(tiny_drive / "repo")
    old = noise(SIZE, 1)
    back_up_from(tmp_path, root, old, "old")
    for _ in range(2):
        with pytest.raises(RepositoryFullError, match="full"):
            back_up_from(tmp_path, root, noise(2 * SIZE, 2), "new")
    assert restore(root, "old", tmp_path / "out") == old
    assert examine(root).problems == []
    assert not [path for path in files(root, ".") if path.name.endswith(".tmp")]


def back_up_from(folder: Path, root: Path, data: bytes, name: str) -> None:
    disk = folder / f"{name}.img"
    disk.write_bytes(data)
    with Repository.open(root) as repository:
        store(repository, disk, plain_layout(len(data)), name)


def test_a_read_only_drive(tiny_drive: Path, tmp_path: Path) -> None:
    """It can be read and restored from, and says why it takes nothing. Without its lock file as well."""
    root = new_repository(tiny_drive / "repo")
    data = noise(4 * CHUNK, 1)
    back_up_from(tmp_path, root, data, "old")
    for with_lock in (True, False):
        if not with_lock:
            (root / "lock").unlink()
        subprocess.run(["mount", "-o", "remount,ro", tiny_drive], check=True)
        assert restore(root, "old", tmp_path / "out") == data
        assert examine(root).problems == []
        with pytest.raises(RepositoryAccessError, match="read-only"):
            back_up_from(tmp_path, root, noise(4 * CHUNK, 2), "new")
        with pytest.raises(RepositoryAccessError, match="read-only"):
            Repository.init(tiny_drive / "other")
        subprocess.run(["mount", "-o", "remount,rw", tiny_drive], check=True)


@pytest.mark.parametrize("step", [0, 3, 9])
def test_an_error_in_the_middle_leaves_the_repository_as_it_was(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    monkeypatch.setattr("rescue.repository.writer.PACK_TARGET", 4 * CHUNK)
    old = noise(SIZE, 1)
    back_up(root, old, "old")
    added = 0
    original = ChunkWriter.add

    def stop(self: ChunkWriter, chunk: bytes, plain: int, frame: bytes) -> None:
        nonlocal added
        added += 1
        if added > step:
            raise CancelledError
        original(self, chunk, plain, frame)

    with monkeypatch.context() as patch:
        patch.setattr(ChunkWriter, "add", stop)
        with pytest.raises(CancelledError):
            back_up(root, noise(SIZE, 2), "new")
    assert restore(root, "old", tmp_path / "out") == old
    assert examine(root).problems == []


def test_two_writers_at_once(root: Path, tmp_path: Path) -> None:
    """Each stores what it needs; a chunk that both store is stored twice and harmless."""
    disks = []
    for seed in (1, 2):
        disk = tmp_path / f"disk{seed}"
        disk.write_bytes(noise(8 * CHUNK, 0) + noise(8 * CHUNK, seed))
        disks.append(disk)
    layout = plain_layout(16 * CHUNK)
    with Repository.open(root) as one, Repository.open(root) as two:
        with one.writer() as writer_one, two.writer() as writer_two:
            records = [
                store_regions(one, writer_one, disks[0], layout),
                store_regions(two, writer_two, disks[1], layout),
            ]
            writer_one.finish()
            writer_two.finish()
        one.store_snapshot(snapshot_of(one, records[:1], "one", "2026-01-01"))
        two.store_snapshot(snapshot_of(two, records[1:], "two", "2026-01-02"))
    for disk, name in zip(disks, ("one", "two"), strict=True):
        assert restore(root, name, tmp_path / "out") == disk.read_bytes()
    assert examine(root).problems == []


def test_check_beside_a_backup(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a backup writes after the check has begun is no damage."""
    back_up(root, noise(4 * CHUNK, 1), "old")
    original = LocalPlace.names
    began = False

    def names(self: LocalPlace, folder: str) -> Iterator[str]:
        nonlocal began
        if folder == "packs" and self.root == root and not began and files(root, "snapshots"):
            began = True
            back_up_from(tmp_path, root, noise(4 * CHUNK, 2), "new")
        return original(self, folder)

    with Repository.open(root, any_index=True) as repository:
        monkeypatch.setattr(LocalPlace, "names", names)
        found = check(repository, read_data=True, sink=nowhere, cancel=CancelToken())
    assert began
    assert found.problems == []
    assert found.packs == 2


KILLED = """
import sys
from pathlib import Path
from rescue.repository import writer
from tests.unit.repository import backups

writer.PACK_TARGET = 2 * backups.CHUNK
root, disk = map(Path, sys.argv[1:])
print("ready", flush=True)
sys.stdin.readline()
with backups.Repository.open(root) as repository:
    backups.store(repository, disk, backups.plain_layout(disk.stat().st_size), "new")
"""


def test_killed_at_any_moment(root: Path, tmp_path: Path) -> None:
    """A real program, killed for good: earlier snapshots are whole, and the next backup uses what was stored."""
    old, new = noise(SIZE, 1), noise(16 * SIZE, 2)
    back_up(root, old, "old")
    before = stored_bytes(root)
    disk = tmp_path / "disk"
    disk.write_bytes(new)
    moments = random.Random(1)
    stored = []
    for _ in range(6):
        child = subprocess.Popen(
            [sys.executable, "-c", KILLED, root, disk], cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert child.stdin
        assert child.stdout
        with child.stdin, child.stdout:
            assert child.stdout.readline() == b"ready\n"
            child.stdin.write(b"go\n")
            child.stdin.flush()
            time.sleep(moments.uniform(0.02, 0.4))
            child.send_signal(signal.SIGKILL)
            child.wait()
        problems = examine(root).problems
        assert problems == []
        assert restore(root, "old", tmp_path / "out") == old
        stored.append(stored_bytes(root) - before)
    back_up_from(tmp_path, root, new, "new")
    assert restore(root, "new", tmp_path / "out") == new
    finished = sum(path.stat().st_size for path in files(root, "packs") if not path.name.endswith(".tmp")) - before
    assert finished < len(new) + 40 * CHUNK, "what the killed programs had stored was stored again"
    assert max(stored) > 0, "no program lived long enough to store anything"
