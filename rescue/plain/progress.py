"""When a person is told how far a job is, and in which sentence. The clock is given to it, in seconds."""

from collections.abc import Sequence

from rescue.events import Event, Phase, Progress
from rescue.flows.progress import Course
from rescue.language import _
from rescue.units import format_size

QUIET_SECONDS = 10.0
_STEP_PERCENT = 5


class Teller:
    """Decides which progress is worth a sentence: the first one of each phase, then after ten seconds *and* 5 % more,
    whichever comes later. `words` are those of the job's command line."""

    def __init__(self, words: Sequence[str]) -> None:
        self._course = Course(words)
        self._phase: Phase | None = None
        self._told = 0.0
        self._told_percent = 0

    def hear(self, event: Event, now: float) -> str | None:
        """Learn what the job said; a sentence, where it is time for one."""
        self._course.hear((event,), now)
        if not isinstance(event, Progress):
            return None
        percent = self._course.percent
        due = now - self._told >= QUIET_SECONDS and percent - self._told_percent >= _STEP_PERCENT
        if event.phase is self._phase and not due:
            return None
        self._phase, self._told, self._told_percent = event.phase, now, percent
        return self.tell(now)

    def tell(self, now: float) -> str:
        """How far it is, in a sentence; also for somebody who asks."""
        course = self._course
        course.hear((), now)
        if course.phase is None:
            return course.sentence()
        told = [_("{percent} percent").format(percent=course.percent)]
        if course.phase is not Phase.CHECK:
            told.append(_("{done} of {total}").format(done=format_size(course.done), total=format_size(course.total)))
        told += filter(None, (course.time_left(now),))
        return f"{course.sentence()}: {', '.join(told)}."
