"""Used space without a mount, against what the same file system tells when it is mounted."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from rescue.filesystems import xfs_superblock
from rescue.filesystems.usage import used_bytes
from rescue.filesystems.volume import opened
from rescue.units import GiB, KiB, MiB
from tests.disk.filesystems import test_btrfs as btrfs
from tests.disk.filesystems import test_exfat as exfat
from tests.disk.filesystems import test_ext as ext
from tests.disk.filesystems import test_ntfs as ntfs
from tests.disk.filesystems import test_xfs as xfs
from tests.disk.filesystems import trees
from tests.disk.filesystems.proof import blank, fuse, mounted, overwrite, run
from tests.samples.loop import attached

pytestmark = pytest.mark.disk


def known(image: Path, fstype: str) -> int:
    """The count without a mount; the image is the same afterwards."""
    before = image.stat()
    used = used_bytes(str(image), fstype)
    assert used is not None
    assert image.stat().st_mtime_ns == before.st_mtime_ns
    return used


def free(root: Path) -> int:
    """Free bytes of a mounted file system, those for root with them."""
    told = os.statvfs(root)
    return told.f_bfree * told.f_frsize


@pytest.mark.parametrize("name", ext.PROVEN)
def test_ext_to_the_byte(name: str, tmp_path: Path) -> None:
    image, fstype = ext.made(tmp_path, name)
    used = known(image, fstype)
    with mounted(image, "ro") as root:
        told = free(root)
    assert image.stat().st_size - used == told
    assert used > 6000 * KiB


@pytest.mark.parametrize("options", ["-O bigalloc -C 65536", "-O encrypt,casefold,verity"])
def test_features_that_are_not_proven_for_maps_are_counted_all_the_same(options: str, tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    tree.mkdir()
    trees.plant(tree, trees.Traits(xattrs=False))
    image = blank(tmp_path / "source.img", 256 * MiB)
    run("mkfs.ext4", "-q", "-F", *options.split(), "-d", str(tree), str(image))
    listing = run("dumpe2fs", "-h", str(image))
    told = {key: value.strip() for key, _, value in (line.partition(":") for line in listing.splitlines())}
    expected = (int(told["Block count"]) - int(told["Free blocks"])) * int(told["Block size"])
    assert known(image, "ext4") == expected
    overwrite(image, 1024 + 0x3A, b"\0")  # not cleanly unmounted: the descriptors of the groups are counted
    assert known(image, "ext4") == expected


@pytest.mark.parametrize("name", ["ext4", "ext2"])
def test_ext_that_is_mounted_and_written(name: str, tmp_path: Path) -> None:
    """The superblock is as old as the mount, the descriptors of the groups are not."""
    image, fstype = ext.made(tmp_path, name)
    before = known(image, fstype)
    with attached(image) as device, fuse("mount", device, tmp_path / "mount") as root:
        (root / "more.bin").write_bytes(os.urandom(20 * MiB))
        os.sync()
        used = used_bytes(device, fstype)
        assert used is not None
        assert used - before >= 19 * MiB
        assert abs(image.stat().st_size - used - free(root)) <= 64 * KiB  # blocks of the last moments


@pytest.mark.parametrize("name", xfs.PROVEN)
def test_xfs(name: str, tmp_path: Path) -> None:
    """A mount does not tell of the 8 blocks a group that it keeps aside (xfs_alloc_set_aside)."""
    image = xfs.made(tmp_path, name)
    used = known(image, "xfs")
    with opened(str(image), image.stat().st_size) as volume:
        superblock = xfs_superblock.peek_superblock(volume)
    with mounted(image, "ro") as root:
        told = free(root)
    assert superblock.end - used == told + 8 * superblock.groups * superblock.block_size


@pytest.mark.parametrize("name", btrfs.PROVEN)
def test_btrfs(name: str, tmp_path: Path) -> None:
    """`used` in the words of `btrfs filesystem df`, whose sums leave out second copies, too; to them come the pages of
    the superblock. The reserve for metadata, which statvfs calls used, is told apart."""
    image = btrfs.made(tmp_path, name)
    used = known(image, "btrfs")
    with mounted(image, "ro") as root:
        rows = [line.split("=") for line in run("btrfs", "filesystem", "df", "-b", str(root)).splitlines()]
    assert used == sum(int(row[-1]) for row in rows if "GlobalReserve" not in row[0])
    assert used > 6000 * KiB


@pytest.mark.parametrize("name", ntfs.PROVEN)
def test_ntfs_to_the_byte(name: str, tmp_path: Path) -> None:
    image, _ = ntfs.made(tmp_path, name)
    used = known(image, "ntfs")
    with fuse("ntfs-3g", str(image), tmp_path / "mount", "ro") as root:
        told = os.statvfs(root)
    assert used == (told.f_blocks - told.f_bfree) * told.f_frsize
    assert used > 6000 * KiB


@pytest.mark.parametrize("name", exfat.PROVEN)
def test_exfat_to_the_byte(name: str, tmp_path: Path) -> None:
    """Also when the volume was pulled out: its flag says nothing about the bitmap."""
    image, _ = exfat.made(tmp_path, name)
    used = known(image, "exfat")
    with attached(image, read_only=True) as device, fuse("mount.exfat-fuse", device, tmp_path / "mount", "ro") as root:
        told = free(root)
    assert image.stat().st_size - used == told
    overwrite(image, 106, b"\2")
    assert known(image, "exfat") == used


def test_swap_is_used_as_a_whole(tmp_path: Path) -> None:
    image = blank(tmp_path / "source.img", 8 * MiB)
    run("mkswap", str(image))
    assert known(image, "swap") == 8 * MiB


MAKERS = {
    "ext4": "mkfs.ext4 -q -F -E lazy_itable_init=1,nodiscard",
    "xfs": "mkfs.xfs -q",
    "btrfs": "mkfs.btrfs -q",
    "exfat": "mkfs.exfat",
    "ntfs": "mkfs.ntfs -F -Q -q",
    "vfat": "mkfs.fat -F 32 -s 128",
}


@pytest.mark.parametrize("fstype", MAKERS)
def test_terabytes_are_quick(fstype: str, tmp_path: Path) -> None:
    """As sparse files: what counts is how much is read, and how it is counted."""
    image = blank(tmp_path / "source.img", 1536 * GiB)
    run(*MAKERS[fstype].split(), str(image))
    start = time.thread_time()  # what others do on this machine does not count
    used = known(image, fstype)
    assert time.thread_time() - start < 5
    assert used < 64 * GiB


@pytest.mark.parametrize("fstype", MAKERS)
def test_damage_is_not_known(fstype: str, tmp_path: Path) -> None:
    image = blank(tmp_path / "source.img", 512 * MiB)
    run(*MAKERS[fstype].replace("-s 128", "-s 1").split(), str(image))
    assert used_bytes(str(image), fstype) is not None
    with attached(image, read_only=True) as device:
        assert used_bytes(device, fstype) == used_bytes(str(image), fstype)
    os.truncate(image, 128 * MiB)
    assert used_bytes(str(image), fstype) is None
    os.truncate(image, 512 * MiB)
    overwrite(image, 0, bytes(70 * KiB))
    assert used_bytes(str(image), fstype) is None
