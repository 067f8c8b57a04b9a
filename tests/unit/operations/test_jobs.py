"""Jobs are processes of their own: whoever comes later finds them, follows them and stops them."""

import errno
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rescue import language, process
from rescue.errors import RescueError, ToolError
from rescue.events import JobFailed, JobFinished, JobStarted, Note, Outcome
from rescue.operations import awake, jobs
from rescue.operations.awake import keep_awake
from rescue.operations.jobs import Follower, Job, cancel, dismiss, running, start

PROJECT = Path(__file__).parents[3]
SECONDS = 20.0
# What stands in for the program: a real session, as every command has, which says what it is told to.
PROGRAM = """
import os, sys, time
from argparse import Namespace
from pathlib import Path
from rescue.cli.main import _tell
from rescue.cli.session import session
from rescue.errors import RescueError
from rescue.events import JobFinished, JobStarted, Note, Outcome
options = Namespace(json=True)
gate = Path(sys.argv[1])
def work():
    with session(options) as work:
        work.sink(JobStarted("sample", tuple(sys.argv[2:])))
        work.sink(Note("", f"{os.environ['RESCUE_LANGUAGE']} {os.nice(0)} {os.getsid(0) == os.getpid()}"))
        while not gate.exists():
            work.cancel.raise_if_cancelled()
            time.sleep(0.01)
        print("beside", file=sys.stderr)
        work.sink(JobFinished("sample", Outcome.OK, {"seconds": 1}))
    return 0
try:
    sys.exit(work())
except RescueError as error:
    sys.exit(_tell(error, options))
"""


def until(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.01)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """Where the jobs of a test live; none survives it."""
    folder = tmp_path / "run" / "jobs"
    yield folder
    for job in running(folder):
        os.kill(job.pid, signal.SIGKILL)


@pytest.fixture
def gate(tmp_path: Path) -> Path:
    """The sample job ends when this file is there."""
    return tmp_path / "gate"


@pytest.fixture
def begin(folder: Path, gate: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Job]:
    """Start a sample job and wait for its first words."""
    script = tmp_path / "program.py"
    script.write_text(PROGRAM)
    monkeypatch.setenv("PYTHONPATH", str(PROJECT))

    def go() -> Job:
        program = (sys.executable, str(script))
        job = start((str(gate), "one"), title="Sample", detail={"flow": "test"}, folder=folder, program=program)
        until(lambda: len(Follower(job).read()) >= 2, "the job speaks")
        return job

    return go


def ended(job: Job) -> None:
    until(lambda: not job.alive, "the job ends")


def test_from_start_to_end(begin: Callable[[], Job], folder: Path, gate: Path) -> None:
    job = begin()
    assert job.alive
    assert jobs.jobs(folder) == running(folder) == [job]
    follower = Follower(job)
    assert follower.read() == [
        JobStarted("sample", ("one", "--json")),
        Note("", f"{language.code()} {os.nice(0) + 5} True"),
    ]
    assert follower.read() == []
    gate.touch()
    ended(job)
    assert follower.read() == [JobFinished("sample", Outcome.OK, {"seconds": 1})]
    assert follower.errors() == "beside\n"
    assert jobs.jobs(folder) == [job]
    assert running(folder) == []


def test_two_screens_read_the_same(begin: Callable[[], Job], folder: Path, gate: Path) -> None:
    """The one that comes later from the first word on."""
    job = begin()
    first = Follower(job)
    heard = first.read()
    gate.touch()
    ended(job)
    (found,) = jobs.jobs(folder)
    assert Follower(found).read() == heard + first.read()


def test_a_line_is_read_when_it_is_complete(begin: Callable[[], Job], gate: Path) -> None:
    """Also where the end of a piece is in the middle of a letter; what is no event is passed over."""
    job = begin()
    gate.touch()
    ended(job)
    follower, seen = Follower(job), list[object]()
    text = '{"event": "Note", "region": "", "text": "Größe"}\nno json\n{"event": "Later"}\n[1]\n{"event": 7}\n'
    data = text.encode() * 3 + b'{"event": "Note", "region": "", "te'
    for end in range(len(data) + 1):
        (job.folder / "events").write_bytes(data[:end])
        seen += follower.read()
    assert seen == [Note("", "Größe")] * 3


@pytest.mark.parametrize("times", [1, 2])
def test_cancel(begin: Callable[[], Job], times: int) -> None:
    """Once it ends by itself and says so; a second time it ends at once."""
    job = begin()
    for _ in range(times):
        cancel(job)
    ended(job)
    last = Follower(job).read()[-1]
    if times == 1:
        assert last == JobFailed("Stopped on request.", "", 130)
    assert not isinstance(last, JobFinished)
    cancel(job)  # nothing happens, whoever has that process number now


def test_killed(begin: Callable[[], Job], folder: Path) -> None:
    """The kernel tells that it is dead, whatever it could not say itself."""
    job = begin()
    os.kill(job.pid, signal.SIGKILL)
    ended(job)
    assert not any(isinstance(event, JobFinished | JobFailed) for event in Follower(job).read())
    assert running(folder) == []
    assert jobs.jobs(folder) == [job]


def test_it_outlives_who_started_it(folder: Path, gate: Path, tmp_path: Path) -> None:
    script = tmp_path / "program.py"
    script.write_text(PROGRAM)
    starter = f"""
import sys, time
from pathlib import Path
from rescue.operations.jobs import start
start(({str(gate)!r},), title="Sample", folder=Path({str(folder)!r}), program=(sys.executable, {str(script)!r}))
print("started", flush=True)
time.sleep(60)
"""
    with subprocess.Popen(
        [sys.executable, "-c", starter], env={**os.environ, "PYTHONPATH": str(PROJECT)}, stdout=subprocess.PIPE
    ) as screen:
        assert screen.stdout is not None
        assert screen.stdout.readline() == b"started\n"
        screen.kill()
    (job,) = running(folder)
    follower = Follower(job)
    until(lambda: bool(follower.read()), "it speaks")
    gate.touch()
    ended(job)
    assert isinstance(Follower(job).read()[-1], JobFinished)


def test_dismiss(begin: Callable[[], Job], folder: Path, gate: Path) -> None:
    """What has ended is forgotten, what lives is not."""
    job = begin()
    dismiss(job)
    assert running(folder) == [job]
    gate.touch()
    ended(job)
    dismiss(job)
    dismiss(job)
    assert jobs.jobs(folder) == []
    assert Follower(job).read() == []
    assert Follower(job).errors() == ""
    assert not job.alive


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "\xff",
        '{"pid": 1}',
        '{"pid": 1, "title": "a", "words": [], "began": 1, "detail": {}}',
        '{"pid": 0, "title": "a", "words": [], "began": 1, "detail": {}}',
        '{"pid": -1, "title": "a", "words": [], "began": 1, "detail": {}}',
        '{"pid": "2", "title": "a", "words": [], "began": 1, "detail": {}}',
        '{"pid": 99999999999, "title": "a", "words": [], "began": 1, "detail": {}}',
        '{"pid": 2, "title": 5, "words": [], "began": 1, "detail": {}}',
        '{"pid": 2, "title": "a", "words": "no", "began": 1, "detail": {}}',
        '{"pid": 2, "title": "a", "words": [], "began": "then", "detail": {}}',
        '{"pid": 2, "title": "a", "words": [], "began": null, "detail": {}}',
        '{"pid": 2, "title": "a", "words": [], "began": 1, "detail": []}',
    ],
)
def test_a_damaged_file_is_no_job(begin: Callable[[], Job], folder: Path, text: str) -> None:
    """And hides no other. A number that means many processes is never one to stop."""
    job = begin()
    (folder / "damaged").mkdir()
    (folder / "damaged/job.json").write_bytes(text.encode("latin-1"))
    (folder / "empty").mkdir()
    (folder / "file").touch()
    assert jobs.jobs(folder) == [job]


def test_the_oldest_comes_first(folder: Path) -> None:
    for name, began in (("b", 2.5), ("a", 3.5), ("c", 1.5)):
        (folder / name).mkdir(parents=True)
        document = {"pid": 2, "title": name, "words": ["x"], "began": began, "detail": {}}
        (folder / name / "job.json").write_text(json.dumps(document))
    assert [job.title for job in jobs.jobs(folder)] == ["c", "b", "a"]
    assert [job.alive for job in jobs.jobs(folder)] == [False] * 3


def test_no_job_can_be_started(folder: Path, tmp_path: Path) -> None:
    """It is a sentence, and nothing of it is left."""
    with pytest.raises(ToolError, match="cannot be started"):
        start((), title="Sample", folder=folder, program=(str(tmp_path / "nothing"),))
    assert list(folder.iterdir()) == []
    (tmp_path / "file").touch()
    with pytest.raises(RescueError, match="No job can be started"):
        start((), title="Sample", folder=tmp_path / "file" / "jobs")


def test_a_job_that_nobody_would_find_does_not_run(
    begin: Callable[[], Job], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The memory below /run is full."""

    def full(job: Job) -> None:
        until(lambda: len(Follower(job).read()) >= 2, "the job speaks")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(jobs, "_write", full)
    with pytest.raises(RescueError, match="No space left"):
        begin()
    (home,) = folder.iterdir()
    lost = Job(home, 0, "", (), 0.0, {})
    ended(lost)
    assert Follower(lost).read()[-1] == JobFailed("Stopped on request.", "", 130)


def test_the_computer_stays_awake_as_long_as_the_job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """logind is asked by a process beside the job, which ends after it."""
    told = tmp_path / "told"
    inhibit = tmp_path / "systemd-inhibit"
    inhibit.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" >{told}.new && mv {told}.new {told}\nshift 4\nexec "$@"\n')
    inhibit.chmod(0o755)
    monkeypatch.setattr(awake, "find", lambda tool: str(inhibit) if tool == "systemd-inhibit" else process.find(tool))
    with subprocess.Popen(["sleep", "60"]) as job:
        beside = keep_awake(job.pid, "Back up", logind=tmp_path)
        assert beside is not None
        until(told.exists, "it is asked")
        what, who, why, mode, *command = told.read_text().splitlines()
        assert what == "--what=sleep:shutdown:idle:handle-lid-switch"
        assert (who, mode) == ("--who=Rescue", "--mode=block")
        assert why.endswith("Back up")
        assert f"--pid={job.pid}" in command
        assert Path(f"/proc/{beside}").exists()
        job.kill()
    until(lambda: not Path(f"/proc/{beside}").exists(), "it has ended with the job")


def test_without_logind_nothing_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert keep_awake(os.getpid(), "Back up", logind=tmp_path / "nothing") is None

    def missing(tool: str) -> str:
        raise ToolError(tool)

    monkeypatch.setattr(awake, "find", missing)
    assert keep_awake(os.getpid(), "Back up", logind=tmp_path) is None
