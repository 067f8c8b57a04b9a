"""What a drive tells about its own health, as values."""

from dataclasses import asdict, dataclass
from enum import Enum

from rescue.language import _


class State(Enum):
    """The verdict, the worse the later. UNKNOWN is none at all."""

    UNKNOWN = "unknown"
    GOOD = "good"
    WARNING = "warning"
    FAILING = "failing"

    @property
    def sign(self) -> str:
        """One character that stands beside the words, for eyes and terminals without colours."""
        return {State.UNKNOWN: "?", State.GOOD: "+", State.WARNING: "!", State.FAILING: "x"}[self]


@dataclass(frozen=True, slots=True)
class Health:
    """A drive's health. `word` says it in a few words (“healthy”, “failing: 14 sectors lost”), `reasons` in sentences.

    `temperature` is in degrees Celsius. `lines` is everything that the drive counts, for a report. All texts are in the
    person's language and printable, except for names of counters, which are the drive's own.
    """

    state: State
    word: str
    reasons: tuple[str, ...] = ()
    temperature: int | None = None
    power_on_hours: int | None = None
    lines: tuple[str, ...] = ()

    def facts(self) -> str:
        """Temperature and age in a line; empty where neither is known."""
        told = []
        if self.temperature is not None:
            told.append(_("{degrees} °C").format(degrees=self.temperature))
        if self.power_on_hours is not None:
            told.append(_("{hours} hours in use").format(hours=self.power_on_hours))
        return ", ".join(told)

    def to_json(self) -> dict[str, object]:
        """The health as a JSON object, for scripts."""
        return {**asdict(self), "state": self.state.value}
