"""Drives for backups: listed without being mounted, opened for writing or not at all, closed so that they can go."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rescue.devices.mounts import read_mounts
from tests.disk.cli.harness import MIB, Rescue, blank, hash_of, mounted, tool
from tests.samples.loop import partition, settle

pytestmark = pytest.mark.disk
Attach = Callable[..., str]
SIZE = 64 * MIB
MAKERS = {
    "ext4": ("mkfs.ext4", "-q", "-L", "Backups"),
    "ext2": ("mkfs.ext2", "-q", "-L", "Backups"),
    "xfs": ("mkfs.xfs", "-q", "-L", "Backups"),
    "btrfs": ("mkfs.btrfs", "-q", "-L", "Backups"),
    "ntfs": ("mkfs.ntfs", "--quiet", "--fast", "--force", "--label", "Backups"),
    "exfat": ("mkfs.exfat", "-L", "Backups"),
}
SIZES = {"xfs": 320 * MIB, "btrfs": 128 * MIB}


def drive(attach: Attach, kind: str, name: str = "drive.img") -> str:
    """A disk with a file system and no table."""
    device = attach(SIZES.get(kind, SIZE), name)
    tool(*MAKERS[kind], device)
    return device


def places(rescue: Rescue) -> dict[str, dict[str, Any]]:
    """What is listed, by address, in its order. Folders of other computers that somebody has open do not count."""
    return {each["address"]: each for each in json.loads(rescue.run("places", "--json").out) if each["kind"] == "drive"}


def mount_options(point: str) -> str:
    return tool("findmnt", "--noheadings", "--output", "OPTIONS", point)


def is_mounted(what: str) -> bool:
    """Is this a device that is mounted, or a directory that something is mounted on? Other mounts do not count."""
    return any(what in (mount.source, mount.point) for mount in read_mounts())


@pytest.mark.parametrize("kind", MAKERS)
def test_open_back_up_close(rescue: Rescue, attach: Attach, kind: str) -> None:
    """Listed, opened for writing by whatever driver is there, used, found again by its repository, closed."""
    node, source = drive(attach, kind), attach(4 * MIB, "source.img")
    tool("mkfs.ext4", "-q", source)
    rescue = rescue.seeing(node, source)
    before = hash_of(node)
    listed = places(rescue)[node]
    assert listed["name"].startswith("Backups, Loop device ")
    assert (listed["filesystem"], listed["directory"], listed["read_only"]) == (kind, None, False)
    assert listed["repositories"] == (None if kind == "exfat" else [])
    assert hash_of(node) == before  # a look writes nothing, not even a journal
    directory = rescue.run("connect", node).out.strip()
    assert directory == f"/run/rescue/places/{listed['uuid']}"
    for option in ("rw", "nosuid", "nodev", "noexec", "noatime"):
        assert option in mount_options(directory).strip().split(",")
    rescue.run("init", f"{directory}/rescue")
    rescue.run("backup", source, "--repo", f"{directory}/rescue", "--name", "one", "--verify")
    assert rescue.run("connect", node).out.strip() == directory  # open already
    first = next(iter(places(rescue).values()))
    assert (first["address"], first["repositories"]) == (node, [f"{directory}/rescue"])
    assert 0 < first["free"] < first["size"]
    assert is_mounted(directory)
    rescue.run("disconnect", directory)
    assert not Path(directory).exists()
    assert not is_mounted(directory) and not is_mounted(node)
    again = places(rescue)[node]
    assert again["repositories"] == (None if kind == "exfat" else ["rescue"])
    assert kind == "exfat" or next(iter(places(rescue))) == node


def test_what_is_no_place(rescue: Rescue, attach: Attach) -> None:
    """Swap, an EFI system partition, a member of something: not listed, and refused by name."""
    disk = attach(SIZE)
    table = "label: gpt\nsize=8MiB,type=U\nsize=8MiB,type=S\nsize=16MiB\nsize=16MiB\n"
    tool("sfdisk", "--quiet", "--no-reread", "--no-tell-kernel", disk, text=table)
    settle(disk)
    tool("mkfs.vfat", partition(disk, 1))
    tool("mkswap", partition(disk, 2))
    tool("mkfs.vfat", "-n", "CAMERA", partition(disk, 3))
    rescue = rescue.seeing(disk)
    assert list(places(rescue)) == [partition(disk, 3)]
    assert "no journal" in rescue.run("places").out
    done = rescue.refused("connect", partition(disk, 2), code=39, says="no file system on which backups can lie")
    assert "rescue format" in done.err
    rescue.refused("connect", partition(disk, 4), code=39, says="no file system")
    rescue.refused("disconnect", partition(disk, 3), code=39, says="is not open")


def test_what_a_person_has_mounted_is_open(rescue: Rescue, attach: Attach) -> None:
    """Below /mnt it is a place as it is; elsewhere it belongs to the system and is none."""
    node = drive(attach, "ext4")
    rescue = rescue.seeing(node)
    point = Path(tool("mktemp", "--directory", "--tmpdir=/mnt", "rescue-test-XXXXXX").strip())
    try:
        with mounted(node, point):
            assert places(rescue)[node]["directory"] == str(point)
            assert rescue.run("connect", node).out.strip() == str(point)
        with mounted(node, point, "-o", "ro"):
            assert places(rescue)[node]["read_only"] is True
    finally:
        point.rmdir()
    with mounted(node, rescue.home / "elsewhere"):
        assert places(rescue) == {}


def test_read_only_medium(rescue: Rescue, attach: Attach, tmp_path: Path) -> None:
    """Good for a restore: opened read-only, and that is told."""
    image = blank(tmp_path / "locked.img", SIZE)
    tool("mkfs.ext4", "-q", str(image))
    node = attach(image, read_only=True)
    rescue = rescue.seeing(node)
    told = rescue.run("connect", node, "--json").event("Connected")
    assert told["read_only"] is True
    assert "ro" in mount_options(told["directory"]).strip().split(",")
    rescue.run("disconnect", node)


def test_windows_sleeps_on_it(rescue: Rescue, attach: Attach, tmp_path: Path) -> None:
    """A hibernated NTFS is not mounted, not even a little, and not changed."""
    node = drive(attach, "ntfs")
    hiberfil = tmp_path / "hiberfil.sys"
    hiberfil.write_bytes(b"hibr" + bytes(2 * MIB))
    tool("ntfscp", node, str(hiberfil), "hiberfil.sys")
    before = hash_of(node)
    rescue = rescue.seeing(node)
    done = rescue.refused("connect", node, code=39, says="Windows has not let go")
    assert "shutdown /s" in done.err
    assert hash_of(node) == before
    assert not is_mounted(node)


def test_damaged_file_system(rescue: Rescue, attach: Attach) -> None:
    """What the kernel does not mount is told, and not repaired."""
    node = drive(attach, "ext4")
    tool("debugfs", "-w", "-R", "clri <2>", node)
    rescue = rescue.seeing(node)
    done = rescue.refused("connect", node, code=39, says="cannot be opened for writing")
    assert "Nothing was repaired" in done.err
    assert not is_mounted(node)


def test_two_drives_with_one_id(rescue: Rescue, attach: Attach, tmp_path: Path) -> None:
    """A clone has the id of the original: by node the one that is meant is opened, and never the other one."""
    one = drive(attach, "ext4", "one.img")
    other_image = tmp_path / "other.img"
    other_image.write_bytes((tmp_path / "one.img").read_bytes())
    tool("tune2fs", "-L", "Copy", str(other_image))
    other = attach(other_image)
    rescue = rescue.seeing(one, other)
    directory = rescue.run("connect", other).out.strip()
    assert tool("findmnt", "--noheadings", "--output", "SOURCE", directory).strip() == other
    rescue.run("disconnect", other)


def test_the_drive_came_back_as_another_node(rescue: Rescue, attach: Attach, tmp_path: Path) -> None:
    """Its old mount is dead: it goes out of the way, and the drive is opened at the same directory again."""
    old = drive(attach, "ext4", "drive.img")
    rescue = rescue.seeing(old)
    directory = rescue.run("connect", old).out.strip()
    rescue.run("init", f"{directory}/rescue")
    tool("sync", "--file-system", directory)
    copy = tmp_path / "copy.img"
    copy.write_bytes((tmp_path / "drive.img").read_bytes())
    with (tmp_path / "drive.img").open("r+b") as image:
        image.truncate(0)  # no answer to anything any more
    tool("losetup", "--set-capacity", old)
    new = attach(copy)
    back = rescue.seeing(new)
    assert back.run("connect", new).out.strip() == directory
    assert tool("findmnt", "--noheadings", "--output", "SOURCE", directory).strip() == new
    back.run("list", "--repo", f"{directory}/rescue")
    back.run("disconnect", directory)


def test_busy(rescue: Rescue, attach: Attach) -> None:
    node = drive(attach, "ext4")
    rescue = rescue.seeing(node)
    directory = rescue.run("connect", node).out.strip()
    with (Path(directory) / "open").open("w"):
        rescue.refused("disconnect", node, code=39, says="is still in use by")
    rescue.run("disconnect", node)
