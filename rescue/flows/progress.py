"""How far a job is, as values and words: what it said is folded into one state that every screen can show.

Pure: the clock is given to it, in seconds that only go on. For one thread.
"""

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum

from rescue.events import Event, JobStarted, Note, Outcome, Part, Phase, Progress, RegionFinished
from rescue.flows.rate import Rate
from rescue.language import N_, _
from rescue.units import format_duration

MEASURE_SECONDS = 10.0
STALL_SECONDS = 20.0
_STEADY_SECONDS = 60.0
_KEPT_SAMPLES = 300
_DOING = {
    Phase.SCAN: N_("Looking for what is used on {part}"),
    Phase.BACKUP: N_("Copying {part} into the backup"),
    Phase.RESTORE: N_("Writing {part} back to the disk"),
    Phase.CLONE: N_("Copying {part} to the other disk"),
    Phase.STICK: N_("Writing {part} to the stick"),
    Phase.FORMAT: N_("Making {part}"),
    Phase.VERIFY: N_("Reading {part} back and comparing it"),
    Phase.CHECK: N_("Checking {part}"),
    Phase.SURFACE: N_("Reading {part}"),
    Phase.WIPE: N_("Overwriting {part} with zeros"),
}
_SELF_READING = ("restore", "clone", "stick")  # these read back what they wrote unless they are told not to


class PartState(Enum):
    """Where a part is on its way; the value is its sign."""

    WAITING = "·"
    RUNNING = ">"
    DONE = "+"
    PARTIAL = "!"
    FAILED = "x"


@dataclass(frozen=True, slots=True)
class PartView:
    """One part: `done` of its bytes in the present step, and the reasons where its result is not simply OK."""

    part: Part
    state: PartState
    done: int
    reasons: tuple[str, ...] = ()


class Course:
    """What a job has said so far, and how fast it goes. `words` are those of its command line."""

    def __init__(self, words: Sequence[str]) -> None:
        self.parts: tuple[Part, ...] = ()
        self.phase: Phase | None = None
        self.done = 0
        self.total = 0
        self.current = ""
        self.log: list[str] = []
        self.reads_back = reads_back(words)
        self._same_drive = bool(words) and words[0] in _SELF_READING
        self._results: dict[str, RegionFinished] = {}
        self._rate, self._steady = Rate(), Rate(_STEADY_SECONDS)
        self._phase_began = 0.0
        self._moved: float | None = None
        self._samples: deque[int] = deque(maxlen=_KEPT_SAMPLES)
        self._sampled: tuple[float, int] | None = None

    def hear(self, events: Iterable[Event], now: float) -> None:
        """Learn what the job said until `now`. Called often, also where it said nothing: so a stall is seen."""
        for event in events:
            self._moved = now
            self._learn(event, now)
        if self.phase is not None:
            self._rate.add(now, self.done)
            self._steady.add(now, self.done)
            self._sample(now)

    @property
    def percent(self) -> int:
        """Of the present step, rounded down: 100 means all of it."""
        return min(self.done, self.total) * 100 // self.total if self.total else 0

    @property
    def step(self) -> tuple[int, int]:
        """Which of how many steps this is: copying, and reading back where the job does that."""
        return (2 if self.phase is Phase.VERIFY and self.reads_back else 1), (2 if self.reads_back else 1)

    def rate(self) -> int:
        """Bytes a second now."""
        return self._rate.per_second()

    def samples(self, count: int) -> list[int]:
        """Bytes in each of the last `count` seconds, the newest last; fewer where fewer are known."""
        return list(self._samples)[-count:] if count > 0 else []

    def quiet(self, now: float) -> float:
        """Seconds since the job said anything."""
        return 0.0 if self._moved is None else now - self._moved

    def time_left(self, now: float) -> str:
        """How long it will take, as honest as it can be said; empty where there is nothing to measure."""
        if self.quiet(now) >= STALL_SECONDS:
            return _("nothing has moved for {time}").format(time=format_duration(int(self.quiet(now))))
        if self.phase is None or not self.total:
            return ""
        speed = self._steady.per_second()
        if now - self._phase_began < MEASURE_SECONDS or speed <= 0:
            return _("measuring how long it takes")
        return self._told(-(-(self.total - self.done) // speed), speed)

    def _told(self, seconds: int, speed: int) -> str:
        if self.phase is Phase.VERIFY or not self.reads_back:
            return _("{time} left").format(time=rounded(seconds))
        if self._same_drive:  # what was just written is read back from the same drive, at least as fast
            return _("{time} left, reading back included").format(time=rounded(seconds + self.total // speed))
        return _("{time} left, then it is read back").format(time=rounded(seconds))

    def sentence(self) -> str:
        """What goes on now."""
        if self.phase is None:
            return _("Preparing: nothing has been copied yet.")
        place = next((n for n, part in enumerate(self.parts, 1) if self._named(part)), 0)
        of = _(" ({number} of {count})").format(number=place, count=len(self.parts)) if place else ""
        return _(_DOING[self.phase]).format(part=self.current) + of

    def views(self) -> tuple[PartView, ...]:
        """Every part with its state. Parts are copied in their order, so that what is done tells which one runs."""
        found, left = [], self.done if self.phase is not None else 0
        for part in self.parts:
            done = min(part.size, left)
            left -= done
            found.append(self._view(part, done, running=self._runs(part, done, left)))
        return tuple(found)

    def _runs(self, part: Part, done: int, left: int) -> bool:
        """True for the part that the job names; where it names none of them, for the one that is not yet full."""
        if self.phase is None:
            return False
        if any(self._named(each) for each in self.parts):
            return self._named(part)
        return 0 < done < part.size and left == 0

    def _named(self, part: Part) -> bool:
        return self.current in (part.text, part.name)

    def _view(self, part: Part, done: int, *, running: bool) -> PartView:
        result = self._results.get(part.text) or self._results.get(part.name)
        if result is not None:
            states = {
                Outcome.OK: PartState.DONE,
                Outcome.PARTIAL: PartState.PARTIAL,
                Outcome.FAILED: PartState.FAILED,
            }
            return PartView(part, states[result.outcome], done, result.reasons)
        if done >= part.size and self.phase is not None and not running:
            return PartView(part, PartState.DONE, done)
        return PartView(part, PartState.RUNNING if running else PartState.WAITING, done)

    def _learn(self, event: Event, now: float) -> None:
        match event:
            case JobStarted(parts=parts):
                self.parts = parts
            case Progress(phase=phase):
                if phase is not self.phase:
                    self._enter(phase, now)
                self.done, self.total, self.current = event.done, event.total, event.current
            case Note():
                self.log.append(event.line)
            case RegionFinished():
                self._results[event.region] = event
                self.log.append(event.line)

    def _enter(self, phase: Phase, now: float) -> None:
        """A new step is measured anew."""
        self.phase, self._phase_began = phase, now
        self._rate, self._steady = Rate(), Rate(_STEADY_SECONDS)
        self._samples.clear()
        self._sampled = None

    def _sample(self, now: float) -> None:
        if self._sampled is None:
            self._sampled = (now, self.done)
        began, done = self._sampled
        if now - began >= 1.0:
            self._samples.append(int((self.done - done) / (now - began)))
            self._sampled = (now, self.done)


def reads_back(words: Sequence[str]) -> bool:
    """True for the command line of a job that reads back what it has written."""
    if not words or words[0] not in ("backup", *_SELF_READING):
        return False
    return "--verify" in words if words[0] == "backup" else "--no-verify" not in words


def rounded(seconds: int) -> str:
    """A duration that claims no more than is known."""
    minutes = (seconds + 30) // 60
    if seconds < 60:
        return _("less than a minute")
    if minutes >= 20:
        minutes = (minutes + 2) // 5 * 5 if minutes < 60 else (minutes + 5) // 10 * 10
    if minutes < 60:
        return _("about {minutes} min").format(minutes=minutes)
    hours, rest = divmod(minutes, 60)
    if rest and hours < 10:
        return _("about {hours} h {minutes} min").format(hours=hours, minutes=rest)
    return _("about {hours} h").format(hours=(minutes + 30) // 60)


def sparkline(values: Sequence[int], width: int) -> tuple[str, str]:
    """The last `width` values as two rows of half blocks, the upper one first; a dot where nothing moved."""
    shown = list(values)[-width:]
    highest = max(shown, default=0)
    levels = [min(4, -(-value * 4 // highest)) if value > 0 and highest else 0 for value in shown]
    upper = "".join(" ▄█"[max(0, level - 2)] for level in levels)
    lower = "".join("·▄█"[min(2, level)] for level in levels)
    return upper.rjust(width), lower.rjust(width)
