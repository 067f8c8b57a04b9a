"""The inventory of real loop devices: what is on them, who uses them, which are visible."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from rescue.devices.model import Disk, Use, UseKind
from rescue.devices.scan import scan
from rescue.errors import DeviceNotFoundError
from tests.disk.devices.samples import DEBIAN, MIB, blank, linux_tree, mounted, partitioned, run
from tests.samples.loop import attached, partition

pytestmark = pytest.mark.disk


@pytest.fixture
def device(tmp_path: Path) -> Iterator[str]:
    """A GPT disk: ext4 with a system, swap, vfat, btrfs, ntfs, nothing."""
    sizes = [32 * MIB, 16 * MIB, 34 * MIB, 112 * MIB, 16 * MIB, 4 * MIB]
    with attached(partitioned(tmp_path / "disk.img", sizes)) as path:
        tree = str(linux_tree(tmp_path / "tree"))
        run("mkfs.ext4", "-q", "-L", 'the "label"', "-d", tree, partition(path, 1))
        run("mkswap", "-L", "swap", partition(path, 2))
        run("mkfs.vfat", "-n", "EFI", partition(path, 3))
        run("mkfs.btrfs", "-q", "-L", "Daten ä", partition(path, 4))
        run("mkfs.ntfs", "-q", "-Q", "-F", "-L", "Windows", partition(path, 5))
        yield path


def only(path: str) -> Disk:
    (disk,) = scan([path]).disks
    return disk


def uses(path: str, number: int) -> tuple[Use, ...]:
    return only(path).partitions[number - 1].uses


def test_disk_and_its_partitions(device: str, tmp_path: Path) -> None:
    disk = only(device)
    assert (disk.path, disk.model, disk.bus, disk.table) == (device, "Loop device", "loop", "gpt")
    assert disk.size == (tmp_path / "disk.img").stat().st_size
    assert (disk.logical_sector_size, disk.read_only, disk.filesystem) == (512, False, None)
    assert disk.identity.backing == str(tmp_path / "disk.img")
    assert disk.identity.table_uuid == run("blkid", "-p", "-s", "PTUUID", "-o", "value", device).strip()
    assert disk.confirm == "disk.img"
    assert disk.all_uses() == ()
    assert [(part.path, part.number) for part in disk.partitions] == [(partition(device, n), n) for n in range(1, 7)]
    assert [part.size // MIB for part in disk.partitions] == [32, 16, 34, 112, 16, 4]
    assert disk.partitions[1].start == 33 * MIB
    assert disk.partitions[0].type == "0fc63daf-8483-4772-8e79-3d69d8477de4"
    assert disk.partitions[2].name == "part 3"
    assert disk.partitions[0].uuid


def test_file_systems_and_systems(device: str) -> None:
    parts = only(device).partitions
    found = [(part.filesystem.type, part.filesystem.label) if part.filesystem else None for part in parts]
    assert found == [
        ("ext4", 'the "label"'),
        ("swap", "swap"),
        ("vfat", "EFI"),
        ("btrfs", "Daten ä"),
        ("ntfs", "Windows"),
        None,
    ]
    assert [part.system for part in parts] == [DEBIAN, None, None, None, None, None]
    assert all(part.filesystem and part.filesystem.uuid for part in parts[:5])
    assert all(part.system is None for part in scan([device], systems=False).disks[0].partitions)


def test_scan_changes_nothing(device: str, tmp_path: Path) -> None:
    run("sync")
    before = (tmp_path / "disk.img").read_bytes()
    scan([device])
    run("sync")
    assert (tmp_path / "disk.img").read_bytes() == before


def test_sectors_of_4096_bytes(tmp_path: Path) -> None:
    image = partitioned(tmp_path / "big.img", [8 * MIB, 4 * MIB], sector_size=4096)
    with attached(image, sector_size=4096, read_only=True) as path:
        disk = only(path)
    assert (disk.logical_sector_size, disk.physical_sector_size, disk.read_only, disk.table) == (
        4096,
        4096,
        True,
        "gpt",
    )
    assert [(part.start, part.size) for part in disk.partitions] == [(MIB, 8 * MIB), (9 * MIB, 4 * MIB)]


def test_mbr_with_type_bytes(tmp_path: Path) -> None:
    with attached(partitioned(tmp_path / "mbr.img", [4 * MIB, 4 * MIB], label="dos")) as path:
        disk = only(path)
    assert (disk.table, [part.type for part in disk.partitions]) == ("dos", ["0x83", "0x83"])


def test_file_system_on_the_whole_disk_and_empty_disk(tmp_path: Path) -> None:
    with attached(blank(tmp_path / "one.img", 32 * MIB)) as one, attached(blank(tmp_path / "two.img", MIB)) as two:
        run("mkfs.ext4", "-q", "-d", str(linux_tree(tmp_path / "tree")), one)
        inventory = scan([one, two])
        whole, empty = inventory.disk(one), inventory.disk(two)
        assert whole.filesystem is not None
        assert (whole.filesystem.type, whole.table, whole.partitions, whole.system) == ("ext4", None, (), DEBIAN)
        assert (empty.filesystem, empty.table, empty.identity.table_uuid, empty.partitions) == (None, None, None, ())


def test_mounts_and_swap_are_uses(device: str, tmp_path: Path) -> None:
    one, two = tmp_path / "a b", tmp_path / "ro"
    with mounted(partition(device, 1), one), mounted(partition(device, 4), two, "-o", "ro"):
        assert uses(device, 1) == (Use(UseKind.MOUNT, str(one)),)
        assert uses(device, 4) == (Use(UseKind.MOUNT, str(two), read_only=True),)
    run("swapon", partition(device, 2))
    try:
        assert uses(device, 2) == (Use(UseKind.SWAP, ""),)
    finally:
        run("swapoff", partition(device, 2))
    assert only(device).all_uses() == ()


def test_ntfs_by_fuse_is_a_use(device: str, tmp_path: Path) -> None:
    with mounted(partition(device, 5), tmp_path / "win", "-t", "ntfs-3g"):
        assert uses(device, 5) == (Use(UseKind.MOUNT, str(tmp_path / "win")),)


def test_every_device_of_a_mounted_btrfs_is_in_use(tmp_path: Path) -> None:
    images = [blank(tmp_path / f"{name}.img", 128 * MIB) for name in "ab"]
    with attached(images[0]) as one, attached(images[1]) as two:
        run("mkfs.btrfs", "-q", "-m", "raid1", "-d", "raid1", one, two)
        run("btrfs", "device", "scan", one, two)
        with mounted(one, tmp_path / "mnt") as directory:
            inventory = scan([one, two])
            assert [disk.uses for disk in inventory.disks] == [(Use(UseKind.MOUNT, str(directory)),)] * 2
            assert {disk.path for disk in inventory.disks_of_file(str(directory / "x"))} == {one, two}
        run("btrfs", "device", "scan", "--forget", one)
        run("btrfs", "device", "scan", "--forget", two)


def test_loop_on_a_partition_is_a_holder(device: str, tmp_path: Path) -> None:
    with attached(Path(partition(device, 1)), read_only=True) as upper:
        assert uses(device, 1) == (Use(UseKind.HOLDER, upper, read_only=True),)
        with mounted(upper, tmp_path / "mnt", "-o", "ro,noload") as directory:
            inventory = scan([device, upper])
            assert {disk.path for disk in inventory.disks_of_file(str(directory))} == {device, upper}
            assert inventory.disk_of_file(str(directory)) == inventory.disk(upper)
            below = scan([device]).disk_of_file(str(directory / "not/yet"))
            assert below is not None
            assert below.path == device


def test_file_behind_a_loop_device_lies_on_a_disk(device: str, tmp_path: Path) -> None:
    with mounted(partition(device, 1), tmp_path / "mnt") as outer:
        inner = blank(outer / "inner.img", 8 * MIB)
        with attached(inner) as path:
            run("mkfs.ext4", "-q", path)
            with mounted(path, tmp_path / "deep") as directory:
                assert [disk.path for disk in scan([device, path]).disks_of_file(str(directory))] == [path, device]
                assert [disk.path for disk in scan([device]).disks_of_file(str(directory))] == [device]
    assert scan([device]).disk_of_file(str(tmp_path)) is None
    assert scan([device]).disk_of_file("/proc") is None


def test_overlay_lies_where_its_upper_directory_lies(device: str, tmp_path: Path) -> None:
    with mounted(partition(device, 1), tmp_path / "mnt") as disk:
        for name in ("upper", "work"):
            (disk / name).mkdir()
        (tmp_path / "lower").mkdir()
        options = f"lowerdir={tmp_path}/lower,upperdir={disk}/upper,workdir={disk}/work"
        if "overlay" not in Path("/proc/filesystems").read_text():
            pytest.skip("the kernel has no overlay file system")
        with mounted("overlay", tmp_path / "over", "-t", "overlay", "-o", options) as directory:
            found = scan([device]).disk_of_file(str(directory))
    assert found is not None
    assert found.path == device


def test_only_visible_devices(device: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with attached(blank(tmp_path / "other.img", MIB)) as other:
        assert {device, other} <= {disk.path for disk in scan().disks}
        inventory = scan([device])
        assert [disk.path for disk in inventory.disks] == [device]
        with pytest.raises(DeviceNotFoundError, match="hidden"):
            inventory.find(other)
        assert scan([]).disks == ()
        probed: list[str] = []
        monkeypatch.setattr("rescue.devices.blkid.probe", probed.append)
        scan([device])
        assert probed
        assert all(node.startswith(device) for node in probed)


def test_found_through_links_and_other_nodes(device: str, tmp_path: Path) -> None:
    inventory = scan([device])
    link = tmp_path / "by-id"
    link.symlink_to(partition(device, 2))
    disk, part = inventory.find(str(link))
    assert (disk.path, part and part.number) == (device, 2)
    with pytest.raises(DeviceNotFoundError, match="is a partition"):
        inventory.disk(str(link))
    node = tmp_path / "node"
    numbers = Path("/sys/class/block", Path(device).name, "dev").read_text().strip().split(":")
    run("mknod", str(node), "b", *numbers)
    assert inventory.disk(str(node)).path == device
    assert scan([str(link.resolve().parent / Path(device).name)]).disk(device).path == device


def test_same_names_and_same_files(tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / name).mkdir()
    one, two = (blank(tmp_path / name / "disk.img", MIB) for name in "ab")
    with attached(one) as first, attached(two) as second, attached(one) as again:
        inventory = scan([first, second, again])
        confirms = {disk.path: disk.confirm for disk in inventory.disks}
        assert confirms == {first: str(one), second: str(two), again: str(one)}
        assert [twin.path for twin in inventory.twins(inventory.disk(first))] == [again]
        assert inventory.twins(inventory.disk(second)) == ()


def test_empty_loop_and_memory_devices_are_no_disks() -> None:
    names = [Path(disk.path).name for disk in scan(systems=False).disks]
    assert not [name for name in names if name.startswith(("ram", "zram", "dm-", "md"))]
    assert all(disk.size for disk in scan(systems=False).disks)


def test_a_disk_that_vanishes_meanwhile_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = run("losetup", "--find", "--show", str(blank(tmp_path / "gone.img", MIB))).strip()

    def detach(node: str) -> None:
        if node == gone:
            run("losetup", "--detach", gone)

    monkeypatch.setattr("rescue.devices.blkid.probe", detach)
    with attached(blank(tmp_path / "here.img", MIB)) as here:
        assert [disk.path for disk in scan([gone, here]).disks] == [here]


def test_scan_while_disks_come_and_go(tmp_path: Path) -> None:
    image = partitioned(tmp_path / "disk.img", [4 * MIB])
    stop = threading.Event()

    def flicker() -> None:
        while not stop.is_set():
            with attached(image):
                pass

    thread = threading.Thread(target=flicker)
    thread.start()
    try:
        for _ in range(30):
            assert all(disk.size for disk in scan().disks)
    finally:
        stop.set()
        thread.join()


def test_identity_recheck_sees_another_disk_under_the_same_name(tmp_path: Path) -> None:
    with attached(partitioned(tmp_path / "disk.img", [4 * MIB])) as path:
        expected = only(path).identity
        assert expected.differences(only(path).identity) == ()
        run("sfdisk", "--disk-id", path, "11111111-2222-3333-4444-555555555555")
        assert expected.differences(only(path).identity, ignore_table=True) == ()
        (told,) = expected.differences(only(path).identity)
        assert "partition table's id" in told


LIVE = """
import json, subprocess, sys
from rescue.devices.scan import scan
layer = subprocess.run(
    ["losetup", "--find", "--show", "--read-only", "/run/live/medium/layer.img"],
    capture_output=True, text=True, check=True,
).stdout.strip()
try:
    found = scan([*sys.argv[1:], layer]).disks
finally:
    subprocess.run(["losetup", "--detach", layer], check=True)
print(json.dumps({disk.path: disk.title for disk in found}))
"""
MEDIUM = "mount -t tmpfs none /run && mkdir -p /run/live/medium"


def titles(prepare: str, *devices: str) -> dict[str, str | None]:
    """Titles of the disks that a live system finds, which has one more, its layer; by device."""
    script = f'{MEDIUM} && {prepare} && exec "$@"'
    argv = ["unshare", "--mount", "--propagation=private", "sh", "-c", script, "sh", sys.executable, "-c", LIVE]
    done = subprocess.run([*argv, *devices], capture_output=True, text=True, check=False, cwd=Path(__file__).parents[3])
    assert done.returncode == 0, done.stderr
    found: dict[str, str | None] = json.loads(done.stdout)
    return found


def test_the_running_stick_has_a_name_and_its_layers_are_no_disks(device: str, tmp_path: Path) -> None:
    with mounted(partition(device, 1), tmp_path / "mnt") as stick:
        blank(stick / "layer.img", MIB)
    with attached(blank(tmp_path / "other.img", MIB)) as other:
        on_stick = titles(f"mount -o ro {partition(device, 1)} /run/live/medium", device, other)
        assert on_stick == {device: "Rescue, running now", other: None}
        in_memory = titles(
            f"mount -t tmpfs none /run/live/medium && truncate -s {MIB} /run/live/medium/layer.img", device, other
        )
        assert in_memory == {device: None, other: None}
        assert {disk.path: disk.live_medium for disk in scan([device, other]).disks} == {device: False, other: False}


DATABASE = """I:1
E:ID_MODEL_ENC=Big\\x20Drive\\x20\\x20
E:ID_SERIAL_SHORT=SER1
E:ID_WWN_WITH_EXTENSION=0x5002538da0012345
G:systemd
"""
SCRIPT = """
import sys
from rescue.devices import blkid
from rescue.devices.scan import scan
blkid.probe = lambda node: None  # as for somebody who is not root
(disk,) = scan([sys.argv[1]]).disks
print(disk.identity.serial, disk.identity.wwn, disk.table, disk.confirm)
"""


def test_database_of_udev_fills_in(tmp_path: Path) -> None:
    """In a mount namespace of its own, /run/udev holds what udevd would have written."""
    with attached(blank(tmp_path / "disk.img", MIB)) as path:
        number = Path("/sys/class/block", Path(path).name, "dev").read_text().strip()
        record = tmp_path / "record"
        record.write_text(DATABASE + "E:ID_PART_TABLE_TYPE=gpt\n")
        prepare = (
            "mkdir -p /run/udev && mount -t tmpfs none /run/udev && mkdir /run/udev/data && touch /run/udev/control"
        )
        script = f'{prepare} && cp "$1" "/run/udev/data/b$2" && exec "$3" -c "$4" "$5"'
        argv = ["unshare", "--mount", "sh", "-c", script, "sh", str(record), number, sys.executable, SCRIPT, path]
        done = subprocess.run(argv, capture_output=True, text=True, check=False, cwd=Path(__file__).parents[3])
    assert done.stdout.split() == ["SER1", "5002538da0012345", "gpt", "SER1"], done.stderr
