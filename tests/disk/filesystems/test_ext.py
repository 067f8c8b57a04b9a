"""Maps of ext2, ext3 and ext4, feature set by feature set, clean and in the states of a crash."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from rescue.extents import Extents
from rescue.filesystems import UsedMap, used_map
from rescue.filesystems.ext_bitmaps import used_blocks
from rescue.filesystems.ext_superblock import read_superblock
from rescue.filesystems.fields import le32
from rescue.filesystems.model import Bench
from rescue.filesystems.volume import opened
from rescue.units import MiB
from tests.disk.filesystems import trees
from tests.disk.filesystems.crash import crash
from tests.disk.filesystems.proof import assert_raw, blank, demand_clean, junked, measure, mounted, picture, run

pytestmark = pytest.mark.disk

PROVEN = {
    "ext2": ("ext2", 96, "-b 1024"),
    "ext2-old": ("ext2", 64, "-b 1024 -r 0 -O none"),
    "ext3": ("ext3", 96, ""),
    "ext4": ("ext4", 256, ""),
    "ext4-1k": ("ext4", 160, "-b 1024 -O ^flex_bg,^resize_inode"),
    "ext4-2k-uninit": ("ext4", 128, "-b 2048 -O uninit_bg,^metadata_csum,^64bit"),
    "ext4-meta_bg": ("ext4", 300, "-b 1024 -O meta_bg,^resize_inode,sparse_super2"),
    "ext4-inline": ("ext4", 128, "-I 512 -O inline_data,ea_inode,large_dir,metadata_csum_seed"),
    "ext4-fast": ("ext4", 256, "-O fast_commit,orphan_file"),
    "ext4-no-journal": ("ext4", 128, "-O ^has_journal"),
}


def made(directory: Path, name: str) -> tuple[Path, str]:
    """A file system of the named feature set with a tree."""
    fstype, size, options = PROVEN[name]
    image = blank(directory / "source.img", size * MiB)
    run("mkfs.ext4", "-q", "-F", "-t", fstype, *options.split(), str(image))
    with mounted(image) as root:
        trees.plant(root)
    return image, fstype


def made_from_directory(directory: Path, options: str) -> Path:
    """The same by mkfs alone: kernels without quota support mount the result read-only."""
    tree = directory / "tree"
    tree.mkdir()
    trees.plant(tree)
    image = blank(directory / "source.img", 128 * MiB)
    run("mkfs.ext4", "-q", "-F", *options.split(), "-d", str(tree), str(image))
    subprocess.run(["e2fsck", "-fy", str(image)], check=False, capture_output=True)  # mkfs 1.47.0 counts quota wrong
    return image


@pytest.mark.parametrize("name", PROVEN)
def test_map_holds_everything(name: str, tmp_path: Path) -> None:
    image, fstype = made(tmp_path, name)
    result = measure(image, fstype, tmp_path / "scratch")
    assert_exact(result)
    copy = junked(image, result.used, tmp_path / "copy.img")
    demand_clean(copy, fstype)
    assert picture(copy) == picture(image)
    assert our_own_reading(image, tmp_path) == result.used


def test_quota_files_are_in_the_map(tmp_path: Path) -> None:
    image = made_from_directory(tmp_path, "-O quota,project")
    result = measure(image, "ext4", tmp_path / "scratch")
    assert_exact(result)
    copy = junked(image, result.used, tmp_path / "copy.img")
    demand_clean(copy, "ext4")
    assert picture(copy, "ro") == picture(image, "ro")


def assert_exact(result: UsedMap) -> None:
    assert result.raw_reason is None
    assert result.method.startswith("partclone.ext4 0.3.")


def our_own_reading(image: Path, scratch: Path) -> Extents:
    with opened(str(image), image.stat().st_size) as volume:
        return used_blocks(volume, read_superblock(volume), Bench(scratch))[0]


@pytest.mark.parametrize("name", ["ext3", "ext4", "ext4-1k", "ext4-meta_bg"])
def test_union_with_replay_holds_everything_after_a_crash(name: str, tmp_path: Path) -> None:
    image, fstype = made(tmp_path, name)
    crash(image)
    result = measure(image, fstype, tmp_path / "scratch")
    assert result.raw_reason is None
    assert result.method == "block bitmaps with journal replay"
    assert "journal is not replayed" in result.notes[0]
    assert result.used.total < image.stat().st_size // 2
    copy = junked(image, result.used, tmp_path / "copy.img")
    assert picture(copy) == picture(image)
    demand_clean(copy, fstype)


def test_dirty_fast_commits_are_imaged_raw(tmp_path: Path) -> None:
    image, fstype = made(tmp_path, "ext4-fast")
    crash(image)
    assert_raw(measure(image, fstype, tmp_path / "scratch"), image, "fast commits")


def test_bitmaps_as_they_lie_lose_files_after_a_crash(tmp_path: Path) -> None:
    """On a busy machine the kernel may write the bitmaps back just before the crash: then it crashes again."""
    assert any(_loses_files_as_it_lies(tmp_path / str(attempt)) for attempt in range(5))


def _loses_files_as_it_lies(directory: Path) -> bool:
    directory.mkdir()
    image, _ = made(directory, "ext4")
    crash(image)
    copy = junked(image, our_own_reading(image, directory), directory / "copy.img")
    return picture(copy) != picture(image)


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        ("ssv state 2", "marked as having errors"),
        ("ssv state 0", "not cleanly unmounted"),
        ("ssv free_blocks_count 7", "free"),
        ("feature encrypt", "not proven: encrypt"),
    ],
)
def test_trouble_is_imaged_raw(command: str, reason: str, tmp_path: Path) -> None:
    image = blank(tmp_path / "source.img", 32 * MiB)
    run("mkfs.ext4", "-q", "-F", "-O", "^has_journal", str(image))
    run("debugfs", "-w", "-R", command, str(image))
    assert_raw(measure(image, "ext4", tmp_path / "scratch"), image, reason)


def test_damaged_bitmap_is_imaged_raw(tmp_path: Path) -> None:
    image = blank(tmp_path / "source.img", 32 * MiB)
    run("mkfs.ext4", "-q", "-F", str(image))
    run("debugfs", "-w", "-R", "freeb 20 5", str(image))
    with image.open("r+b") as stream, opened(str(image), 32 * MiB) as volume:
        start = le32(volume.read(2048, 4), 0) * 1024
        stream.seek(start + 100)
        stream.write(b"\xff" * 20)
    assert_raw(measure(image, "ext4", tmp_path / "scratch"), image, "partclone.ext4")


def test_tail_behind_the_file_system_is_kept_at_its_edges(tmp_path: Path) -> None:
    image = blank(tmp_path / "source.img", 32 * MiB)
    run("mkfs.ext4", "-q", "-F", str(image))
    with image.open("r+b") as stream:
        stream.truncate(40 * MiB)
    result = measure(image, "ext4", tmp_path / "scratch")
    assert result.used.contains(32 * MiB, 33 * MiB)
    assert result.used.contains(39 * MiB, 40 * MiB)
    assert not result.used.contains(34 * MiB, 38 * MiB)
    assert "larger than its file system" in result.notes[0]


def test_cut_off_file_system_is_imaged_raw(tmp_path: Path) -> None:
    image = blank(tmp_path / "source.img", 32 * MiB)
    run("mkfs.ext4", "-q", "-F", str(image))
    with image.open("r+b") as stream:
        stream.truncate(31 * MiB)
    assert_raw(measure(image, "ext4", tmp_path / "scratch"), image, "larger than its partition")


def test_mounted_volume_is_imaged_raw(tmp_path: Path) -> None:
    image = blank(tmp_path / "source.img", 32 * MiB)
    run("mkfs.ext4", "-q", "-F", str(image))
    with mounted(image, "ro") as root:
        device = run("findmnt", "-n", "-o", "SOURCE", str(root)).strip()
        result = used_map(device, 32 * MiB, "ext4", scratch=tmp_path)
    assert_raw(result, image, "mounted")
