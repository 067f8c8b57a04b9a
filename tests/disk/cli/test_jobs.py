"""A real backup as a job: the screen that started it is killed, the job goes on, and another screen follows it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.disk.cli.faults import Faults, faulty
from tests.disk.cli.harness import MIB, Rescue, wait_until
from tests.disk.cli.test_interrupted import SIZE, fill

pytestmark = pytest.mark.disk
STARTER = """
import sys, time
from pathlib import Path
from rescue.operations.commands import command
from rescue.operations.jobs import start
from rescue.operations.prepare import BackupRequest
request = BackupRequest((sys.argv[1],), sys.argv[2], name="job", verify=True)
start(command(request), title="Back up", folder=Path(sys.argv[3]))
time.sleep(600)
"""
FOLLOWER = """
import json, sys, time
from pathlib import Path
from rescue.events import as_json
from rescue.operations.jobs import Follower, jobs
(job,) = jobs(Path(sys.argv[1]))
follower, alive = Follower(job), True
while alive:
    alive = job.alive
    for event in follower.read():
        print(json.dumps(as_json(event)), flush=True)
    time.sleep(0.05)
"""
CANCELLER = """
import sys
from pathlib import Path
from rescue.operations.jobs import cancel, jobs
(job,) = jobs(Path(sys.argv[1]))
cancel(job)
"""


def python(rescue: Rescue, code: str, *words: str) -> subprocess.Popen[str]:
    """A process that uses jobs as a screen does."""
    argv = [sys.executable, "-c", code, *words]
    process = subprocess.Popen(argv, env=rescue.environment(), cwd="/", stdout=subprocess.PIPE, text=True)
    rescue.started.append(process)
    return process


def events_of(folder: Path) -> str:
    return "".join(path.read_text() for path in folder.glob("*/events"))


def pid_of(folder: Path) -> int:
    (file,) = folder.glob("*/job.json")
    return int(json.loads(file.read_text())["pid"])


@pytest.mark.parametrize("how", ["to its end", "stopped"])
def test_the_screen_dies_and_the_job_goes_on(rescue: Rescue, tmp_path: Path, how: str) -> None:
    rescue.run("init")
    jobs = tmp_path / "jobs"
    with faulty(fill(tmp_path / "source.img"), Faults(rate=16 * MIB, uncached=True), tmp_path / "slow") as disk:
        program = rescue.seeing(disk.device)
        screen = python(program, STARTER, disk.device, str(rescue.repo), str(jobs))
        wait_until(lambda: '"Progress"' in events_of(jobs), "the job has begun")
        os.kill(screen.pid, signal.SIGKILL)
        screen.wait()
        assert '"JobFinished"' not in events_of(jobs)
        try:
            follower = python(program, FOLLOWER, str(jobs))
            if how == "stopped":
                assert python(program, CANCELLER, str(jobs)).wait() == 0
            said, _ = follower.communicate(timeout=120)
        finally:
            if Path(f"/proc/{pid_of(jobs)}").exists():
                os.kill(pid_of(jobs), signal.SIGKILL)
    events = [json.loads(line) for line in said.splitlines()]
    (started,) = [event for event in events if event["event"] == "JobStarted"]
    assert sum(part["size"] for part in started["parts"]) == SIZE
    if how == "stopped":
        assert (events[-1]["event"], events[-1]["exit_code"]) == ("Error", 130)
        assert rescue.run("list", "--json").out == ""
        rescue.run("check", "--read-data")
        return
    assert (events[-1]["event"], events[-1]["outcome"]) == ("JobFinished", "OK")
    progress = [event for event in events if event["event"] == "Progress"]
    assert {event["phase"] for event in progress} == {"back up", "verify"}
    assert len(progress) < 2 * events[-1]["seconds"] + 8
    assert rescue.run("list", "--json").events[0]["id"] == events[-1]["snapshot"]
    rescue.run("verify", "job")
