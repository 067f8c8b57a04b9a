"""Maps of Btrfs, feature set by feature set, clean and in the states of a crash."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from rescue.extents import Extents
from rescue.filesystems.partclone import parse
from rescue.units import KiB, MiB
from tests.disk.filesystems import block_group_tree, trees
from tests.disk.filesystems.crash import crash
from tests.disk.filesystems.proof import (
    assert_raw,
    blank,
    demand_clean,
    junked,
    measure,
    mounted,
    overwrite,
    picture,
    run,
)

pytestmark = pytest.mark.disk

PROVEN = {
    "default": ("", "compress=zstd"),
    "block-group-tree": ("-m single", "compress=lzo"),
    "single": ("-m single -d single -n 4096", ""),
    "dup-data": ("-d dup -n 65536", ""),
    "mixed": ("-M -n 4096", ""),
    "sha256": ("--csum sha256 -R ^free-space-tree", "space_cache=v1"),
    "blake2": ("--csum blake2 -O ^no-holes", ""),
}


def made(directory: Path, name: str) -> Path:
    """A file system of the named feature set with a tree, a snapshot, shared and reserved extents."""
    options, mount_options = PROVEN[name]
    image = blank(directory / "source.img", 320 * MiB)
    run("mkfs.btrfs", "-q", *options.split(), str(image))
    if name == "block-group-tree":
        block_group_tree.convert(image)
    with mounted(image, *mount_options.split()) as root:
        trees.plant(root)
        run("btrfs", "subvolume", "snapshot", str(root), str(root / "snapshot"))
        run("cp", "--reflink=always", str(root / "large.bin"), str(root / "shared.bin"))
        with (root / "reserved.bin").open("wb") as stream:
            os.posix_fallocate(stream.fileno(), 0, 3 * MiB)
        if name == "single":
            trees.shred(root, 2000)
    return image


def demand_every_copy(image: Path) -> None:
    """A scrub reads every copy of everything, read-only."""
    with mounted(image, "ro") as root:
        assert "no errors found" in run("btrfs", "scrub", "start", "-B", "-r", str(root))


@pytest.mark.parametrize("name", PROVEN)
def test_map_holds_everything(name: str, tmp_path: Path) -> None:
    image = made(tmp_path, name)
    result = measure(image, "btrfs", tmp_path / "scratch")
    assert result.raw_reason is None
    assert result.method == "btrfs extent tree"
    assert ("block_group_tree" in str(result.facts["features"])) == (name == "block-group-tree")
    assert result.used.total < image.stat().st_size // 2
    demand_copy_is_whole(image, result.used, tmp_path)


def demand_copy_is_whole(image: Path, used: Extents, directory: Path) -> None:
    copy = junked(image, used, directory / "copy.img")
    demand_clean(copy, "btrfs")
    demand_every_copy(copy)
    assert picture(copy, "ro") == picture(image, "ro")


def test_new_uuid(tmp_path: Path) -> None:
    image = made(tmp_path, "default")
    run("btrfstune", "-f", "-m", str(image))
    result = measure(image, "btrfs", tmp_path / "scratch")
    assert result.raw_reason is None
    assert "metadata_uuid" in str(result.facts["features"])
    demand_copy_is_whole(image, result.used, tmp_path)


@pytest.mark.parametrize("name", ["default", "block-group-tree"])
def test_log_of_fsync_is_in_the_map(name: str, tmp_path: Path) -> None:
    image = made(tmp_path, name)
    crash(image, shutdown=False)
    result = measure(image, "btrfs", tmp_path / "scratch")
    assert result.raw_reason is None
    assert "log of fsync" in result.notes[0]
    copy = junked(image, result.used, tmp_path / "copy.img")
    assert picture(copy) == picture(image)
    demand_clean(copy, "btrfs")


def test_extent_tree_without_the_log_loses_files(tmp_path: Path) -> None:
    image = made(tmp_path, "default")
    before = measure(image, "btrfs", tmp_path / "scratch").used
    crash(image, shutdown=False)
    copy = junked(image, before, tmp_path / "copy.img")
    assert survives(copy) != picture(image)


def test_partclone_loses_second_copies(tmp_path: Path) -> None:
    """Why partclone does not read Btrfs here. It exits with 0 and tells of success."""
    image = made(tmp_path, "default")
    target = tmp_path / "map"
    run("partclone.btrfs", "-D", "-q", "-s", str(image), "-o", str(target))
    copy = junked(image, parse(target.read_text().splitlines()).used, tmp_path / "copy.img")
    with pytest.raises(AssertionError):
        demand_every_copy(copy)


def survives(image: Path) -> dict[str, trees.Entry]:
    """What can still be read, perhaps nothing."""
    try:
        return picture(image, "ro")
    except (OSError, AssertionError):
        return {}


@pytest.mark.parametrize(
    ("offset", "data", "reason"),
    [
        (64 * KiB + 64, b"XXXX", "no magic number"),
        (64 * KiB + 120, b"\7", "superblock is damaged"),
        (64 * KiB + 189, b"\x33", "zoned"),
    ],
)
def test_trouble_is_imaged_raw(offset: int, data: bytes, reason: str, tmp_path: Path) -> None:
    image = blank(tmp_path / "source.img", 128 * MiB)
    run("mkfs.btrfs", "-q", str(image))
    overwrite(image, offset, data)
    assert_raw(measure(image, "btrfs", tmp_path / "scratch"), image, reason)


def test_xxhash_is_imaged_raw(tmp_path: Path) -> None:
    image = blank(tmp_path / "source.img", 128 * MiB)
    run("mkfs.btrfs", "-q", "--csum", "xxhash", str(image))
    assert_raw(measure(image, "btrfs", tmp_path / "scratch"), image, "xxhash")


def test_two_devices_are_imaged_raw(tmp_path: Path) -> None:
    image, other = blank(tmp_path / "source.img", 128 * MiB), blank(tmp_path / "other.img", 128 * MiB)
    run("mkfs.btrfs", "-q", str(image), str(other))
    assert_raw(measure(image, "btrfs", tmp_path / "scratch"), image, "more than one device")


def test_damaged_trees_are_imaged_raw(tmp_path: Path) -> None:
    """Both copies of the nodes of the metadata chunk: one damaged copy is read around."""
    image = made(tmp_path, "single")
    for offset in range(0, image.stat().st_size - 4 * KiB, 4 * KiB):
        with image.open("rb") as stream:
            stream.seek(offset + 88)
            if stream.read(8) == b"\2\0\0\0\0\0\0\0":
                overwrite(image, offset + 4000, b"\xa5")
    assert_raw(measure(image, "btrfs", tmp_path / "scratch"), image, "is damaged")
