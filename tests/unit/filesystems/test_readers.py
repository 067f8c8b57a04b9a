"""Readers of on-disk structures on garbage: a sentence, never a traceback, never a loop without end."""

from __future__ import annotations

import os
import random
import struct
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rescue.errors import RescueError, SourceReadError
from rescue.extents import Extents
from rescue.filesystems import fat, used_map
from rescue.filesystems.catalog import MEMBERS
from rescue.filesystems.crc32c import crc32c
from rescue.filesystems.gate import FeatureWord
from rescue.filesystems.model import Bench
from rescue.filesystems.ntfs_records import with_fixups
from rescue.filesystems.usage import used_bytes
from rescue.filesystems.volume import opened
from rescue.filesystems.xfs_replay import orphans_outside_inodes
from rescue.units import KiB, MiB

SIZE = 2 * MiB
# Magic numbers and fields that let garbage pass the first checks of each reader.
SEEDS: dict[str, list[tuple[int, bytes]]] = {
    "ext4": [(1024 + 0x38, b"\x53\xef"), (1024 + 0x18, b"\0\0\0\0"), (1024 + 0x20, b"\0\x20\0\0")],
    "ntfs": [(3, b"NTFS    "), (0x0B, b"\0\2\x08"), (0x28, b"\0\x0f\0\0\0\0\0\0\4\0\0\0\0\0\0\0"), (0x40, b"\xf6")],
    "vfat": [(11, b"\0\2\1\1\0\2\x10\0\0\x08\xf8\4\0")],
    "exfat": [(3, b"EXFAT   "), (108, b"\x09\x03\x01"), (510, b"\x55\xaa")],
    "xfs": [(0, b"XFSB"), (4, b"\0\0\x10\0"), (100, b"\xb4\xa5\2\0"), (208, bytes(16))],
    "btrfs": [(64 * KiB + 64, b"_BHRfS_M"), (64 * KiB + 172, bytes(24)), (64 * KiB + 196, b"\0\0")],
    "f2fs": [(1024, b"\x10\x20\xf5\xf2"), (1024 + 16, b"\x0c\0\0\0\x09\0\0\0"), (1024 + 2180, bytes(4))],
    "hfsplus": [(1024, b"H+\0\4"), (1028, b"\0\0\1\0"), (1024 + 40, b"\0\0\x10\0\0\0\2\0\0\0\0\x10")],
    "swap": [(4086, b"SWAPSPACE2")],
}


def _garbage(image: Path, fstype: str, seed: int, *, seeded: bool, sparse: bool) -> None:
    data = bytearray(SIZE)
    data[: 256 * KiB] = bytes(256 * KiB) if sparse else random.Random(seed).randbytes(256 * KiB)
    for place, magic in SEEDS.get(fstype, []) if seeded else []:
        data[place : place + len(magic)] = magic
    image.write_bytes(data)


@pytest.mark.parametrize("fstype", SEEDS)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 1 << 32), seeded=st.booleans(), sparse=st.booleans())
def test_garbage_ends_in_words(fstype: str, tmp_path: Path, seed: int, seeded: bool, sparse: bool) -> None:
    image = tmp_path / "volume"
    _garbage(image, fstype, seed, seeded=seeded, sparse=sparse)
    member = next(member for member in MEMBERS if fstype in member.types)
    with opened(str(image), SIZE) as volume:
        try:
            measured = member.measure(volume, Bench(tmp_path))
        except RescueError as error:
            assert error.message
        else:
            assert measured.used.end <= SIZE


@pytest.mark.parametrize("fstype", [*SEEDS, "ext2", "msdos", "swsuspend", "crypto_LUKS", None])
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 1 << 32), seeded=st.booleans(), sparse=st.booleans(), size=st.sampled_from([0, 512, SIZE]))
def test_how_much_of_garbage_is_used(
    fstype: str | None, tmp_path: Path, seed: int, seeded: bool, sparse: bool, size: int
) -> None:
    image = tmp_path / "volume"
    _garbage(image, fstype or "", seed, seeded=seeded, sparse=sparse)
    os.truncate(image, size)
    used = used_bytes(str(image), fstype)
    assert used is None or 0 <= used <= size
    assert used is None or fstype not in (None, "crypto_LUKS")


def test_how_much_of_nothing_is_used(tmp_path: Path) -> None:
    assert used_bytes(str(tmp_path / "nowhere"), "ext4") is None
    assert used_bytes(str(tmp_path), "ext4") is None
    assert used_bytes("/dev/null", "ntfs") is None


def test_no_read_begins_after_the_deadline(tmp_path: Path) -> None:
    image = tmp_path / "volume"
    image.write_bytes(bytes(4096))
    with opened(str(image), 4096, seconds=60) as volume:
        assert volume.read(0, 512) == bytes(512)
    with opened(str(image), 4096, seconds=0) as volume, pytest.raises(SourceReadError, match="too long"):
        time.sleep(0.001)
        volume.read(0, 512)


def test_a_fat_is_counted_in_pieces(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """FAT32 with entries free, used, bad, and with the four bits that are nobody's."""
    image = tmp_path / "volume"
    clusters = 70_000
    table = [0x0FFFFFF8, 0x0FFFFFFF, 3, 0x0FFFFFFF, 0xF0000000, 0x0FFFFFF7, 0xA0000009]
    boot = bytearray(512)
    boot[11:17] = struct.pack("<HBHB", 512, 1, 32, 1)
    boot[32:40] = struct.pack("<II", 32 + 547 + clusters, 547)
    with image.open("wb") as stream:
        stream.write(boot)
        stream.seek(32 * 512)
        stream.write(struct.pack("<7I", *table))
        stream.seek(32 * 512 + 4 * (clusters + 1))
        stream.write(b"\xff\xff\xff\x0f")
        stream.truncate((32 + 547 + clusters) * 512)
    expected = (32 + 547 + 4) * 512
    assert used_bytes(str(image), "vfat") == expected
    monkeypatch.setattr(fat, "_PIECE", 3 * KiB)
    assert used_bytes(str(image), "vfat") == expected
    monkeypatch.setattr(fat, "_LARGEST_COUNTED", 546 * 512)
    assert used_bytes(str(image), "vfat") is None


@pytest.mark.parametrize("fstype", SEEDS)
def test_empty_volume_is_imaged_whole(fstype: str, tmp_path: Path) -> None:
    image = tmp_path / "volume"
    image.write_bytes(b"")
    result = used_map(str(image), 0, fstype, scratch=tmp_path)
    assert result.used == Extents()
    assert result.raw_reason is not None


def test_missing_volume_is_told(tmp_path: Path) -> None:
    result = used_map(str(tmp_path / "nowhere"), 4096, "ext4", scratch=tmp_path)
    assert "cannot be opened" in str(result.raw_reason)


def test_raw_on_request(tmp_path: Path) -> None:
    result = used_map("/dev/null", 4096, "ext4", raw=True, scratch=tmp_path)
    assert result.method == "raw"
    assert result.raw_reason is None
    assert result.notes == ("All blocks are imaged, as requested.",)


def test_reading_outside_is_refused(tmp_path: Path) -> None:
    image = tmp_path / "volume"
    image.write_bytes(bytes(4096))
    with opened(str(image), 8192) as volume:
        with pytest.raises(SourceReadError, match="outside"):
            volume.read(8000, 512)
        with pytest.raises(SourceReadError, match="ends at byte 4096"):
            volume.read(4000, 512)


def test_crc32c_of_the_standard_text() -> None:
    assert crc32c(b"123456789\0"[:8]) == 0x6087809A
    assert crc32c(bytes(32)) == 0x8A9136AA


def test_unknown_flags_are_named_by_their_value() -> None:
    word = FeatureWord({1: "one", 2: "two"}, {"one"})
    assert word.unproven(0x103) == ["two", "unknown flag 0x100"]


@given(st.binary(min_size=0, max_size=2048))
def test_fixups_of_garbage(data: bytes) -> None:
    with pytest.raises(RescueError):
        with_fixups(b"FILE\0\0\0\0" + data, b"FILE")


CORE = """INO: cnt:2 total:2 a:0x1 len:56 a:0x2 len:176
	INODE: #regs:2   ino:{ino}  flags:0x1   dsize:0
	CORE inode:
		magic:IN  mode:{mode}  ver:3  format:{layout}
		uid:0  gid:0  nlink:{nlink} projid:0x00000000
		atime:1  mtime:1  ctime:1
		flushiter:0
		size:0x0  nblks:0x0  exsize:0  nextents:0  anextents:{attributes}
"""


@pytest.mark.parametrize(
    ("mode", "layout", "nlink", "attributes", "found"),
    [
        ("0x81ed", 3, 0, 0, True),
        ("0x81ed", 2, 0, 1, True),
        ("0x81ed", 2, 0, 0, False),
        ("0x81ed", 3, 1, 0, False),
        ("0x0", 3, 0, 0, False),
    ],
)
def test_nameless_files_of_an_xfs_log(mode: str, layout: int, nlink: int, attributes: int, found: bool) -> None:
    text = CORE.format(ino="0x84", mode=mode, layout=layout, nlink=nlink, attributes=attributes)
    assert orphans_outside_inodes(text) == found
    later = CORE.format(ino="0x84", mode="0x0", layout=2, nlink=0, attributes=0)
    assert not orphans_outside_inodes(text + later)


def test_an_xfs_log_of_another_shape_is_refused() -> None:
    with pytest.raises(RescueError, match="cannot be read"):
        orphans_outside_inodes(CORE.format(ino="0x84", mode="x", layout=2, nlink=0, attributes=0))
