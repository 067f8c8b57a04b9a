"""While a job runs the kernel refuses writes to every disk but the target."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from rescue.devices.blockdev import BlockDevice, aligned_buffer
from rescue.devices.scan import scan
from rescue.devices.writelock import others_locked
from rescue.errors import TargetRefusedError
from tests.disk.devices.samples import MIB, blank, mounted, partitioned, run
from tests.samples.loop import attached, partition

pytestmark = pytest.mark.disk


@pytest.fixture
def disks(tmp_path: Path) -> Iterator[tuple[str, str]]:
    """Two disks with two partitions each."""
    images = [partitioned(tmp_path / name, [16 * MIB, 4 * MIB]) for name in ("one.img", "two.img")]
    with attached(images[0]) as one, attached(images[1]) as two:
        yield one, two


def read_only(path: str) -> bool:
    with BlockDevice.open(path, direct=False) as device:
        return device.is_read_only()


def nodes(path: str) -> list[str]:
    return [path, partition(path, 1), partition(path, 2)]


def test_all_but_the_target_refuse_writes(disks: tuple[str, str]) -> None:
    target, other = disks
    with others_locked(scan(disks), [target]) as unlocked:
        assert unlocked == []
        assert [read_only(node) for node in nodes(other)] == [True] * 3
        assert [read_only(node) for node in nodes(target)] == [False] * 3
        with pytest.raises(TargetRefusedError, match="read-only"):
            BlockDevice.open(partition(other, 1), write=True)
        with BlockDevice.open(target, write=True, exclusive=True) as device:
            device.pwrite(aligned_buffer(4096), 8 * MIB)
    assert not any(read_only(node) for path in disks for node in nodes(path))


def test_a_program_that_has_the_disk_open_is_locked_out_too(disks: tuple[str, str]) -> None:
    fd = os.open(disks[1], os.O_RDWR | os.O_DIRECT)
    try:
        with others_locked(scan(disks), [disks[0]]), pytest.raises(PermissionError):
            os.pwrite(fd, aligned_buffer(4096), 0)
        os.pwrite(fd, aligned_buffer(4096), 8 * MIB)
    finally:
        os.close(fd)


def test_a_kept_partition_keeps_its_disk_but_not_its_neighbour(disks: tuple[str, str]) -> None:
    target, other = disks
    with others_locked(scan(disks), [partition(target, 2)]):
        assert [read_only(node) for node in nodes(target)] == [False, True, False]
        assert [read_only(node) for node in nodes(other)] == [True] * 3
        with BlockDevice.open(partition(target, 2), write=True) as device:
            device.pwrite(aligned_buffer(4096), 0)
    assert not any(read_only(node) for path in disks for node in nodes(path))


def test_former_state_comes_back_after_an_error(disks: tuple[str, str]) -> None:
    _, other = disks
    run("blockdev", "--setro", partition(other, 2))
    with pytest.raises(ValueError, match="job"), others_locked(scan(disks), []):
        raise ValueError("job")
    assert [read_only(node) for node in nodes(other)] == [False, False, True]
    run("blockdev", "--setrw", partition(other, 2))


def test_what_is_mounted_for_writing_stays_writable_and_is_told(disks: tuple[str, str], tmp_path: Path) -> None:
    target, other = disks
    run("mkfs.ext4", "-q", partition(other, 1))
    directory = tmp_path / "mnt"
    with mounted(partition(other, 1), directory), others_locked(scan(disks), [target]) as unlocked:
        assert [each.path for each in unlocked] == [partition(other, 1), other]
        assert all(each.reason == f"{partition(other, 1)} is mounted at {directory}" for each in unlocked)
        assert [read_only(node) for node in nodes(other)] == [False, False, True]
        (directory / "file").write_text("still writable")
        run("sync", "-f", str(directory))
    with mounted(partition(other, 1), directory, "-o", "ro"), others_locked(scan(disks), [target]) as unlocked:
        assert unlocked == []
        assert read_only(other)


def test_disks_that_are_not_visible_are_not_touched(disks: tuple[str, str]) -> None:
    with others_locked(scan([disks[0]]), []):
        assert read_only(disks[0])
        assert not read_only(disks[1])


def test_read_only_disk_stays_so(tmp_path: Path) -> None:
    with attached(blank(tmp_path / "disk.img", MIB), read_only=True) as path:
        with others_locked(scan([path]), []) as unlocked:
            assert unlocked == []
        assert read_only(path)


def test_a_disk_that_has_gone_is_harmless(tmp_path: Path) -> None:
    with attached(blank(tmp_path / "disk.img", MIB)) as path:
        inventory = scan([path])
    with others_locked(inventory, []) as unlocked:
        assert [each.path for each in unlocked] in ([], [path])
