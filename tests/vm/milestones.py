"""When a machine reached what: where the time of a start goes."""

from __future__ import annotations

import re
import time

# What tells of a step on the serial port, the control sequences included.
_SIGNS = {
    "first output": re.compile(r"[^\s]"),
    "kernel": re.compile(r"Linux version \d|EFI stub: |Decompressing Linux|Loading, please wait|Kernel panic - "),
    "full screen": re.compile(r"\x1b\[\?1049h"),
}
_OVERLAP = 64


class Milestones:
    """Seconds since the machine was switched on, by what happened then. Each happens once."""

    def __init__(self) -> None:
        self._start = time.monotonic()
        self._end = ""
        self.reached: dict[str, float] = {}

    @property
    def seconds(self) -> float:
        """Seconds since the machine was switched on."""
        return time.monotonic() - self._start

    def note(self, name: str) -> None:
        """Remember that `name` is reached now, unless it was before."""
        self.reached.setdefault(name, self.seconds)

    def observe(self, piece: str) -> None:
        """Look for what tells of a step in the next piece of the serial port's text."""
        text = self._end + piece
        for name, sign in _SIGNS.items():
            if name not in self.reached and sign.search(text):
                self.note(name)
        self._end = text[-_OVERLAP:]

    def __str__(self) -> str:
        """All of them in one line."""
        steps = "".join(f", {name} {seconds:.1f}" for name, seconds in self.reached.items())
        return f"{self.seconds:.1f} s{steps}"
