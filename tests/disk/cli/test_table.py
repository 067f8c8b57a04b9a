"""A partition table alone: out of a snapshot, into a file, back on a disk; what is in the partitions stays."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.disk.cli.disks import SIZE, Content, kinds, make_mbr, table_of
from tests.disk.cli.harness import MIB, Rescue, junk, mounted, read, tool, untouched
from tests.disk.cli.test_confirmation import asked
from tests.samples.loop import partitions, settle

pytestmark = pytest.mark.disk
Attach = Callable[..., str]
OTHER = "label: gpt\nstart=2MiB, size=3MiB, name=other\n"


def repartition(device: str, script: str) -> None:
    """Put another table on a disk, and leave everything else."""
    tool("sfdisk", "--quiet", "--wipe=never", "--no-reread", "--no-tell-kernel", device, text=script)
    settle(device)


def outside_of_table(device: str) -> bytes:
    """All bytes but where a GPT with 128 entries, or an MBR without logical partitions, stands."""
    return read(device, 34 * 512, SIZE - 67 * 512)


@pytest.mark.parametrize("way", ["snapshot", "file"])
@pytest.mark.parametrize("damage", ["other", "wiped", "half"])
def test_the_table_comes_back_and_nothing_else_changes(
    rescue: Rescue, attach: Attach, gpt: tuple[Path, Content], way: str, damage: str
) -> None:
    disk = attach(gpt[0])
    rescue = rescue.seeing(disk)
    table, recognised, whole = table_of(disk), kinds(disk), untouched(disk)
    saved = rescue.home / "table.json"
    if way == "snapshot":
        rescue.run("init")
        rescue.run("backup", disk)
        words = ("restore", "latest", disk, "--table-only")
    else:
        rescue.run("table", "save", disk, str(saved))
        words = ("table", "restore", str(saved), disk)
    _damage(disk, damage)
    content = outside_of_table(disk)
    steps = "\n".join(rescue.run(*words, "--dry-run", "--json").event("Plan")["steps"])
    assert steps.startswith(f"OVERWRITE the partition table of {disk}")
    assert "p2 “Größe”: 48.0 MiB" in steps
    assert "All that is on it now is lost" not in steps
    damaged = untouched(disk)
    done = rescue.run(*words, *rescue.confirm(disk), "--json")
    assert done.event("JobFinished")["outcome"] == "OK"
    assert done.event("JobFinished")["verified"]
    assert Path(done.event("JobFinished")["report"]).read_text().splitlines()[-1].startswith("OK.")
    assert table_of(disk) == table
    assert kinds(disk) == recognised
    assert outside_of_table(disk) == content
    whole.require()
    rescue.run("undo", disk, *rescue.confirm(disk))
    damaged.require()


def _damage(disk: str, how: str) -> None:
    if how == "other":
        repartition(disk, OTHER)
    for start in {"other": (), "wiped": (0, SIZE - 33 * 512), "half": (0, 512)}[how]:
        with Path(disk).open("r+b") as stream:
            stream.seek(start)
            stream.write(bytes({"wiped": 33, "half": 1}[how] * 512))
    tool("blockdev", "--flushbufs", disk)
    settle(disk)


def test_an_mbr_over_a_gpt_leaves_no_gpt(rescue: Rescue, attach: Attach, tmp_path: Path) -> None:
    """With logical partitions, whose own tables lie in the middle of the disk, where undo finds them too."""
    make_mbr(tmp_path / "mbr.img")
    source, target = attach(tmp_path / "mbr.img"), attach(SIZE)
    rescue = rescue.seeing(source, target)
    saved = tmp_path / "table.json"
    rescue.run("table", "save", source, str(saved))
    junk(target)
    repartition(target, "label: gpt\nstart=1MiB, size=90MiB, name=all\n")
    before = untouched(target)
    done = rescue.run("table", "restore", str(saved), target, *rescue.confirm(target), "--json")
    steps = "\n".join(done.event("JobStarted")["steps"])
    assert "saved from another disk" in steps
    assert f"1024 bytes of the new table lie in {target}p1" in steps
    assert table_of(target) == table_of(source)
    assert [node.rpartition("p")[2] for node in partitions(target)] == ["1", "2", "5", "6"]
    for sector in (1, SIZE // 512 - 1):
        assert read(target, sector * 512, 512) == bytes(512)
    assert tool("blkid", "--probe", "--match-tag", "PTTYPE", "--output", "value", target).strip() == "dos"
    rescue.run("undo", target, *rescue.confirm(target))
    before.require()


def test_on_a_larger_disk_the_backup_goes_to_its_end(rescue: Rescue, attach: Attach, gpt: tuple[Path, Content]) -> None:
    source, target = attach(gpt[0]), attach(SIZE + 32 * MIB)
    rescue = rescue.seeing(source, target)
    saved = rescue.home / "table.json"
    rescue.run("table", "save", source, str(saved))
    done = rescue.run("table", "restore", str(saved), target, *rescue.confirm(target))
    assert "32.0 MiB at its end stay free" in done.err
    assert "No problems found" in tool("sgdisk", "--verify", target)
    assert partitions(target) == [f"{target}p{number}" for number in (1, 2, 3)]


def test_refusals(rescue: Rescue, attach: Attach, gpt: tuple[Path, Content], tmp_path: Path) -> None:
    source, small, large, bare = (
        attach(gpt[0]),
        attach(8 * MIB, "small.img"),
        attach(SIZE, "4k.img", sector_size=4096),
        attach(SIZE),
    )
    rescue = rescue.seeing(source, small, large, bare)
    saved, damaged = str(tmp_path / "table.json"), tmp_path / "damaged.json"
    rescue.refused("table", "save", bare, saved, code=23, says="has no partition table")
    rescue.refused("table", "save", f"{source}p1", saved, code=13, says="is a partition of")
    assert not Path(saved).exists()
    rescue.run("table", "save", source, saved)
    text = Path(saved).read_text()
    rescue.refused("table", "save", source, saved, code=2, says="is there already")
    assert Path(saved).read_text() == text
    rescue.refused("table", "save", source, "/nowhere/table.json", code=1, says="cannot be written")
    before = [untouched(each) for each in (source, small, large, bare)]
    for target, code, says in (
        (small, 16, "too small"),
        (large, 15, "sectors of 4096 bytes"),
        (f"{source}p1", 13, "is a partition of"),
    ):
        rescue.refused("table", "restore", saved, target, "--dry-run", code=code, says=says)
    for words, code, says in (
        ((), 17, "Nobody confirmed"),
        (("--yes",), 17, "--yes alone"),
        (("--yes", "--confirm", "source"), 17, "is not the identity"),
    ):
        rescue.refused("table", "restore", saved, bare, *words, code=code, says=says)
    damaged.write_text(text.replace('"number": 2', '"number": 3'))
    rescue.refused("table", "restore", str(damaged), bare, *rescue.confirm(bare), code=38, says="is damaged")
    damaged.write_text(json.dumps({"format": 1}))
    rescue.refused("table", "restore", str(damaged), bare, *rescue.confirm(bare), code=38, says="valid")
    rescue.refused("table", "restore", "/nowhere", bare, *rescue.confirm(bare), code=2, says="cannot be read")
    with mounted(f"{source}p2", tmp_path / "mount", "-o", "ro,noload"):
        rescue.refused("table", "restore", saved, source, *rescue.confirm(source), code=15, says="is mounted")
    for each in before:
        each.require()


def test_of_a_snapshot_only_whole_disks(rescue: Rescue, attach: Attach, gpt: tuple[Path, Content]) -> None:
    source, bare = attach(gpt[0]), attach(SIZE)
    rescue = rescue.seeing(source, bare)
    rescue.run("init")
    rescue.run("backup", bare, "--name", "bare")
    rescue.run("backup", source, "--name", "gpt")
    confirmed = rescue.confirm(bare)
    rescue.refused("restore", "gpt:p1", bare, "--table-only", *confirmed, code=2, says="whole disk")
    rescue.refused("restore", "gpt", f"{source}p1", "--table-only", *rescue.confirm(source), code=2, says="whole disk")
    rescue.refused(
        "restore", "bare", source, "--table-only", *rescue.confirm(source), code=23, says="no partition table"
    )


def test_it_asks(rescue: Rescue, attach: Attach, gpt: tuple[Path, Content]) -> None:
    """And another table that came while it asked stops it."""
    disk = attach(gpt[0])
    rescue = rescue.seeing(disk)
    saved = rescue.home / "table.json"
    rescue.run("table", "save", disk, str(saved))
    before = untouched(disk)
    with asked(rescue, "table", "restore", str(saved), disk) as question:
        question.answer("yes", code=17)
    before.require()
    with asked(rescue, "table", "restore", str(saved), disk) as question:
        repartition(disk, OTHER)
        changed = untouched(disk)
        question.answer("source.img", code=18)
    changed.require()
