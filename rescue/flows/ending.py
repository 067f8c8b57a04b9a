"""How a job ended, as a value, and what a person is told about it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rescue.events import Event, JobFailed, JobFinished, Note, Outcome, RegionFinished, Touched
from rescue.operations.jobs import Job


@dataclass(frozen=True, slots=True)
class Ending:
    """A job that has ended. `error` is its sentence where it did not end by itself in peace; `finished` its own result.

    Neither is there where its process was killed. `touched`: the target is not what it was.
    """

    job: Job
    regions: tuple[RegionFinished, ...]
    notes: tuple[Note, ...]
    finished: JobFinished | None
    error: JobFailed | None
    touched: bool = False

    @property
    def outcome(self) -> Outcome:
        """The verdict: FAILED for every job that gave no result."""
        return Outcome.FAILED if self.finished is None or self.error is not None else self.finished.outcome


def ending_of(job: Job, events: Sequence[Event]) -> Ending:
    """The ending that the events of a job tell."""
    return Ending(
        job=job,
        regions=tuple(_regions(events)),
        notes=tuple(event for event in events if isinstance(event, Note)),
        finished=next((event for event in reversed(events) if isinstance(event, JobFinished)), None),
        error=next((event for event in reversed(events) if isinstance(event, JobFailed)), None),
        touched=any(isinstance(event, Touched) for event in events),
    )


def _regions(events: Sequence[Event]) -> Iterable[RegionFinished]:
    """Each region once, in the order of the job: the worse of what was said when it was copied and when read back."""
    found: dict[str, RegionFinished] = {}
    for event in events:
        if isinstance(event, RegionFinished):
            before = found.get(event.region, event)
            worse = Outcome.worst([before.outcome, event.outcome])
            found[event.region] = event if event.outcome is worse else before
    return found.values()


@dataclass(frozen=True, slots=True)
class Closing:
    """What is said about an ending: a verdict in a few words, what happened, in what state things are, what to do next.

    `answers` are small letters with what they do, beside closing.
    """

    headline: str
    lines: tuple[str, ...]
    answers: tuple[tuple[str, str], ...] = ()
