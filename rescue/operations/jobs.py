"""Jobs that outlive the screen: each is the command itself, in a process of its own, and what it says in a file.

    /run/rescue/jobs/<id>/job.json   the command line, a title, when it began, its process
                         /alive      locked by the process as long as it lives: so the kernel tells living from dead
                         /events     what `rescue … --json` prints, a line an event
                         /errors     what it prints beside that

A screen that starts again finds the job there and goes on showing it; a second screen sees it, too. Nothing here
decides anything: the job asks for its confirmation as any command does.
"""

import fcntl
import json
import os
import shutil
import signal
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from rescue import language
from rescue.errors import IntegrityError, RescueError, reason_of
from rescue.events import Event, from_json
from rescue.fields import Fields
from rescue.language import _
from rescue.operations.awake import keep_awake
from rescue.process import python_program, spawn

FOLDER = Path("/run/rescue/jobs")
_LONGEST_LINE = 1 << 20
_NICE = 5
_LARGEST_PID = 1 << 22


@dataclass(frozen=True, slots=True)
class Job:
    """A job that was started. `words` follow `rescue` on its command line; `began` is in seconds since 1970.

    `detail` is what its starter wants to find again, as the flow to which it belongs.
    """

    folder: Path
    pid: int
    title: str
    words: tuple[str, ...]
    began: float
    detail: Mapping[str, str]

    @property
    def id(self) -> str:
        """Its name."""
        return self.folder.name

    @property
    def alive(self) -> bool:
        """True as long as its process lives."""
        return _held(self.folder / "alive")


def start(
    words: tuple[str, ...],
    *,
    title: str,
    detail: Mapping[str, str] | None = None,
    folder: Path = FOLDER,
    program: tuple[str, ...] | None = None,
) -> Job:
    """Start `rescue WORDS --json` away from this terminal. RescueError where no process can be started.

    It gives way to screens, and the computer stays awake until it has ended. `program` stands in for `rescue`.
    """
    try:
        home = _make_home(folder)
        alive = os.open(home / "alive", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise _no_job(folder, error) from error
    try:
        fcntl.flock(alive, fcntl.LOCK_EX)  # belongs to the open file, which the process inherits
        began = time.time()
        command = [*(program or python_program("rescue.cli.main")), *words, "--json"]
        extra = {language.SETTING: language.code()}  # its plan is the one that was shown, to the letter
        pid = spawn(command, output=home / "events", errors=home / "errors", keep=alive, extra=extra, nice=_NICE)
    except BaseException:
        shutil.rmtree(home, ignore_errors=True)
        raise
    finally:
        os.close(alive)
    job = Job(home, pid, title, words, began, dict(detail or {}))
    try:
        _write(job)
    except OSError as error:
        os.kill(pid, signal.SIGTERM)  # nobody would ever find it
        raise _no_job(folder, error) from error
    keep_awake(pid, title)
    return job


def _no_job(folder: Path, error: OSError) -> RescueError:
    return RescueError(_("No job can be started: {why} ({folder}).").format(why=reason_of(error), folder=folder))


def jobs(folder: Path = FOLDER) -> list[Job]:
    """Every job that nobody has dismissed, the oldest first; those that have ended, too."""
    found = (_read(path) for path in folder.glob("*/job.json"))
    return sorted((job for job in found if job is not None), key=lambda job: job.began)


def running(folder: Path = FOLDER) -> list[Job]:
    """The jobs that live."""
    return [job for job in jobs(folder) if job.alive]


def cancel(job: Job) -> None:
    """Ask the job to end in a valid state; a second time, it ends at once. Nothing where it has ended."""
    if job.alive:
        with suppress(ProcessLookupError):
            os.kill(job.pid, signal.SIGTERM)


def dismiss(job: Job) -> None:
    """Forget a job that has ended."""
    if not job.alive:
        shutil.rmtree(job.folder, ignore_errors=True)


class Follower:
    """Reads what a job says, from its first word on. For one thread."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self._place = 0
        self._rest = b""

    def read(self) -> list[Event]:
        """What it said since the last call; complete lines only."""
        try:
            with (self.job.folder / "events").open("rb") as stream:
                stream.seek(self._place)
                data = stream.read()
        except OSError:
            return []
        self._place += len(data)
        *lines, self._rest = (self._rest + data).split(b"\n")
        self._rest = self._rest[-_LONGEST_LINE:]
        return list(_events(lines))

    def errors(self) -> str:
        """The end of what it printed beside its events: where a job died without a word, perhaps the reason."""
        with suppress(OSError):
            return (self.job.folder / "errors").read_bytes()[-4000:].decode(errors="replace")
        return ""


def _events(lines: list[bytes]) -> Iterator[Event]:
    for line in lines:
        with suppress(ValueError):
            event = from_json(json.loads(line))
            if event is not None:
                yield event


def _make_home(folder: Path) -> Path:
    """A new directory for a job, for root's eyes only."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    home = folder / f"{time.time_ns()}-{os.getpid()}"
    home.mkdir(mode=0o700)
    return home


def _write(job: Job) -> None:
    """The last step of starting: who reads it, finds all the rest."""
    document = {"pid": job.pid, "title": job.title, "words": job.words, "began": job.began, "detail": job.detail}
    path = job.folder / "job.json"
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(document))
    fresh.rename(path)


def _read(path: Path) -> Job | None:
    with suppress(OSError, ValueError, KeyError, TypeError, IntegrityError):
        document = json.loads(path.read_bytes())
        found, began = Fields(document, str(path)), float(document["began"])
        pid = found.number("pid", _LARGEST_PID)
        detail = {name: str(value) for name, value in found.mapping("detail").items()}
        if pid > 1:  # never a process group, nor everything there is
            return Job(path.parent, pid, found.text("title"), found.texts("words"), began, detail)
    return None


def _held(path: Path) -> bool:
    """True where another open file holds the lock."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False
