"""`rescue surface`: every sector is read, what cannot be read is told exactly, and nothing is written."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.disk.cli.disks import SIZE, Content
from tests.disk.cli.faults import Faults, faulty
from tests.disk.cli.harness import MIB, Rescue, finished, mounted, untouched
from tests.disk.cli.test_interrupted import fill

pytestmark = pytest.mark.disk
Attach = Callable[..., str]


def test_a_good_disk(rescue: Rescue, attach: Attach, gpt: tuple[Path, Content], tmp_path: Path) -> None:
    """All of it is read, also while it is mounted, which is told."""
    disk = attach(gpt[0])
    rescue = rescue.seeing(disk)
    before = untouched(disk)
    done = rescue.run("surface", disk, "--json")
    before.require()
    result = done.event("JobFinished")
    assert (result["outcome"], result["read_bytes"], result["unreadable"]) == ("OK", SIZE, [])
    parts = done.event("JobStarted")["parts"]
    assert sum(part["size"] for part in parts) == SIZE
    assert [part["text"] for part in parts if part["name"] == "p2"] == ["p2 ext4 “root”"]
    assert [event["region"] for event in done.events if event["event"] == "RegionFinished"] == [
        part["text"] for part in parts
    ]
    progress = [event for event in done.events if event["event"] == "Progress"]
    assert (progress[-1]["phase"], progress[-1]["done"], progress[-1]["total"]) == ("test", SIZE, SIZE)
    assert Path(result["report"]).read_text().splitlines()[-1] == "OK. Every sector can be read."
    with mounted(f"{disk}p2", tmp_path / "mount", "-o", "ro,noload"):
        done = rescue.run("surface", disk)
    assert "is mounted read-only" not in done.out
    assert f"{disk}p2 is in use" in done.err
    assert "OK. Every sector can be read." in done.err
    done = rescue.run("surface", disk, "--from", str(90 * MIB + 100), "--json")
    assert done.event("JobFinished")["read_bytes"] == 6 * MIB
    assert done.event("JobFinished")["start"] == 90 * MIB


def test_unreadable_sectors(rescue: Rescue, gpt: tuple[Path, Content], tmp_path: Path) -> None:
    """They are told in bytes and sectors, with the partition that they belong to."""
    first, second = 55 * MIB + 8192, 86 * MIB
    with faulty(gpt[0], Faults(unreadable=(first, first + 512, second)), tmp_path / "bad") as disk:
        program = rescue.seeing(disk.device)
        done = program.run("surface", disk.device, "--json", code=3)
        told = program.run("surface", disk.device, code=3).err
    result = done.event("JobFinished")
    assert result["outcome"] == "PARTIAL"
    assert result["unreadable"] == [[first, 4096], [second, 4096]]
    assert result["untried"] == []
    assert result["read_bytes"] == SIZE - 8192
    regions = {event["region"]: event for event in done.events if event["event"] == "RegionFinished"}
    assert {name: event["outcome"] for name, event in regions.items() if event["outcome"] != "OK"} == {
        "p2 ext4 “root”": "PARTIAL",
        "p3 swap “swap”": "PARTIAL",
    }
    sector = first // 512
    words = f"Bytes {first} to {first + 4095} (sectors {sector} to {sector + 7}) cannot be read."
    assert regions["p2 ext4 “root”"]["reasons"] == [words]
    assert words in Path(result["report"]).read_text()
    assert words in told
    assert "8192 bytes cannot be read. Back up what is on this drive" in told


def test_a_disk_whose_table_cannot_be_read_is_tested_all_the_same(rescue: Rescue, tmp_path: Path) -> None:
    with faulty(fill(tmp_path / "disk.img"), Faults(unreadable=(0,)), tmp_path / "bad") as disk:
        done = rescue.seeing(disk.device).run("surface", disk.device, "--json", code=3)
    assert done.event("JobFinished")["unreadable"] == [[0, 4096]]
    assert [part["name"] for part in done.event("JobStarted")["parts"]] == ["disk"]


def test_stopped_on_request_and_gone_on_with(rescue: Rescue, tmp_path: Path) -> None:
    with faulty(fill(tmp_path / "disk.img"), Faults(rate=16 * MIB, uncached=True), tmp_path / "slow") as disk:
        program = rescue.seeing(disk.device)
        job = program.start("surface", disk.device, "--json")
        assert job.stdout is not None
        while '"Progress"' not in (line := job.stdout.readline()):
            assert line
        job.send_signal(signal.SIGTERM)
        done = finished(job, code=130)
        error = json.loads(done.out.splitlines()[-1])
        assert (error["event"], error["exit_code"]) == ("Error", 130)
        _before, _word, position = error["hint"].partition("--from ")
        position = position.partition("`")[0]
        assert 0 < int(position) < SIZE
        rest = program.run("surface", disk.device, "--from", position, "--json")
        assert rest.event("JobFinished")["read_bytes"] == SIZE - int(position)


def test_a_disk_that_is_gone(rescue: Rescue, tmp_path: Path) -> None:
    with faulty(fill(tmp_path / "disk.img"), Faults(rate=16 * MIB, uncached=True), tmp_path / "slow") as disk:
        job = rescue.seeing(disk.device).start("surface", disk.device, "--json")
        assert job.stdout is not None
        while '"Progress"' not in (line := job.stdout.readline()):
            assert line
        disk.vanish()
        done = finished(job, code=20)
    assert "is gone" in done.err
    assert "Tested up to byte" in done.out


def test_refusals(rescue: Rescue, attach: Attach) -> None:
    disk = attach(8 * MIB)
    rescue = rescue.seeing(disk)
    rescue.refused("surface", "/dev/nothing", code=13, says="There is no /dev/nothing")
    rescue.refused("surface", disk, "--from", str(8 * MIB), code=2, says="ends at byte")
    rescue.run("surface", disk, "--from", "-1", code=2)
