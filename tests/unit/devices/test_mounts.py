"""Texts of the kernel about mounts and swap spaces."""

import os

from rescue.devices.mounts import parse_mountinfo, parse_swaps, read_mounts

MOUNTINFO = rb"""27 1 254:1 / / rw,relatime shared:1 - ext4 /dev/root rw,discard
36 27 0:31 /@home /home ro,noatime shared:2 master:3 - btrfs /dev/sda2 rw,space_cache=v2,subvol=/@home
40 27 8:17 / /mnt/my\040disk\134x\012 rw - fuseblk /dev/sdb1 ro,user_id=0
41 27 0:50 / /live rw - overlay overlay rw,lowerdir=/a,upperdir=/media/up\040per/rw,workdir=/w
cut off
"""


def test_mountinfo_is_parsed() -> None:
    root, home, disk, live = parse_mountinfo(MOUNTINFO)
    assert (root.device, root.point, root.fstype, root.source) == (os.makedev(254, 1), "/", "ext4", "/dev/root")
    assert root.has_device_number
    assert (home.point, home.source, home.has_device_number) == ("/home", "/dev/sda2", False)
    assert disk.point == "/mnt/my disk\\x\n"
    assert live.option("upperdir") == "/media/up per/rw"
    assert live.option("nothing") is None


def test_read_only_is_that_of_the_file_system_not_of_one_mount() -> None:
    _, home, disk, _ = parse_mountinfo(MOUNTINFO)
    assert not home.read_only
    assert disk.read_only


def test_the_mounts_of_this_machine_have_a_root() -> None:
    assert any(mount.point == "/" for mount in read_mounts())


def test_swaps_are_parsed() -> None:
    text = b"Filename Type Size Used Priority\n/dev/sda3  partition 20476 0 -2\n/a\\040b\\040(deleted) file 1 0 -3\n"
    assert parse_swaps(text) == ["/dev/sda3", "/a b"]
    assert parse_swaps(b"Filename Type Size Used Priority\n") == []
