"""While a job runs the kernel refuses writes to every other disk; afterwards, even after SIGKILL, all is as before."""

from __future__ import annotations

import fcntl
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.disk.cli.disks import SIZE, Content, compare
from tests.disk.cli.faults import Faults, FaultyDisk, faulty
from tests.disk.cli.harness import MIB, Rescue, finished, tool, untouched, wait_until
from tests.samples.loop import partitions

pytestmark = pytest.mark.disk
Attach = Callable[..., str]


@pytest.fixture
def slow(gpt: tuple[Path, Content], tmp_path: Path) -> Iterator[FaultyDisk]:
    """The GPT disk, so slow that a job over it is still at work when it is looked at."""
    with faulty(gpt[0], Faults(rate=12 * MIB), tmp_path / "slow") as disk:
        yield disk


def read_only(node: str) -> bool:
    return tool("blockdev", "--getro", node).strip() == "1"


def pause(job: subprocess.Popen[str]) -> None:
    """Stop a process, but not while it keeps all others from locking."""
    with Path("/run/rescue/mutex").open("rb") as mutex:
        fcntl.flock(mutex, fcntl.LOCK_EX)
        job.send_signal(signal.SIGSTOP)


def nodes(*disks: str) -> list[str]:
    return [node for disk in disks for node in (disk, *partitions(disk))]


def test_a_clone_locks_all_but_its_target(rescue: Rescue, attach: Attach, slow: FaultyDisk) -> None:
    target, third, protected = attach(SIZE), attach(MIB, "third.img"), attach(MIB, "protected.img")
    tool("blockdev", "--setro", protected)
    rescue = rescue.seeing(slow.device, target, third, protected)
    confirmed = rescue.confirm(target)
    job = rescue.start("clone", slow.device, target, *confirmed)
    wait_until(lambda: all(map(read_only, nodes(slow.device, third))), "the other disks are locked")
    pause(job)
    assert not read_only(target)
    rescue.refused("clone", slow.device, third, *rescue.confirm(third), code=15, says=f"process {job.pid}")
    rescue.refused("clone", target, third, *rescue.confirm(third), code=15, says=f"process {job.pid}")
    rescue.run("init")
    rescue.refused("backup", target, code=14, says=f"being written by another job of Rescue, process {job.pid}")
    assert all(map(read_only, nodes(slow.device, third)))
    assert not read_only(target)
    job.send_signal(signal.SIGCONT)
    finished(job, code=0)
    assert not any(map(read_only, nodes(slow.device, target, third)))
    assert read_only(protected)
    tool("blockdev", "--setrw", protected)


def test_two_jobs_share_their_locks(rescue: Rescue, slow: FaultyDisk) -> None:
    rescue = rescue.seeing(slow.device)
    rescue.run("init")
    first = rescue.start("backup", slow.device)
    wait_until(lambda: read_only(slow.device), "the source is locked")
    pause(first)
    second = rescue.start("backup", slow.device)
    wait_until(lambda: len(list(Path("/run/rescue").glob(f"{second.pid}-*"))) == 1, "the second job locks too")
    pause(second)
    first.kill()
    first.communicate()
    rescue.run("disks")
    assert read_only(slow.device), "the lock of the job that lives was taken off with that of the killed one"
    second.send_signal(signal.SIGCONT)
    finished(second, code=0)
    assert not any(map(read_only, nodes(slow.device)))
    assert not list(Path("/run/rescue").glob(f"{first.pid}-*"))
    assert not list(Path("/run/rescue").glob(f"{second.pid}-*"))


def test_a_killed_backup_leaves_no_lock_behind(
    rescue: Rescue, attach: Attach, slow: FaultyDisk, gpt: tuple[Path, Content], tmp_path: Path
) -> None:
    """Backed up, killed in a second backup, then restored onto the source itself."""
    rescue = rescue.seeing(slow.device)
    rescue.run("init")
    rescue.run("backup", slow.device)
    job = rescue.start("backup", slow.device)
    wait_until(lambda: read_only(slow.device), "the source is locked")
    job.kill()
    job.communicate()
    assert all(map(read_only, nodes(slow.device))), "the test proves nothing: the lock is gone by itself"
    original = attach(Path(shutil.copy(gpt[0], tmp_path / "original.img")))
    rescue.run("restore", "latest", slow.device, *rescue.confirm(slow.device))
    assert not any(map(read_only, nodes(slow.device)))
    compare(gpt[1], original, slow.device, tmp_path)


def test_what_a_person_protected_stays_so(rescue: Rescue, attach: Attach) -> None:
    source, target = attach(4 * MIB, "source.img"), attach(4 * MIB)
    rescue = rescue.seeing(source, target)
    tool("blockdev", "--setro", target)
    before = untouched(target)
    confirmed = rescue.confirm(target)
    done = rescue.refused("clone", source, target, *confirmed, code=15, says="It is read-only.")
    assert f"blockdev --setrw {target}" in done.err
    before.require()
    assert read_only(target)
    tool("blockdev", "--setrw", target)
    rescue.run("clone", source, target, *confirmed)
