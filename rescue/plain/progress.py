"""When a person is told how far a job is, and in which sentence. Pure, but for what it remembers."""

from rescue.events import Phase, Progress
from rescue.language import _
from rescue.units import format_duration, format_size

QUIET_SECONDS = 10.0
_STEP_PERCENT = 5


class Teller:
    """Decides which progress is worth a sentence: the first one of each phase, then after ten seconds *and* 5 % more,
    whichever comes later. Times are in seconds of any clock that only goes forward."""

    def __init__(self) -> None:
        self.last: Progress | None = None
        self._phase: Phase | None = None
        self._began = 0.0
        self._began_at = 0
        self._told = 0.0
        self._told_percent = 0

    def hear(self, event: Progress, now: float) -> str | None:
        """Learn of a progress; the sentence, where it is time for one."""
        self.last = event
        if event.phase is not self._phase:
            self._phase, self._began, self._began_at = event.phase, now, event.done
        elif now - self._told < QUIET_SECONDS or percent(event) - self._told_percent < _STEP_PERCENT:
            return None
        self._told, self._told_percent = now, percent(event)
        return self.now(now)

    def now(self, now: float) -> str:
        """How far it is, in a sentence; also for somebody who asks."""
        event = self.last
        if event is None:
            return _("It has begun.")
        told = _("{doing}: {percent} percent").format(doing=doing(event.phase), percent=percent(event))
        if event.phase is not Phase.CHECK:
            told += _(", {done} of {total}").format(done=format_size(event.done), total=format_size(event.total))
        left = self._left(event, now)
        if left is not None:
            told += _(", about {time} left").format(time=format_duration(left))
        return f"{told}."

    def _left(self, event: Progress, now: float) -> int | None:
        """Seconds that the rest of the phase takes at its mean rate; None while nobody knows."""
        done, seconds = event.done - self._began_at, int(now - self._began)
        if seconds < QUIET_SECONDS or done <= 0:
            return None
        return max(0, event.total - event.done) * seconds // done


def percent(event: Progress) -> int:
    """Whole percent, at most 100."""
    return min(event.done, event.total) * 100 // event.total if event.total else 100


def doing(phase: Phase) -> str:
    """What a phase does, as the beginning of a sentence."""
    names = {
        Phase.SCAN: _("Looking which blocks are used"),
        Phase.BACKUP: _("Backing up"),
        Phase.RESTORE: _("Restoring"),
        Phase.CLONE: _("Cloning"),
        Phase.STICK: _("Writing"),
        Phase.VERIFY: _("Reading back and comparing"),
        Phase.CHECK: _("Checking"),
    }
    return names.get(phase, phase.value)
