"""What a running job says: typed events to one sink. The terminal, the TUI and `--json` read the same stream."""

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from enum import Enum
from typing import Any

from rescue.language import N_, _

_NAMES = {"JobFailed": "Error"}
_MEANINGS = {
    "OK": N_("Everything is there."),
    "PARTIAL": N_("Something is missing. Do not rely on this as your only copy."),
    "FAILED": N_("This did not work."),
}
_VERDICTS = {"OK": N_("OK"), "PARTIAL": N_("PARTIAL"), "FAILED": N_("FAILED")}
_PHASES = {
    "scan": N_("scan"),
    "back up": N_("back up"),
    "restore": N_("restore"),
    "clone": N_("clone"),
    "write": N_("write"),
    "format": N_("format"),
    "verify": N_("verify"),
    "check": N_("check"),
    "test": N_("test"),
    "wipe": N_("wipe"),
}
_JOBS = {
    "backup": N_("backup"),
    "restore": N_("restore"),
    "clone": N_("clone"),
    "stick": N_("stick"),
    "verify": N_("verify"),
    "check": N_("check"),
    "format": N_("format"),
    "surface": N_("surface"),
    "table save": N_("table save"),
    "table restore": N_("table restore"),
    "undo": N_("undo"),
    "wipe": N_("wipe"),
}


def job_word(job: str) -> str:
    """What a job is called, for people; the job's own name is for scripts, in every language."""
    return _(_JOBS.get(job, job))


class Outcome(Enum):
    """How a region or a job ended. There is nothing between these."""

    OK = "OK"
    PARTIAL = "PARTIAL"
    FAILED = "FAILED"

    @property
    def meaning(self) -> str:
        """What a person should make of it."""
        return _(_MEANINGS[self.value])

    @property
    def word(self) -> str:
        """The verdict for people; the value is for scripts, in every language."""
        return _(_VERDICTS[self.value])

    @staticmethod
    def worst(outcomes: "list[Outcome]") -> "Outcome":
        """The verdict over many: one failed part is a failed job. OK for none."""
        order = list(Outcome)
        return max(outcomes, key=order.index, default=Outcome.OK)


class Phase(Enum):
    """What the job does at the moment. The value is for scripts, in every language."""

    SCAN = "scan"
    BACKUP = "back up"
    RESTORE = "restore"
    CLONE = "clone"
    STICK = "write"
    FORMAT = "format"
    VERIFY = "verify"
    CHECK = "check"
    SURFACE = "test"
    WIPE = "wipe"

    @property
    def word(self) -> str:
        """The same for people."""
        return _(_PHASES.get(self.value, self.value))


@dataclass(frozen=True, slots=True)
class JobStarted:
    """A job begins; `steps` is the plan's own description, a line each, `parts` what it will copy, in this order."""

    job: str
    steps: tuple[str, ...]
    parts: tuple["Part", ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a job: the region's name and description, and its bytes to copy."""

    name: str
    text: str
    size: int


@dataclass(frozen=True, slots=True)
class Progress:
    """`done` of `total` bytes of a phase. `current` names what is being copied."""

    phase: Phase
    done: int
    total: int
    current: str


@dataclass(frozen=True, slots=True)
class Note:
    """Something that a person should know. `region` is empty where it concerns the whole job."""

    region: str
    text: str

    @property
    def line(self) -> str:
        """The note for people."""
        return f"{self.region}: {self.text}" if self.region else self.text


@dataclass(frozen=True, slots=True)
class Touched:
    """From here on the target at `path` is no longer what it was: its first byte is about to be written."""

    path: str


@dataclass(frozen=True, slots=True)
class RegionFinished:
    """The result of one region, with its reasons where it is not simply OK."""

    region: str
    outcome: Outcome
    reasons: tuple[str, ...] = ()

    @property
    def line(self) -> str:
        """The result for people."""
        return " ".join([f"{self.region}: {self.outcome.word}.", *self.reasons])


@dataclass(frozen=True, slots=True)
class JobFinished:
    """The result of the job. `detail` holds what scripts want: ids, counts in bytes, seconds."""

    job: str
    outcome: Outcome
    detail: dict[str, object]


@dataclass(frozen=True, slots=True)
class JobFailed:
    """The job ended with an error instead of a result: the sentence, what to do, and the exit code of the command."""

    message: str
    hint: str
    exit_code: int


Event = JobStarted | Progress | Note | Touched | RegionFinished | JobFinished | JobFailed
Sink = Callable[[Event], None]


def nowhere(event: Event) -> None:
    """A sink for those who do not listen."""


def as_json(event: Event) -> dict[str, object]:
    """The event as one JSON object; `event` names its kind, and the details of a result stand beside it."""
    plain = {key: value.value if isinstance(value, Enum) else value for key, value in asdict(event).items()}
    return {"event": _NAMES.get(type(event).__name__, type(event).__name__), **plain.pop("detail", {}), **plain}


def from_json(document: object) -> Event | None:
    """Inverse of `as_json`; None for what is no event, or one of a newer program."""
    if isinstance(document, dict):
        with suppress(KeyError, ValueError, TypeError):
            return _READERS[document["event"]](document)
    return None


def _finished(found: dict[str, Any]) -> JobFinished:
    detail = {key: value for key, value in found.items() if key not in ("event", "job", "outcome")}
    return JobFinished(found["job"], Outcome(found["outcome"]), detail)


_READERS: dict[str, Callable[[dict[str, Any]], Event]] = {
    "JobStarted": lambda each: JobStarted(
        each["job"], tuple(each["steps"]), tuple(Part(**part) for part in each["parts"])
    ),
    "Progress": lambda each: Progress(Phase(each["phase"]), each["done"], each["total"], each["current"]),
    "Note": lambda each: Note(each["region"], each["text"]),
    "Touched": lambda each: Touched(each["path"]),
    "RegionFinished": lambda each: RegionFinished(each["region"], Outcome(each["outcome"]), tuple(each["reasons"])),
    "JobFinished": _finished,
    "Error": lambda each: JobFailed(each["message"], each["hint"], each["exit_code"]),
}


class Thinned:
    """Passes all events on, but of Progress at most two a second, and the last of each phase. For one thread."""

    INTERVAL_SECONDS = 0.5

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._phase: Phase | None = None
        self._last = 0.0

    def send(self, event: Event) -> None:
        """Pass it on, or not."""
        if isinstance(event, Progress):
            now = time.monotonic()
            soon = event.phase is self._phase and now - self._last < self.INTERVAL_SECONDS
            if soon and event.done < event.total:
                return
            self._phase, self._last = event.phase, now
        self._sink(event)


class Meter:
    """Counts bytes of one phase and sends at most ten Progress events a second. Used by one thread."""

    INTERVAL_SECONDS = 0.1

    def __init__(self, sink: Sink, phase: Phase, total: int) -> None:
        self._sink = sink
        self._phase = phase
        self._total = total
        self._done = 0
        self._last = 0.0

    def advance(self, count: int, current: str) -> None:
        """Add `count` bytes that belong to `current`."""
        self._done += count
        now = time.monotonic()
        if now - self._last >= self.INTERVAL_SECONDS or self._done >= self._total:
            self._last = now
            self._sink(Progress(self._phase, self._done, self._total, current))
