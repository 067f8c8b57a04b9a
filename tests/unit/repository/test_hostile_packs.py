"""Packs, index files and frames that lie: IntegrityError, bounded memory, no traceback."""

import os
import struct
import tracemalloc
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
import zstandard
from blake3 import blake3
from hypothesis import given
from hypothesis import strategies as st

from rescue.cancel import CancelToken
from rescue.errors import IntegrityError
from rescue.events import nowhere
from rescue.repository.check import check
from rescue.repository.format import Entry, chunk_id, compress, decompress, unpack_entries
from rescue.repository.index import PackEntries, decode_index, encode_index
from rescue.repository.pack import read_trailer, trailer
from rescue.repository.place import LocalPlace
from rescue.repository.repository import Repository
from rescue.units import MiB
from tests.unit.repository.backups import CHUNK, back_up, new_repository, noise


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = new_repository(tmp_path / "repo")
    back_up(root, noise(3 * CHUNK, 1))
    return root


def plant(root: Path, folder: str, data: bytes, suffix: str = "") -> str:
    """Write a file under the name that its hash demands."""
    name = blake3(data).hexdigest()
    path = root / folder / (f"{name[:2]}/{name}" if folder == "packs" else name + suffix)
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(data)
    return name


def damaged_indexes() -> list[bytes]:
    def sealed(body: bytes) -> bytes:
        return body + blake3(body).digest()

    entry = Entry(b"c" * 32, 0, 10, 10)
    good = encode_index([PackEntries(b"p" * 32, 100, [entry])])[:-32]
    return [
        b"",
        b"RIX1",
        sealed(b"RIX2"),
        sealed(good[:-1]),
        sealed(good + b"x" * 39),
        sealed(good[:40] + b"\xff\xff\xff\xff" + good[44:]),
        encode_index([PackEntries(b"p" * 32, (1 << 32) - 1, [entry])]),
        encode_index([PackEntries(b"p" * 32, 5, [entry])]),
        encode_index([PackEntries(b"p" * 32, 100, [Entry(b"c" * 32, 95, 10, 10)])]),
        encode_index([PackEntries(b"p" * 32, 100, [Entry(b"c" * 32, 0, 0, 10)])]),
        encode_index([PackEntries(b"p" * 32, 100, [Entry(b"c" * 32, 0, 10, 0)])]),
        encode_index([PackEntries(b"p" * 32, 100, [Entry(b"c" * 32, 0, 10, (1 << 32) - 1)])]),
        encode_index([PackEntries(b"p" * 32, 200 * MiB, [Entry(b"c" * 32, 0, 150 * MiB, 10)])]),
    ]


@pytest.mark.parametrize("data", damaged_indexes())
def test_index_files_that_lie(root: Path, data: bytes) -> None:
    """Each is told as damaged, and making the index anew gets rid of it."""
    with pytest.raises(IntegrityError):
        list(decode_index(data))
    plant(root, "index", data)
    with pytest.raises(IntegrityError, match="index"), Repository.open(root):
        pass
    with Repository.open(root, any_index=True) as repository:
        found = check(repository, read_data=True, sink=nowhere, cancel=CancelToken())
    assert len(found.problems) == 1
    assert not any(found.snapshots.values())


@given(st.binary(max_size=200))
def test_any_bytes_are_no_index(data: bytes) -> None:
    with pytest.raises(IntegrityError):
        list(decode_index(data))


@given(st.binary(max_size=44 * 3), st.integers(0, 1000))
def test_any_bytes_as_entries(data: bytes, limit: int) -> None:
    with suppress(IntegrityError):
        for entry in unpack_entries(data, limit):
            assert entry.offset + entry.stored <= limit


@given(st.binary(max_size=300), st.sampled_from([b"", b"RPK1", b"\1\0\0\0RPK1", b"\xff\xff\xff\xffRPK1"]))
def test_any_bytes_are_no_pack(tmp_path_factory: pytest.TempPathFactory, data: bytes, end: bytes) -> None:
    folder = tmp_path_factory.getbasetemp()
    (folder / "pack").write_bytes(data + end)
    place = LocalPlace(folder)
    try:
        with pytest.raises(IntegrityError):
            read_trailer(place, "pack")
    finally:
        place.close()


@pytest.mark.parametrize(
    "entries",
    [
        [Entry(b"c" * 32, 1, 9, 10)],
        [Entry(b"c" * 32, 0, 9, 10)],
        [Entry(b"c" * 32, 0, 11, 10)],
        [Entry(b"c" * 32, 0, 6, 10), Entry(b"d" * 32, 4, 6, 10)],
        [],
    ],
)
def test_packs_whose_frames_have_gaps_or_overlap(tmp_path: Path, entries: list[Entry]) -> None:
    (tmp_path / "pack").write_bytes(b"0123456789" + trailer(entries))
    with pytest.raises(IntegrityError):
        read_trailer(LocalPlace(tmp_path), "pack")


def test_a_chunk_listed_twice_in_a_pack(root: Path) -> None:
    frame = compress(b"x" * 100, 3)
    name = chunk_id(b"x" * 100)
    entries = [Entry(name, 0, len(frame), 100), Entry(name, len(frame), len(frame), 100)]
    plant(root, "packs", frame * 2 + trailer(entries))
    with Repository.open(root, any_index=True) as repository:
        assert check(repository, read_data=True, sink=nowhere, cancel=CancelToken()).problems
        assert repository.load(name) == b"x" * 100


def bomb(size: int) -> bytes:
    """A small frame that says nothing of its size, and holds much."""
    compressor = zstandard.ZstdCompressor(level=19, write_content_size=False).compressobj()
    return b"".join(compressor.compress(bytes(MiB)) for _ in range(size // MiB)) + compressor.flush()


def honest_bomb(size: int) -> bytes:
    return zstandard.ZstdCompressor(level=3).compress(bytes(size))


def wide_window() -> bytes:
    parameters = zstandard.ZstdCompressionParameters(window_log=30, compression_level=1, enable_ldm=True)
    compressor = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    return compressor.compress(bytes(64)) + compressor.flush()


@pytest.mark.parametrize(
    "frame",
    [
        lambda: bomb(512 * MiB),
        lambda: honest_bomb(256 * MiB),
        wide_window,
        lambda: b"",
        lambda: b"\x28\xb5\x2f\xfd",
        lambda: struct.pack("<II", 0x184D2A5E, 64) + bytes(64),
        lambda: compress(b"x" * 64, 3)[:-8],
        lambda: compress(b"x" * 63, 3),
        lambda: compress(b"y" * 64, 3),
        lambda: os.urandom(64),
    ],
)
def test_frames_that_lie_cost_no_memory(frame: Callable[[], bytes]) -> None:
    """A frame never fills more than the bytes that its entry promises."""
    data = frame()
    tracemalloc.start()
    before = resident()
    try:
        with pytest.raises(IntegrityError):
            decompress(data, Entry(chunk_id(b"x" * 64), 0, max(len(data), 1), 64))
        assert tracemalloc.get_traced_memory()[1] < 2 * MiB
        assert resident() - before < 32 * MiB
    finally:
        tracemalloc.stop()


def resident() -> int:
    """Bytes of memory that this process has at the most had."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) * 1024
    raise AssertionError("the kernel does not tell")
