"""What system is on a file system, read without mounting it."""

import hashlib
from pathlib import Path

import pytest

from rescue.devices.systems import installed_system
from tests.disk.devices.hive import make_hive
from tests.disk.devices.samples import DEBIAN, MIB, blank, linux_tree, mounted, run
from tests.samples.loop import attached

pytestmark = pytest.mark.disk
VERSION_KEY = ("Microsoft", "Windows NT", "CurrentVersion")


def digest(path: Path) -> str:
    run("sync", str(path))
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize("fstype", ["ext2", "ext3", "ext4"])
def test_ext(fstype: str, tmp_path: Path) -> None:
    image = blank(tmp_path / "disk.img", 32 * MIB)
    run(f"mkfs.{fstype}", "-q", "-d", str(linux_tree(tmp_path / "tree")), str(image))
    assert installed_system(str(image), fstype) == DEBIAN


def test_ext_with_the_file_in_etc_only(tmp_path: Path) -> None:
    tree = linux_tree(tmp_path / "tree")
    (tree / "etc/os-release").unlink()
    (tree / "usr/lib/os-release").rename(tree / "etc/os-release")
    image = blank(tmp_path / "disk.img", 32 * MIB)
    run("mkfs.ext4", "-q", "-d", str(tree), str(image))
    assert installed_system(str(image), "ext4") == DEBIAN


@pytest.mark.parametrize("fstype", ["ext4", "xfs"])
def test_crashed_file_system_is_read_without_replay(fstype: str, tmp_path: Path) -> None:
    """A copy of a mounted file system's device is what a crash leaves: a journal still to be replayed."""
    tree = linux_tree(tmp_path / "tree")
    image, crashed = blank(tmp_path / "disk.img", 320 * MIB), tmp_path / "crashed.img"
    with attached(image) as device:
        run(f"mkfs.{fstype}", "-q", device)
        with mounted(device, tmp_path / "mnt") as directory:
            run("cp", "-a", f"{tree}/.", str(directory))
        with mounted(device, tmp_path / "mnt") as directory:
            run("cp", "-a", f"{tree}/.", str(directory / "more"))
            run("sync", "-f", str(directory))
            run("dd", f"if={device}", f"of={crashed}", "bs=1M", "conv=sparse")
    before = digest(crashed)
    with attached(crashed) as device:
        assert installed_system(device, fstype) == DEBIAN
    assert digest(crashed) == before


@pytest.mark.parametrize("root", ["", "@", "@rootfs", "root"])
def test_btrfs(root: str, tmp_path: Path) -> None:
    tree = linux_tree(tmp_path / "tree")
    image = blank(tmp_path / "disk.img", 128 * MIB)
    run("mkfs.btrfs", "-q", str(image))
    with attached(image) as device:
        with mounted(device, tmp_path / "mnt") as directory:
            if root:
                run("btrfs", "subvolume", "create", str(directory / root))
            run("cp", "-a", f"{tree}/.", str(directory / root))
        before = digest(image)
        assert installed_system(device, "btrfs") == DEBIAN
        assert digest(image) == before


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"ProductName": "Windows 10 Pro", "CurrentBuildNumber": "22631"}, "Windows 11 Pro"),
        ({"ProductName": "Windows 10 Home", "CurrentBuildNumber": "19045", "DisplayVersion": "22H2"}, None),
        (None, "Windows"),
    ],
)
def test_windows(values: dict[str, str] | None, name: str | None, tmp_path: Path) -> None:
    image = blank(tmp_path / "disk.img", 32 * MIB)
    with attached(image) as device:
        run("mkfs.ntfs", "-q", "-Q", "-F", device)
        assert installed_system(device, "ntfs") is None
        with mounted(device, tmp_path / "mnt", "-t", "ntfs-3g") as directory:
            config = directory / "Windows/System32/config"
            config.mkdir(parents=True)
            (directory / "Windows/System32/ntoskrnl.exe").write_bytes(b"MZ")
            hive = b"no hive" if values is None else make_hive(VERSION_KEY, values)
            (config / "SOFTWARE").write_bytes(hive)
        before = digest(image)
        assert installed_system(device, "ntfs") == (name or "Windows 10 Home 22H2")
        assert digest(image) == before
        with mounted(device, tmp_path / "mnt", "-t", "ntfs-3g"):
            assert installed_system(device, "ntfs") == (name or "Windows 10 Home 22H2")


@pytest.mark.parametrize("fstype", ["ext4", "xfs", "btrfs", "ntfs", "vfat", "f2fs", "swap", "", "no such thing"])
@pytest.mark.parametrize("content", [b"", b"\xff\x53\xef" * 100_000])
def test_damaged_or_unknown_is_no_system(fstype: str, content: bytes, tmp_path: Path) -> None:
    image = blank(tmp_path / "disk.img", 4 * MIB)
    with image.open("r+b") as file:
        file.write(content)
    assert installed_system(str(image), fstype) is None
    assert installed_system("/dev/nosuch", fstype) is None
