"""Drives that fail while they are worked with: read errors, write errors, drives that vanish. Real EIO, by blkdebug."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.disk.cli.disks import SIZE, Content, ext_free
from tests.disk.cli.faults import Faults, faulty
from tests.disk.cli.harness import MIB, Rescue, blank, finished, junk, read, tree_hash, untouched, wait_until
from tests.disk.cli.test_interrupted import fill
from tests.samples.loop import attached

pytestmark = pytest.mark.disk
Attach = Callable[..., str]
BAD = 50 * MIB + 8192


def test_bad_sectors(rescue: Rescue, attach: Attach, tmp_path: Path) -> None:
    """Refused unless allowed; then PARTIAL, with the exact extent, in the backup and in what is restored from it."""
    image = fill(tmp_path / "source.img")
    target = attach(SIZE)
    rescue.run("init")
    with faulty(image, Faults(unreadable=(BAD, BAD + 512)), tmp_path / "bad") as disk:
        program = rescue.seeing(disk.device, target)
        done = program.refused("backup", disk.device, code=20, says=f"cannot be read at byte {BAD // 4096 * 4096}")
        assert "--allow-bad-sectors" in done.err
        assert program.run("list", "--json").out == ""
        done = program.run("backup", disk.device, "--allow-bad-sectors", code=3)
        assert "PARTIAL" in done.err
        before = untouched(target)
        cloned = ("clone", disk.device, target, *program.confirm(target))
        program.run(*cloned, "--allow-bad-sectors", "--json", code=3)
        _require_all_but_the_bad(image, target)
        program.refused(*cloned, code=20, says="cannot be read at byte")
    (region,) = json.loads(rescue.run("show", "latest", "--json").out)["disks"][0]["regions"]
    assert region["outcome"] == "PARTIAL"
    assert region["bad"] == [[BAD, 4096]]
    rescue.run("verify", "latest", code=3)
    rescue.run("check", "--read-data")
    junk(target)
    program = rescue.seeing(target)
    done = program.run("restore", "latest", target, *program.confirm(target), "--json", code=3)
    assert done.event("JobFinished")["outcome"] == "PARTIAL"
    _require_all_but_the_bad(image, target)
    assert before


def _require_all_but_the_bad(image: Path, target: str) -> None:
    """Every byte is there, but for 4 KiB that stand as zeros."""
    wanted = bytearray(image.read_bytes())
    wanted[BAD : BAD + 4096] = bytes(4096)
    assert read(target, 0, SIZE) == wanted


def test_bad_sector_in_free_space_harms_nothing(rescue: Rescue, gpt: tuple[Path, Content], tmp_path: Path) -> None:
    """In the middle of free blocks of the ext4 file system, which nobody has to read."""
    rescue.run("init")
    with attached(gpt[0]) as device:
        block, free = ext_free(f"{device}p2")
    middle = next(number for number in sorted(free) if free.issuperset(range(number - 64, number + 64)))
    bad = 35 * MIB + middle * block
    with faulty(gpt[0], Faults(unreadable=(bad,)), tmp_path / "bad") as disk:
        rescue.seeing(disk.device).run("backup", disk.device)
        rescue.seeing(disk.device).refused("backup", disk.device, "--raw", code=20, says=f"at byte {bad} (p2 ext4")
    rescue.run("verify", "latest")


def test_source_vanishes(rescue: Rescue, attach: Attach, tmp_path: Path) -> None:
    image, target = fill(tmp_path / "source.img"), attach(blank(tmp_path / "target.img", SIZE))
    rescue.run("init")
    with faulty(image, Faults(rate=16 * MIB, uncached=True), tmp_path / "slow") as disk:
        program = rescue.seeing(disk.device, target)
        job = program.start("backup", disk.device)
        wait_until(lambda: any(name.startswith("packs/") for name in tree_hash(rescue.repo)), "a pack is written")
        disk.vanish()
        done = finished(job, code=20)
        assert disk.device in done.err
        assert done.out == ""
    assert rescue.run("list", "--json").out == ""
    rescue.run("check", "--read-data")


def test_source_vanishes_although_bad_sectors_are_allowed(rescue: Rescue, tmp_path: Path) -> None:
    """What is gone is not a drive with some bad sectors: no snapshot with all the rest as zeros is made of it."""
    image = fill(tmp_path / "source.img")
    rescue.run("init")
    with faulty(image, Faults(rate=16 * MIB, uncached=True), tmp_path / "slow") as disk:
        job = rescue.seeing(disk.device).start("backup", disk.device, "--allow-bad-sectors")
        wait_until(lambda: any(name.startswith("packs/") for name in tree_hash(rescue.repo)), "a pack is written")
        disk.vanish()
        finished(job, code=20)
    assert rescue.run("list", "--json").out == ""


@pytest.mark.parametrize("vanishes", [False, True])
def test_target_fails(rescue: Rescue, attach: Attach, tmp_path: Path, vanishes: bool) -> None:
    """The report says which regions are there, and that the disk must not be used."""
    source = attach(fill(tmp_path / "source.img"))
    rescue.seeing(source).run("init")
    rescue.seeing(source).run("backup", source)
    faults = Faults(write_rate=16 * MIB) if vanishes else Faults(unwritable=(60 * MIB,))
    with faulty(blank(tmp_path / "target.img", SIZE), faults, tmp_path / "bad") as disk:
        program = rescue.seeing(disk.device)
        job = program.start("restore", "latest", disk.device, *program.confirm(disk.device), "--json")
        if vanishes:
            assert job.stdout is not None
            while '"Progress"' not in (line := job.stdout.readline()):
                assert line
            disk.vanish()
        done = finished(job, code=21)
        result = done.event("JobFinished")
        assert result["outcome"] == "FAILED"
        assert f"{disk.device} is incomplete and must not be used" in done.err
        text = Path(result["report"]).read_text()
        assert "It was not written, or not to its end." in text
        assert text.splitlines()[-1].startswith("FAILED.")


def test_target_that_cannot_be_read_is_not_written(rescue: Rescue, attach: Attach, tmp_path: Path) -> None:
    """Its first MiB cannot be saved for an undo: then nothing is written."""
    image = fill(tmp_path / "target.img")
    source = attach(SIZE, "source.img")
    before = image.read_bytes()
    with faulty(image, Faults(unreadable=(512 * 1024,)), tmp_path / "bad") as disk:
        program = rescue.seeing(source, disk.device)
        confirmed = ("--yes", "--confirm", Path(image).name.join(("faulty-", "")))
        program.refused("clone", source, disk.device, *confirmed, code=20, says="Nothing was written")
    assert image.read_bytes() == before


def test_target_that_cannot_be_read_back(rescue: Rescue, attach: Attach, tmp_path: Path) -> None:
    """A drive that cannot be read where it was written is not a good copy: FAILED, with the reason."""
    source = attach(fill(tmp_path / "source.img"))
    faults = Faults(unreadable=(60 * MIB,), uncached=True)
    with faulty(blank(tmp_path / "target.img", SIZE), faults, tmp_path / "bad") as disk:
        program = rescue.seeing(source, disk.device)
        done = program.run("clone", source, disk.device, *program.confirm(disk.device), "--json", code=22)
    result = done.event("JobFinished")
    assert result["outcome"] == "FAILED"
    (reason,) = result["regions"]["disk"]["reasons"]
    assert f"cannot be read at byte {60 * MIB}" in reason
    assert "--allow-bad-sectors" not in done.err
