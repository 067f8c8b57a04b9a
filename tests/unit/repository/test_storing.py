"""Storing: nothing twice, nothing unused, whole files only."""

import os
import random
import subprocess
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from rescue.errors import RepositoryAccessError
from rescue.extents import Extents
from rescue.repository.format import MAX_PACK_SIZE, Entry, chunk_id, compress
from rescue.repository.index import ChunkSet, PackEntries
from rescue.repository.lists import LIST_CHUNK, ListWriter, read_ids
from rescue.repository.pack import read_trailer
from rescue.repository.place import LocalPlace
from rescue.repository.repository import Repository
from rescue.units import GiB, MiB
from tests.unit.repository.backups import (
    CHUNK,
    STALE,
    back_up,
    digests,
    examine,
    files,
    new_repository,
    noise,
    plain_layout,
    restore,
    store,
    stored_bytes,
)

PROJECT = Path(__file__).parents[3]
SIZE = 24 * CHUNK


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return new_repository(tmp_path / "repo")


def test_the_second_backup_of_the_same_data_writes_nothing(root: Path, tmp_path: Path) -> None:
    data = noise(SIZE, 1)
    first = back_up(root, data, "one")
    before = digests(root, "packs") | digests(root, "index")
    second = back_up(root, data, "two")
    assert first != second
    assert digests(root, "packs") | digests(root, "index") == before
    assert restore(root, "two", tmp_path / "out") == data


def test_a_change_costs_what_changed(root: Path) -> None:
    data = noise(SIZE, 1)
    back_up(root, data, "one")
    before = stored_bytes(root)
    back_up(root, data[: 3 * CHUNK] + b"!" + data[3 * CHUNK + 1 :], "two")
    assert CHUNK < stored_bytes(root) - before < 2 * CHUNK


def test_zeros_cost_nothing(root: Path, tmp_path: Path) -> None:
    data = bytes(CHUNK * 400)
    back_up(root, data)
    assert stored_bytes(root) < 1000
    assert restore(root, "one", tmp_path / "out") == data


def test_unused_bytes_are_not_stored(root: Path, tmp_path: Path) -> None:
    """Stale data in free space neither reaches the repository nor keeps chunks from being the same."""
    secret, disk = b"deleted long ago", tmp_path / "disk"
    disk.write_bytes(noise(CHUNK, 1) + secret * (CHUNK // len(secret)) + b"used" * 128 + secret * 4000)
    layout = plain_layout(disk.stat().st_size // 512 * 512, Extents([(0, 512), (2 * CHUNK, 2 * CHUNK + 512)]))
    with Repository.open(root) as repository:
        identity = store(repository, disk, layout)
        record = repository.snapshot(identity).snapshot.disks[0].regions[0]
        ids = list(read_ids(repository, record.chunks))
        plain = b"".join(repository.load(chunk) for chunk in ids if chunk != bytes(32))
    assert secret not in plain
    assert plain.count(b"used") == 128
    assert [chunk == bytes(32) for chunk in ids] == [False, True, False]
    restored = restore(root, identity, tmp_path / "out")
    assert restored[:512] == disk.read_bytes()[:512]
    assert set(restored[512 : 2 * CHUNK]) == {STALE}


def test_packs_hold_about_32_mib(tmp_path: Path) -> None:
    root = tmp_path / "repo"
    Repository.init(root)
    with Repository.open(root) as repository, repository.writer() as writer:
        for seed in range(17):
            frame = compress(noise(4 * MiB, seed), 1)
            writer.add(chunk_id(bytes([seed])), 4 * MiB, frame)
        writer.finish()
    sizes = sorted(path.stat().st_size for path in files(root, "packs"))
    assert [size > 32 * MiB for size in sizes] == [False, True, True]
    assert sizes[-1] < 36 * MiB
    assert 4 * GiB > MAX_PACK_SIZE


def test_many_index_entries_go_into_several_files(root: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Neither the writer's memory nor an index file grows with the disk."""
    monkeypatch.setattr("rescue.repository.writer.PACK_TARGET", 2 * CHUNK)
    monkeypatch.setattr("rescue.repository.writer.BATCH_ENTRIES", 4)
    data = noise(SIZE, 1)
    back_up(root, data)
    assert len(files(root, "index")) >= 5
    assert examine(root).problems == []
    assert restore(root, "one", tmp_path / "out") == data


def test_zstd_reads_a_pack(root: Path) -> None:
    """The list of chunks lies in a skippable frame, which zstd skips."""
    data = noise(CHUNK, 1) + b"compressible " * 5000
    back_up(root, data)
    with Repository.open(root) as repository:
        for path in files(root, "packs"):
            plain = subprocess.run(["zstd", "-dcq", path], capture_output=True, check=True).stdout
            entries = read_trailer(repository.place, str(path.relative_to(root)))
            assert plain == b"".join(repository.load(entry.chunk) for entry in entries)
            assert data[:CHUNK] in plain


def test_long_lists_are_stored_in_pieces(root: Path) -> None:
    holes = LIST_CHUNK // 32 * 2 + 5
    with Repository.open(root) as repository:
        with repository.writer() as writer:
            made = ListWriter(writer, 3)
            made.append_holes(holes)
            made.append(b"i" * 32)
            names = made.finish()
            writer.finish()
        assert len(names) == 3
        assert names[0] == names[1]
        ids = list(read_ids(repository, names))
        assert len(ids) == holes + 1
        assert ids[-1] == b"i" * 32
        assert set(ids[:-1]) == {bytes(32)}


def test_files_that_are_being_written_have_another_name(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No moment shows half a file under its real name; a crash at any moment leaves a `.tmp`."""
    seen: list[list[str]] = []
    original = os.fsync

    def watch(descriptor: int) -> None:
        seen.append([path.name for path in files(root, "packs")])
        original(descriptor)

    monkeypatch.setattr(os, "fsync", watch)
    LocalPlace(root).write("packs/ab/name", b"data")
    assert any(name.endswith(".tmp") for names in seen for name in names)
    synced_before_rename = [names for names in seen if names and names[0].endswith(".tmp")]
    assert synced_before_rename
    assert seen[-1] == ["name"], "the directory is synced after the rename"


def test_a_reader_from_many_threads_sees_the_right_bytes(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """More packs than are kept open, so that files are closed under the readers."""
    monkeypatch.setattr("rescue.repository.writer.PACK_TARGET", 1)
    back_up(root, noise(40 * CHUNK, 1))
    with Repository.open(root) as repository, ThreadPoolExecutor(8) as pool:
        packs = list(repository.pack_names())
        chunks = [entry.chunk for name in packs for entry in read_trailer(repository.place, name)]
        assert len(packs) > 40
        order = [random.Random(seed).choice(chunks) for seed in range(2000)]
        for chunk, plain in zip(order, pool.map(repository.load, order), strict=True):
            assert chunk_id(plain) == chunk


def test_an_index_that_finds_no_room_is_told(root: Path) -> None:
    """A large one lives in a temporary file, and the directory for these can be full."""
    back_up(root, noise(4 * CHUNK, 1))
    with Repository.open(root) as repository:
        repository.index._database.execute("PRAGMA max_page_count = 1")
        many = [Entry(chunk_id(bytes([seed % 256, seed // 256])), seed, 1, 1) for seed in range(5000)]
        with pytest.raises(RepositoryAccessError, match="temporary file"):
            repository.index.add(PackEntries(b"p" * 32, 5000, many))


def test_a_set_of_chunks() -> None:
    names = [chunk_id(bytes([seed])) for seed in range(200)]
    with closing(ChunkSet()) as chunks:
        chunks.update(names[:100])
        chunks.update(iter(names[50:150]))
        assert [name in chunks for name in names] == [True] * 150 + [False] * 50
