"""`rescue stick`: the stick is the image byte for byte, and its data partition can be used at once."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.disk.cli.disks import table_of
from tests.disk.cli.harness import MIB, Rescue, junk, read, size_of, tool, untouched
from tests.disk.cli.isos import LAYOUTS, STICK, require_image
from tests.disk.filesystems.proof import fuse
from tests.samples.loop import partitions, settle

pytestmark = pytest.mark.disk
Attach = Callable[..., str]
Isos = Callable[[str], Path]
FOR_DATA = sorted(set(LAYOUTS) - {"both", "cd"})


def old_gpt(stick: str) -> None:
    """A used stick: junk, and a GPT whose backup stands at the very end."""
    junk(stick)
    tool("sfdisk", "--quiet", "--no-reread", "--no-tell-kernel", stick, text="label: gpt\nsize=20MiB\n")
    settle(stick)
    assert b"EFI PART" in read(stick, STICK - 512, 512)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_stick_is_what_dd_makes(rescue: Rescue, attach: Attach, isos: Isos, layout: str) -> None:
    image, stick = isos(layout), attach(STICK)
    old_gpt(stick)
    rescue = rescue.seeing(stick)
    done = rescue.run("stick", str(image), stick, *rescue.confirm(stick), "--json")
    assert done.event("JobFinished")["outcome"] == "OK"
    require_image(image, stick)
    assert read(stick, STICK - MIB, MIB) == bytes(MIB)
    assert ("hardly from a stick" in done.out) == (layout == "cd")
    assert tool("blkid", "--probe", "--match-tag", "LABEL", "--output", "value", stick).strip() == "RESCUE"


@pytest.mark.parametrize("layout", FOR_DATA)
def test_data_partition(rescue: Rescue, attach: Attach, isos: Isos, tmp_path: Path, layout: str) -> None:
    """The image's partitions and all its bytes but the table stay; sfdisk, parted and fsck are content; it is used."""
    image, stick = isos(layout), attach(STICK)
    old_gpt(stick)
    rescue = rescue.seeing(stick)
    rescue.run("stick", str(image), stick, "--data", *rescue.confirm(stick))
    before, after = (json.loads(tool("sfdisk", "--json", str(path)))["partitiontable"] for path in (image, stick))
    own = [{**part, "node": ""} for part in before["partitions"]]
    new = [{**part, "node": ""} for part in after["partitions"]]
    assert new[:-1] == own
    assert (after["label"], after["id"]) == (before["label"], before["id"])
    data = new[-1]
    assert data["start"] % 2048 == 0
    assert data["start"] * 512 >= image.stat().st_size
    assert (data["start"] + data["size"]) * 512 == STICK - (MIB if layout == "gpt" else 0)
    require_other_tools(layout, stick)
    require_only_the_table_differs(image, stick, layout)
    number = len(new)
    with part_of(stick, data["start"] * 512, data["size"] * 512) as node:
        tool("fsck.exfat", "-n", node)
        assert tool("blkid", "--probe", "--match-tag", "LABEL", "--output", "value", node).strip() == "RESCUE-DATA"
        with fuse("mount.exfat-fuse", node, tmp_path / "data") as root:
            assert [path.name for path in root.iterdir()] == ["rescue"]
            repo = ("--repo", str(root / "rescue"))
            assert rescue.run("list", *repo, "--json").out == ""
            source = attach(4 * MIB, "source.img")
            rescue.seeing(source).run("backup", source, *repo, "--name", "first", "--verify")
            assert "first" in rescue.run("list", *repo).out
        tool("fsck.exfat", "-n", node)
    if layout != "zero":
        assert partitions(stick) == [f"{stick}p{each}" for each in range(1, number + 1)]


@contextmanager
def part_of(stick: str, start: int, size: int) -> Iterator[str]:
    """A device over a part of the stick, which needs no kernel that reads tables."""
    device = tool("losetup", "--find", "--show", "--offset", str(start), "--sizelimit", str(size), stick).strip()
    try:
        yield device
    finally:
        tool("losetup", "--detach", device)


def require_other_tools(layout: str, stick: str) -> None:
    """parted reads the table; sgdisk finds nothing wrong with a GPT. Neither knows partitions that lie on the table."""
    if layout == "zero":
        return
    told = tool("parted", "--script", "--machine", stick, "unit", "B", "print").splitlines()
    assert told[1].split(":")[5] == ("gpt" if layout == "gpt" else "msdos")
    if layout == "gpt":
        assert "No problems found" in tool("sgdisk", "--verify", stick)


def require_only_the_table_differs(image: Path, stick: str, layout: str) -> None:
    """In an MBR 16 bytes, those of one entry; in a GPT what lies in front of the first partition and the backup."""
    old = image.read_bytes()
    new = read(stick, 0, len(old))
    slot = slice(446 + 2 * 16, 446 + 3 * 16)
    if layout == "gpt":
        assert new[:440] == old[:440]
        assert new[32768:] == old[32768:]
        return
    assert old[slot] == bytes(16)
    assert new[slot] != bytes(16)
    assert new[: slot.start] + bytes(16) + new[slot.stop :] == old


def test_undo_and_once_more(rescue: Rescue, attach: Attach, isos: Isos) -> None:
    """A stick that was one before, with partitions that lie on the table, gets exactly its old table back."""
    stick = attach(STICK)
    rescue = rescue.seeing(stick)
    rescue.run("stick", str(isos("zero")), stick, "--data", *rescue.confirm(stick))
    table, head = table_of(stick), read(stick, 0, MIB)
    rescue.run("stick", str(isos("mbr")), stick, *rescue.confirm(stick))
    assert table_of(stick) != table
    done = rescue.run("undo", stick, "--dry-run")
    assert "before `rescue stick` of" in done.out
    rescue.run("undo", stick, *rescue.confirm(stick))
    assert table_of(stick) == table
    assert read(stick, 0, MIB) == head


def test_dry_run_writes_nothing(rescue: Rescue, attach: Attach, isos: Isos) -> None:
    stick = attach(STICK)
    rescue = rescue.seeing(stick)
    junk(stick)
    before, loops = untouched(stick), loop_files()
    steps = rescue.run("stick", str(isos("mbr")), stick, "--data", "--dry-run", "--json").events[-1]["steps"]
    assert steps[0].startswith(f"OVERWRITE {stick}")
    assert any("p3 exfat “RESCUE-DATA”" in step for step in steps)
    assert any("is not a USB stick but a loop device" in step for step in steps)
    assert not [file for file in loop_files() - loops if "rescue-" in file]
    before.require()


def loop_files() -> set[str]:
    """The files that loop devices show; other tests have theirs."""
    return set(tool("losetup", "--list", "--noheadings", "--output", "BACK-FILE").splitlines())


def test_a_stick_makes_further_sticks(rescue: Rescue, attach: Attach, isos: Isos, tmp_path: Path) -> None:
    """The image is taken from a stick whose data partition is in use, without that partition."""
    image, first, second = isos("mbr"), attach(STICK, "first.img"), attach(STICK, "second.img")
    rescue = rescue.seeing(first, second)
    rescue.run("stick", str(image), first, "--data", *rescue.confirm(first))
    with fuse("mount.exfat-fuse", f"{first}p3", tmp_path / "data"):
        rescue.run("stick", first, second, *rescue.confirm(second))
        require_image(image, second)
        rescue.run("stick", first, second, "--data", *rescue.confirm(second))
        require_only_the_table_differs(image, second, "mbr")
        done = rescue.refused("stick", first, first, *rescue.confirm(first), code=15, says="It is the source itself")
        assert "is mounted" in done.err
    rescue.refused("stick", f"{first}p1", second, *rescue.confirm(second), code=13, says="is a partition of")
    rescue.seeing(second).refused("stick", first, second, *rescue.confirm(second), code=13, says="is hidden")
    rescue.run("stick", str(isos("gpt")), second, "--data", *rescue.confirm(second))
    rescue.refused("stick", second, first, *rescue.confirm(first), code=23, says="has a GPT")
    rescue.run("stick", first, second, *rescue.confirm(second))
    require_image(image, second)


def test_without_a_driver_the_partition_is_only_formatted(
    rescue: Rescue, attach: Attach, isos: Isos, tmp_path: Path
) -> None:
    """Neither the kernel nor FUSE can mount exFAT: the plan says so, and the file system is empty and sound."""
    driver = tool("sh", "-c", "command -v mount.exfat-fuse").strip()
    hidden = rescue.wrapped("unshare", "--mount", "sh", "-c", f'mount --bind /dev/null {driver} && exec "$@"', "sh")
    stick = attach(STICK)
    hidden = hidden.seeing(stick)
    done = hidden.run("stick", str(isos("mbr")), stick, "--data", *rescue.seeing(stick).confirm(stick))
    if "holds an empty repository" in done.err:
        pytest.skip("the kernel here mounts exFAT by itself")
    assert "nothing here can mount exFAT" in done.err
    start = -(-isos("mbr").stat().st_size // MIB) * MIB
    with part_of(stick, start, size_of(stick) - start) as node:
        tool("fsck.exfat", "-n", node)
        with fuse("mount.exfat-fuse", node, tmp_path / "data") as root:
            assert list(root.iterdir()) == []
