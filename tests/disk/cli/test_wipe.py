"""`rescue wipe`: nothing stays, or only the look of a used disk goes; what cannot be overwritten is told."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.disk.cli.disks import SIZE, Content, kinds, table_of
from tests.disk.cli.faults import Faults, faulty
from tests.disk.cli.harness import MIB, Rescue, blank, finished, junk, read, tool, untouched
from tests.disk.cli.test_confirmation import GPT, asked
from tests.disk.cli.test_interrupted import fill
from tests.samples.loop import partitions, settle

pytestmark = pytest.mark.disk
Attach = Callable[..., str]


def kits(rescue: Rescue) -> list[Path]:
    return sorted((rescue.state / "undo").glob("*.json"))


def test_nothing_stays(rescue: Rescue, attach: Attach, gpt: tuple[Path, Content]) -> None:
    """Every byte is zero, and older kits of this disk are gone too; those of other disks are not."""
    disk, other = attach(gpt[0]), attach(8 * MIB, "other.img")
    rescue = rescue.seeing(disk, other)
    for target in (disk, other):
        rescue.run("wipe", target, "--quick", "--no-verify", *rescue.confirm(target))
    rescue.run("undo", disk, *rescue.confirm(disk))
    assert len(kits(rescue)) == 2
    assert partitions(disk)
    steps = "\n".join(rescue.run("wipe", disk, "--dry-run", "--json").event("Plan")["steps"])
    assert "Write zeros over every sector, 96.0 MiB." in steps
    assert "cannot be undone" in steps
    assert ("spare blocks" in steps) == (Path("/sys/block", Path(disk).name, "queue/rotational").read_text() == "0\n")
    done = rescue.run("wipe", disk, *rescue.confirm(disk), "--json")
    result = done.event("JobFinished")
    assert (result["outcome"], result["verified"], result["bytes"]) == ("OK", True, SIZE)
    assert done.events[-1] == result
    assert read(disk, 0, SIZE) == bytes(SIZE)
    assert partitions(disk) == []
    assert "Every sector was overwritten. All of it was read back." in Path(result["report"]).read_text()
    (kept,) = kits(rescue)
    assert json.loads(kept.read_text())["identity"]["backing"].endswith("other.img")
    rescue.refused("undo", disk, *rescue.confirm(disk), code=19, says="no undo kit")


def test_quick_looks_empty_and_can_be_undone(rescue: Rescue, attach: Attach, gpt: tuple[Path, Content]) -> None:
    disk = attach(gpt[0])
    rescue = rescue.seeing(disk)
    before, table, middle = untouched(disk), table_of(disk), read(disk, 40 * MIB, MIB)
    assert kinds(disk) == {1: "vfat", 2: "ext4", 3: "swap"}
    steps = "\n".join(rescue.run("wipe", disk, "--quick", "--dry-run", "--json").event("Plan")["steps"])
    assert "tools can bring them back" in steps
    before.require()
    done = rescue.run("wipe", disk, "--quick", *rescue.confirm(disk))
    assert "OK: wipe. The disk looks empty. All of it was read back." in done.err
    assert tool("wipefs", "--noheadings", disk) == ""
    for start in (0, MIB, 35 * MIB, 83 * MIB, SIZE - MIB):
        assert read(disk, start, MIB) == bytes(MIB)
    assert read(disk, 40 * MIB, MIB) == middle
    assert partitions(disk) == []
    rescue.run("undo", disk, *rescue.confirm(disk))
    assert table_of(disk) == table
    before.require()


def test_refusals(rescue: Rescue, attach: Attach, gpt: tuple[Path, Content], tmp_path: Path) -> None:
    disk, locked = attach(gpt[0]), attach(8 * MIB, "locked.img", read_only=True)
    rescue = rescue.seeing(disk, locked)
    before = [untouched(disk), untouched(locked)]
    for quick in ((), ("--quick",)):
        words = ("wipe", disk, *quick)
        rescue.refused(*words, code=17, says=f"Nobody confirmed that {disk} is overwritten")
        rescue.refused(*words, "--yes", code=17, says="--yes alone")
        rescue.refused(*words, "--yes", "--confirm", "source", code=17, says="is not the identity")
        rescue.refused("wipe", f"{disk}p1", *quick, *rescue.confirm(disk), code=13, says="is a partition of")
        rescue.refused("wipe", locked, *quick, *rescue.confirm(locked), code=15, says="It is read-only.")
        rescue.refused("wipe", "/dev/nothing", *quick, code=13, says="There is no /dev/nothing")
        tool("mount", "-o", "ro,noload", f"{disk}p2", str(tmp_path))
        try:
            rescue.refused(*words, *rescue.confirm(disk), code=15, says="is mounted")
        finally:
            tool("umount", str(tmp_path))
    for each in before:
        each.require()
    assert kits(rescue) == []


def test_changed_since_it_was_shown(rescue: Rescue, attach: Attach) -> None:
    """Between plan and run in another process, and while the question waits."""
    disk = attach(SIZE)
    junk(disk)
    rescue = rescue.seeing(disk)
    digest = rescue.run("wipe", disk, "--dry-run", "--json").event("Plan")["digest"]
    assert rescue.run("wipe", disk, "--dry-run", "--json").event("Plan")["digest"] == digest
    with asked(rescue, "wipe", disk) as question:
        tool("sfdisk", "--quiet", "--no-reread", "--no-tell-kernel", disk, text=GPT)
        settle(disk)
        before = untouched(disk)
        question.answer("target.img", code=18)
    words = ("wipe", disk, *rescue.confirm(disk), "--plan", digest)
    rescue.refused(*words, code=17, says="not the one that was confirmed")
    before.require()
    digest = rescue.run("wipe", disk, "--no-verify", "--dry-run", "--json").event("Plan")["digest"]
    rescue.run("wipe", disk, "--no-verify", *rescue.confirm(disk), "--plan", digest)
    assert read(disk, 0, SIZE) == bytes(SIZE)


def test_interrupted(rescue: Rescue, tmp_path: Path) -> None:
    """No table, a sentence about the state, and it can be run again."""
    image = fill(tmp_path / "target.img")
    with faulty(image, Faults(write_rate=16 * MIB), tmp_path / "slow") as disk:
        tool("sfdisk", "--quiet", "--no-reread", "--no-tell-kernel", disk.device, text=GPT)
        settle(disk.device)
        program = rescue.seeing(disk.device)
        job = program.start("wipe", disk.device, *program.confirm(disk.device), "--json")
        assert job.stdout is not None
        said = []
        while '"Progress"' not in (line := job.stdout.readline()):
            assert line
            said.append(line)
        job.send_signal(signal.SIGTERM)
        done = finished(job, code=130)
        assert f"{disk.device} has no partition table now, and is not wiped to its end" in done.err
        assert json.loads(done.out.splitlines()[-1])["event"] == "Error"
        assert read(disk.device, 0, MIB) == bytes(MIB)
        assert read(disk.device, SIZE - MIB, MIB) == bytes(MIB)
        assert any(read(disk.device, SIZE - 8 * MIB, 4 * MIB))
        assert partitions(disk.device) == []


def test_sectors_that_take_no_write(rescue: Rescue, tmp_path: Path) -> None:
    """Everything else is overwritten; PARTIAL, with the exact place."""
    image = fill(tmp_path / "target.img")
    bad = 50 * MIB + 8192
    with faulty(image, Faults(unwritable=(bad,)), tmp_path / "bad") as disk:
        program = rescue.seeing(disk.device)
        done = program.run("wipe", disk.device, *program.confirm(disk.device), "--json", code=3)
    result = done.event("JobFinished")
    assert result["outcome"] == "PARTIAL"
    assert result["not_overwritten"] == [[bad, 4096]]
    assert "4096 bytes took no zeros" in Path(result["report"]).read_text()
    data = image.read_bytes()
    assert not any(data[:bad])
    assert any(data[bad : bad + 4096])
    assert not any(data[bad + 4096 :])


def test_target_that_is_gone(rescue: Rescue, tmp_path: Path) -> None:
    with faulty(blank(tmp_path / "target.img", SIZE), Faults(write_rate=16 * MIB), tmp_path / "bad") as disk:
        program = rescue.seeing(disk.device)
        job = program.start("wipe", disk.device, *program.confirm(disk.device), "--json")
        assert job.stdout is not None
        while '"Progress"' not in (line := job.stdout.readline()):
            assert line
        disk.vanish()
        done = finished(job, code=21)
    assert "does not answer any more" in done.err
    assert done.event("JobFinished")["outcome"] == "FAILED"
