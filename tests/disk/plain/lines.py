"""The program as lines on a terminal of its own, and what it said."""

import re
import time
from pathlib import Path

from tests.disk.terminal import OwnTerminal

PROMPT = "q leaves Rescue, ? is help:"
_SECONDS = 60.0


class Lines(OwnTerminal):
    """Everything that came out of the program is kept."""

    def __init__(self, run: Path, *words: str, **environment: str) -> None:
        """`run` stands in for /run."""
        self.said = ""
        self._from = 0
        super().__init__(run, words, {"TERM": "linux"} | environment)

    def hears(self, words: str) -> str:
        """Wait until the words come, in one line or in several, after those that were heard before; all until then."""
        end = time.monotonic() + _SECONDS
        wanted = re.compile(r"\s+".join(map(re.escape, words.split())))
        while (found := wanted.search(self.said, self._from)) is None:
            piece = self.read(end - time.monotonic())
            assert piece is not None, f"{words!r} did not come: {self.said[-3000:]!r}"
            self.said += piece
        heard, self._from = self.said[self._from : found.end()], found.end()
        return heard

    def ends(self) -> int:
        """Read to the end; the exit code."""
        self.said += self.rest()
        return self.process.wait(timeout=_SECONDS)


def number_of(listed: str, title: str) -> str:
    """The number in front of a title."""
    found = re.search(rf"(\d+)\. {title}", listed)
    assert found, f"no {title} in {listed!r}"
    return found[1]
