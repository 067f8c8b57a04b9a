"""`rescue format`: what is made is content for other tools, can be used at once, and the old disk can come back."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.disk.cli.disks import table_of
from tests.disk.cli.harness import MIB, Rescue, hash_of, junk, mounted, read, tool, untouched
from tests.samples.loop import partition, settle

pytestmark = pytest.mark.disk
Attach = Callable[..., str]
SIZE = 160 * MIB
TYPES = {"ext4": "0FC63DAF-8483-4772-8E79-3D69D8477DE4", "exfat": "EBD0A0A2-B9E5-4433-87C0-68B6B72699C7"}
CHECKERS = {"ext4": ("e2fsck", "-f", "-n"), "exfat": ("fsck.exfat", "-n")}


def used_disk(attach: Attach, size: int = SIZE, **options: int) -> str:
    """A disk full of junk, with a table and an old partition."""
    disk = attach(size, **options)
    junk(disk)
    tool("sfdisk", "--quiet", "--no-reread", "--no-tell-kernel", disk, text="label: dos\nsize=30MiB\n")
    settle(disk)
    return disk


@pytest.mark.parametrize("filesystem", ["ext4", "exfat"])
def test_a_drive_for_backups(rescue: Rescue, attach: Attach, filesystem: str) -> None:
    """The table is right for sfdisk and sgdisk, the file system for its checker, and a backup goes into it."""
    disk = used_disk(attach)
    rescue = rescue.seeing(disk)
    done = rescue.run("format", disk, "--filesystem", filesystem, *rescue.confirm(disk), "--json")
    assert done.event("JobFinished")["outcome"] == "OK"
    settle(disk)
    assert "No problems found" in tool("sgdisk", "--verify", disk)
    table = json.loads(tool("sfdisk", "--json", disk))["partitiontable"]
    (entry,) = table["partitions"]
    assert (table["label"], entry["type"], entry["name"]) == ("gpt", TYPES[filesystem], "Backups")
    assert (entry["start"], entry["size"]) == (2048, (SIZE - 2 * MIB) // 512)
    node = partition(disk, 1)
    tool(*CHECKERS[filesystem], node)
    assert tool("blkid", "--probe", "--match-tag", "LABEL", "--output", "value", node).strip() == "Backups"
    source = attach(4 * MIB, "source.img")
    place = rescue.run("connect", node, "--json").event("Connected")
    assert (place["filesystem"], place["read_only"], place["repositories"]) == (filesystem, False, [])
    repo = ("--repo", f"{place['directory']}/rescue")
    rescue.run("init", repo[1])
    rescue.seeing(source).run("backup", source, *repo, "--name", "first", "--verify")
    assert "first" in rescue.run("list", *repo).out
    rescue.run("disconnect", node)
    tool(*CHECKERS[filesystem], node)


def test_nothing_old_is_left_in_the_journal(rescue: Rescue, attach: Attach, tmp_path: Path) -> None:
    """What stood there before cannot be taken for a part of it. (A mount has used the journal since.)"""
    disk = used_disk(attach)
    rescue = rescue.seeing(disk)
    rescue.run("format", disk, *rescue.confirm(disk))
    settle(disk)
    numbers = tool("debugfs", "-R", "blocks <8>", partition(disk, 1)).split()
    facts = tool("dumpe2fs", "-h", partition(disk, 1))
    block = int(next(line for line in facts.splitlines() if line.startswith("Block size")).split()[-1])
    old = random.Random(1).randbytes(MIB)  # as `junk` writes it, over and over
    assert len(numbers) > 1000
    for number in map(int, numbers):
        place = MIB + number * block
        assert read(disk, place, block) != old[place % MIB : place % MIB + block], number
    with mounted(partition(disk, 1), tmp_path / "drive") as root:
        assert [path.name for path in root.iterdir()] == ["lost+found"]


def test_sectors_of_4096_bytes(rescue: Rescue, attach: Attach) -> None:
    disk = attach(SIZE, sector_size=4096)
    rescue = rescue.seeing(disk)
    done = rescue.refused("format", disk, "--filesystem", "exfat", *rescue.confirm(disk), code=15, says="4096 bytes")
    assert "Choose ext4" in done.err
    rescue.run("format", disk, *rescue.confirm(disk))
    settle(disk)
    assert "No problems found" in tool("sgdisk", "--verify", disk)
    tool("e2fsck", "-f", "-n", partition(disk, 1))


def test_refused_and_dry_run(rescue: Rescue, attach: Attach, tmp_path: Path) -> None:
    """Nothing is written without the disk's own identity, to a disk in use, or with a name that cannot be."""
    disk = used_disk(attach)
    small = attach(32 * MIB, "small.img")
    before = untouched(disk)
    rescue = rescue.seeing(disk, small)
    done = rescue.run("format", disk, "--dry-run", "--label", "Photos")
    assert f"OVERWRITE {disk}" in done.out
    assert "p1 ext4 “Photos”" in done.out
    rescue.refused("format", disk, code=17, says="Nobody confirmed")
    rescue.refused("format", disk, "--yes", "--confirm", "another", code=17, says="is not the identity")
    rescue.refused("format", disk, "--label", "a/b", *rescue.confirm(disk), code=2, says="cannot be the name")
    rescue.refused(
        "format", disk, "--filesystem", "exfat", "--label", "twelve chars", *rescue.confirm(disk), code=2, says="name"
    )
    rescue.refused("format", partition(disk, 1), code=2, says="is a partition")
    rescue.refused("format", small, *rescue.confirm(small), code=16, says="at least 64.0 MiB")
    before.require()
    tool("mkfs.ext4", "-q", partition(disk, 1))
    before = untouched(disk)
    with mounted(partition(disk, 1), tmp_path / "used", "-o", "ro"):
        rescue.refused("format", disk, *rescue.confirm(disk), code=15, says="is mounted")
    before.require()


def test_undo(rescue: Rescue, attach: Attach) -> None:
    """The old table comes back."""
    disk = used_disk(attach)
    rescue = rescue.seeing(disk)
    table, whole = table_of(disk), hash_of(disk)
    rescue.run("format", disk, *rescue.confirm(disk))
    assert hash_of(disk) != whole
    rescue.run("undo", disk, *rescue.confirm(disk))
    assert table_of(disk) == table
