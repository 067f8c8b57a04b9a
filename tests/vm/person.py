"""Somebody at the terminal of a serial line, who sees its screen and nothing else, and whose keys are counted."""

from __future__ import annotations

import re
import time
from pathlib import Path

from tests.vm import picture
from tests.vm.machine import Machine
from tests.vm.terminal import Screen

# An emulated processor draws a screen in a second or two, and in ten while a job takes all of it.
SEE_SECONDS = 120.0
_MOST_ROWS = 60
# A program may take up several keys that come at once in another order: as a person does, wait for what one does.
_REST_SECONDS = 0.6
_MOST_REST_SECONDS = 6.0
_CURSOR = re.compile(r"^[ │┃║]*> +(.*)")
_FRAMES = re.compile(r"[\s│┃║█▌▐|]+")


class Person:
    """Reads, presses keys, types. Everything waits for what has to be on the screen, and for nothing else.

    `keys` are the keys that were pressed, a letter typed counts as one. The machine's terminal has to be the usual one.
    """

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.keys = 0

    def sees(self, *wanted: str | re.Pattern[str], seconds: float = SEE_SECONDS) -> None:
        """Wait until all of it is on the screen at once. Blanks and line ends count as one blank: texts are wrapped."""

        def look() -> bool:
            return all(_shows(self.screen, each) for each in wanted)

        what = " and ".join(repr(each if isinstance(each, str) else each.pattern) for each in wanted)
        self.machine.wait_for(look, f"{what} on the screen", seconds)

    def might_see(self, wanted: str | re.Pattern[str], seconds: float) -> bool:
        """Whether it is on the screen before the time is over."""
        return self.machine.until(lambda: _shows(self.screen, wanted), seconds)

    def presses(self, *names: str) -> None:
        """Press keys one after the other: "b", "enter", "f1"; each when the screen has come to rest after the last."""
        for name in names:
            self._waits_for_rest()
            self.machine.key(name)
            self.keys += 1
        self._waits_for_rest()

    def types(self, text: str) -> None:
        """Type letters into a field."""
        self.machine.send(text)
        self.keys += len(text)
        self._waits_for_rest()

    def deletes(self, count: int) -> None:
        """Take back the last letters of a field one by one: letters that are typed ahead would overtake the key."""
        for _ in range(count):
            self._deletes_one(self.screen)

    def _deletes_one(self, before: str) -> None:
        self.machine.key("backspace")
        self.keys += 1
        self.machine.wait_for(lambda: self.screen != before, "a letter to go", SEE_SECONDS)
        self._waits_for_rest()

    def _waits_for_rest(self) -> None:
        """Until nothing has moved on the screen for a moment; what moves for ever is not waited for."""
        deadline = time.monotonic() + _MOST_REST_SECONDS
        seen, since = self.screen, time.monotonic()
        while time.monotonic() < min(deadline, since + _REST_SECONDS):
            time.sleep(_REST_SECONDS / 10)
            if (now := self.screen) != seen:
                seen, since = now, time.monotonic()

    def moves_to(self, title: str, key: str = "down") -> None:
        """Press `key` until the cursor, a ">" in front of a row, stands before `title`."""
        for _ in range(_MOST_ROWS):
            if title in self.cursor:
                return
            self.presses(key)
        raise AssertionError(f"{key} never comes to {title!r}; the screen shows\n" + "\n".join(self.machine.screen))

    @property
    def screen(self) -> str:
        """The screen as a text of which lines are the rows."""
        return "\n".join(self.machine.screen)

    @property
    def cursor(self) -> str:
        """The row before which the cursor stands; nothing where there is none."""
        return next((row for row in map(_under_cursor, self.machine.screen) if row), "")

    def takes_a_picture(self, path: Path, title: str = "") -> Path:
        """Draw the screen as an SVG file."""

        def draw(terminal: object) -> Path:
            assert isinstance(terminal, Screen)
            return picture.save(terminal, path, title)

        return self.machine.serial.look(draw)


def _shows(screen: str, wanted: str | re.Pattern[str]) -> bool:
    """Whether it is there, frames and the ends of lines left out."""
    pattern = re.compile(re.escape(wanted)) if isinstance(wanted, str) else wanted
    return pattern.search(_FRAMES.sub(" ", screen)) is not None


def _under_cursor(row: str) -> str:
    found = _CURSOR.match(row)
    return found[1] if found else ""
