"""Jobs that are stopped: on request, or killed at any moment."""

from __future__ import annotations

import random
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.disk.cli.disks import Content
from tests.disk.cli.faults import Faults, faulty
from tests.disk.cli.harness import MIB, Rescue, finished, hash_of, tool, wait_until

pytestmark = pytest.mark.disk
Attach = Callable[..., str]
SIZE = 96 * MIB


def fill(image: Path, seed: int = 0) -> Path:
    """A disk of bytes that do not compress, 4 MiB after 4 MiB different."""
    with image.open("wb") as stream:
        for number in range(SIZE // (4 * MIB)):
            stream.write(random.Random(seed * 1000 + number).randbytes(4 * MIB))
    return image


def packs(rescue: Rescue) -> list[Path]:
    return [path for path in (rescue.repo / "packs").rglob("*") if path.is_file() and len(path.name) == 64]


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_stopped_backup_is_continued(rescue: Rescue, tmp_path: Path, how: signal.Signals) -> None:
    image = fill(tmp_path / "source.img")
    with faulty(image, Faults(rate=16 * MIB), tmp_path / "slow") as disk:
        rescue = rescue.seeing(disk.device)
        rescue.run("init")
        job = rescue.start("backup", disk.device, "--name", "stopped")
        wait_until(lambda: bool(packs(rescue)), "a pack is written")
        began = time.monotonic()
        job.send_signal(how)
        done = finished(job, code=130)
        assert time.monotonic() - began < 4
        assert done.out == ""
        assert "Stopped" in done.err
        assert tool("blockdev", "--getro", disk.device).strip() == "0"
        assert rescue.run("list", "--json").out == ""
        rescue.run("check", "--read-data")
        stored = sum(path.stat().st_size for path in packs(rescue))
        detail = rescue.run("backup", disk.device, "--json").event("JobFinished")
        assert detail["new_bytes"] <= SIZE - stored + MIB
        rescue.run("verify", "latest")


def test_second_signal_ends_at_once(rescue: Rescue, tmp_path: Path) -> None:
    """The drive does not answer, so that the first signal does not end the job."""
    image = fill(tmp_path / "source.img")
    with faulty(image, Faults(rate=MIB), tmp_path / "slow") as disk:
        rescue = rescue.seeing(disk.device)
        rescue.run("init")
        job = rescue.start("backup", disk.device)
        wait_until(lambda: tool("blockdev", "--getro", disk.device).strip() == "1", "the job reads")
        disk.daemon.send_signal(signal.SIGSTOP)
        job.send_signal(signal.SIGINT)
        assert job.stderr is not None
        while "Stopping" not in (line := job.stderr.readline()):
            assert line, finished(job, code=0)
        job.send_signal(signal.SIGINT)
        disk.daemon.send_signal(signal.SIGCONT)
        finished(job, code=-signal.SIGINT, seconds=20)
        rescue.run("disks")
        assert tool("blockdev", "--getro", disk.device).strip() == "0"


def test_killed_at_any_moment(rescue: Rescue, attach: Attach, tmp_path: Path) -> None:
    """After every kill the first snapshot is whole, nothing is locked, and what was stored is found again."""
    source = attach(fill(tmp_path / "source.img"))
    rescue = rescue.seeing(source)
    rescue.run("init")
    first = rescue.run("backup", source, "--name", "first").out.strip()
    before = hash_of(source)
    moments = random.Random(20)
    for turn in range(1, 7):
        with Path(source).open("r+b") as stream:
            for number in range(SIZE // (4 * MIB)):
                stream.seek(number * 4 * MIB)
                stream.write(turn.to_bytes(4, "big"))
        job = rescue.start("backup", source)
        time.sleep(moments.uniform(0.3, 1.5))  # the moment of the kill, not a synchronisation
        job.kill()
        job.communicate()
        rescue.run("check")
        assert first in rescue.run("list", "--json").out
        rescue.run("disks")
        assert tool("blockdev", "--getro", source).strip() == "0"
    rescue.run("check", "--read-data")
    rescue.run("verify", first)
    stored = {path.name for path in packs(rescue)}
    rescue.run("backup", source, "--name", "last", "--verify")
    assert stored <= {path.name for path in packs(rescue)}
    target = attach(SIZE)
    rescue = rescue.seeing(source, target)
    rescue.run("restore", "first", target, *rescue.confirm(target))
    assert hash_of(target) == before
    rescue.run("restore", "last", target, *rescue.confirm(target))
    assert hash_of(target) == hash_of(source) != before
    rescue.run("prune")
    rescue.run("verify", first)
    rescue.run("check", "--read-data")


def test_interrupted_clone(rescue: Rescue, gpt: tuple[Path, Content], attach: Attach, tmp_path: Path) -> None:
    """The disk has no table then, so that nobody takes it for a good one; the report tells; it can be undone,
    also after the same job was killed, and once more ran to its end: what was half written is never brought back."""
    image, target = fill(tmp_path / "big.img"), attach(gpt[0])
    tool("sfdisk", "--quiet", str(image), text="label: gpt\nsize=90MiB\n")
    table = tool("sfdisk", "--dump", target)
    with faulty(image, Faults(rate=16 * MIB), tmp_path / "slow") as slow:
        program = rescue.seeing(slow.device, target)
        job = program.start("clone", slow.device, target, *program.confirm(target), "--json")
        assert job.stdout is not None
        while '"Progress"' not in (line := job.stdout.readline()):
            assert line, finished(job, code=0)
        job.send_signal(signal.SIGINT)
        done = finished(job, code=130)
    result = done.event("JobFinished")
    assert result["outcome"] == "FAILED"
    assert "FAILED" in {region["outcome"] for region in result["regions"].values()}
    assert "incomplete and must not be used" in done.err
    assert Path(result["report"]).read_text().splitlines()[-1].startswith("FAILED.")
    assert subprocess.run(["sfdisk", "--dump", target], capture_output=True, check=False).returncode != 0
    source = attach(image)
    rescue = rescue.seeing(source, target)
    killed = rescue.start("clone", source, target, *rescue.confirm(target), "--json", "--no-verify")
    assert killed.stdout is not None
    while '"Progress"' not in (line := killed.stdout.readline()):
        assert line
    killed.kill()
    killed.communicate()
    rescue.run("clone", source, target, *rescue.confirm(target))
    assert tool("sfdisk", "--dump", target) != table
    for _ in range(2):
        rescue.run("undo", target, *rescue.confirm(target))
        assert tool("sfdisk", "--dump", target) == table
