"""Single partitions: chosen for a backup, restored into others, cloned."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.disk.cli.disks import SIZE, Content, compare, compare_ext, compare_fat, kinds
from tests.disk.cli.harness import MIB, Rescue, blank, hash_of, junk, read, tool, untouched
from tests.samples.loop import settle

pytestmark = pytest.mark.disk
Attach = Callable[..., str]


def divided(device: str, *sizes: int) -> str:
    """Make partitions of these sizes on the disk, full of junk."""
    junk(device)
    lines = ["label: gpt", *(f"size={size // 512}" for size in sizes)]
    tool("sfdisk", "--quiet", "--no-reread", "--no-tell-kernel", device, text="\n".join(lines) + "\n")
    settle(device)
    return device


def outside(device: str, start: int, size: int) -> tuple[bytes, bytes]:
    """All bytes of a disk before and behind a range."""
    end = start + size
    return read(device, 0, start), read(device, end, int(tool("blockdev", "--getsize64", device)) - end)


def test_chosen_partitions(rescue: Rescue, attach: Attach, gpt: tuple[Path, Content], tmp_path: Path) -> None:
    source, target = attach(gpt[0]), attach(SIZE)
    rescue = rescue.seeing(source, target)
    before = untouched(source)
    divided(target, 10 * MIB, 48 * MIB, 30 * MIB)
    rescue.run("init")
    rescue.run("backup", f"{source}p2", f"{source}p3", "--name", "two")
    shown = json.loads(rescue.run("show", "two", "--json").out)["disks"][0]["regions"]
    included = {region["name"] for region in shown if region["included"] and region["kind"] == "partition"}
    assert included == {"p2", "p3"}
    rest = outside(target, 11 * MIB, 48 * MIB)
    rescue.run("restore", "two:p2", f"{target}p2", *rescue.confirm(f"{target}p2"))
    compare_ext(f"{source}p2", f"{target}p2", tmp_path)
    assert outside(target, 11 * MIB, 48 * MIB) == rest
    _refusals(rescue, source, target)
    before.require()


def _refusals(rescue: Rescue, source: str, target: str) -> None:
    before = untouched(target)
    confirmed = rescue.confirm(target)
    done = rescue.refused("restore", "two:p2", f"{target}p1", *confirmed, code=16, says="too small")
    assert str(38 * MIB) in done.err
    rescue.refused("restore", "two:p1", f"{target}p2", *confirmed, code=2, says="p1")
    rescue.refused("restore", "two:p9", f"{target}p2", *confirmed, code=36, says="no p9")
    rescue.refused("restore", "two:p2", target, *confirmed, code=2, says="whole disk")
    rescue.refused("restore", "two", f"{target}p2", *confirmed, code=2, says="is a partition")
    rescue.refused("clone", source, f"{target}p2", *confirmed, code=2, says="not both disks or both partitions")
    before.require()


def test_into_a_larger_partition(rescue: Rescue, attach: Attach, mbr: tuple[Path, Content], tmp_path: Path) -> None:
    source, target = attach(mbr[0]), attach(SIZE)
    rescue = rescue.seeing(source, target)
    divided(target, 36 * MIB, 50 * MIB)
    rescue.run("init")
    rescue.run("backup", source)
    rescue.run("restore", "latest:p6", f"{target}p1", *rescue.confirm(target))
    rescue.run("restore", "latest:p1", f"{target}p2", *rescue.confirm(target))
    compare_fat(f"{source}p6", f"{target}p1")
    compare_ext(f"{source}p1", f"{target}p2", tmp_path)
    assert kinds(target) == {1: "vfat", 2: "ext4"}


def test_partition_to_partition(rescue: Rescue, attach: Attach, gpt: tuple[Path, Content], tmp_path: Path) -> None:
    source, target = attach(gpt[0]), attach(SIZE)
    rescue = rescue.seeing(source, target)
    before = untouched(source)
    divided(target, 40 * MIB, 50 * MIB)
    rest = outside(target, 41 * MIB, 50 * MIB)
    rescue.run("clone", f"{source}p2", f"{target}p2", *rescue.confirm(target))
    compare_ext(f"{source}p2", f"{target}p2", tmp_path)
    assert outside(target, 41 * MIB, 50 * MIB) == rest
    rescue.refused("clone", f"{source}p2", f"{target}p1", *rescue.confirm(target), code=16, says="too small")
    before.require()


def test_partition_to_its_neighbour(rescue: Rescue, attach: Attach, tmp_path: Path) -> None:
    """Source and target lie on one disk, which cannot be locked as a whole."""
    disk = attach(blank(tmp_path / "disk.img", 64 * MIB))
    rescue = rescue.seeing(disk)
    divided(disk, 20 * MIB, 20 * MIB)
    tool("mkfs.ext4", "-q", "-F", f"{disk}p1")
    before = read(f"{disk}p1", 0, 20 * MIB)
    rescue.run("clone", f"{disk}p1", f"{disk}p2", *rescue.confirm(disk))
    tool("e2fsck", "-f", "-n", f"{disk}p2")
    assert tool("blkid", "-p", "-s", "UUID", "-o", "value", f"{disk}p1") == tool(
        "blkid", "-p", "-s", "UUID", "-o", "value", f"{disk}p2"
    )
    assert read(f"{disk}p1", 0, 20 * MIB) == before
    rescue.refused("clone", f"{disk}p1", f"{disk}p1", *rescue.confirm(disk), code=15, says="It is the source itself.")


def test_disk_to_disk(rescue: Rescue, attach: Attach, mbr: tuple[Path, Content], tmp_path: Path) -> None:
    image, content = mbr
    source, target = attach(image), attach(SIZE)
    rescue = rescue.seeing(source, target)
    before = hash_of(source)
    junk(target)
    kept = untouched(target)
    steps = rescue.run("clone", source, target, "--dry-run").out
    assert f"OVERWRITE {target}" in steps
    kept.require()
    rescue.run("clone", source, target, *rescue.confirm(target))
    compare(content, source, target, tmp_path)
    assert hash_of(source) == before
