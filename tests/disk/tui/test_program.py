"""The program itself on terminals: a line of unknown size, one seat for two screens, a shell and back."""

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.disk.terminal import OwnTerminal

pytestmark = pytest.mark.disk
_CONTROL = re.compile(r"\x1b(\[[0-9;?<>=$]*[A-Za-z]|\][^\x07]*\x07)")
_SECONDS = 30.0


class Screen(OwnTerminal):
    """Everything that the program wrote since the last key is kept."""

    def __init__(self, run: Path, term: str, rows: int, columns: int) -> None:
        """`run` stands in for /run."""
        self.raw = ""
        super().__init__(run, (), {"TERM": term}, (rows, columns))

    def press(self, keys: str) -> None:
        self.raw = ""
        super().press(keys)

    def shows(self, *words: str) -> str:
        """Wait until the words came over the line since the last key; everything since then, without control."""
        end = time.monotonic() + _SECONDS
        while not all(word in _CONTROL.sub("", self.raw) for word in words):
            piece = self.read(end - time.monotonic())
            assert piece is not None, f"{words} did not come: {self.raw[-3000:]!r}"
            self.raw += piece
        return _CONTROL.sub("", self.raw)

    def ends(self) -> int:
        """Read to the end; the exit code."""
        self.rest()
        return self.process.wait(timeout=_SECONDS)


Open = Callable[..., Screen]


@pytest.fixture
def screen(tmp_path: Path) -> Iterator[Open]:
    """Opens screens that share a seat, which is not the one of this machine."""
    screens: list[Screen] = []

    def start(term: str, rows: int = 0, columns: int = 0) -> Screen:
        screens.append(Screen(tmp_path, term, rows, columns))
        return screens[-1]

    yield start
    for each in screens:
        each.close()


@pytest.mark.parametrize("term", ["linux", "vt220", "vt100", "xterm-256color"])
def test_a_terminal_that_does_not_tell_its_size(screen: Open, term: str) -> None:
    here = screen(term)
    here.shows("Rescue", "Back up", "RESCUE_DEVICES hides every disk.", "Quit")
    assert not re.search(r"\x1b\[[0-9;]*[34]8;", here.raw)  # no colours but the sixteen
    assert "\x1b[24;1H" in here.raw
    assert "\x1b[25;1H" not in here.raw
    here.press("q")
    assert here.ends() == 0


def test_one_acts_and_the_other_takes_over(screen: Open) -> None:
    first, second = screen("linux", 25, 80), screen("vt220", 24, 80)
    for each in (first, second):
        told = each.shows("Back up", "Shell", "RESCUE_DEVICES hides every disk.", "Quit")
        assert "only looks" not in told
    first.press("b")
    first.shows("choose what to back up")
    second.shows("Rescue is open on pts/", "This screen only looks. T takes over.", "T takes over first")
    second.press("s")
    second.shows("and that screen leads.")
    second.press("\x1b")
    second.shows("T takes over first")
    second.press("t")
    second.shows("Take over? It then only looks.")
    second.press("y")
    second.shows("disks to a drive or a")
    first.shows("took over. This screen only looks. T takes over.")
    second.press("q")
    assert second.ends() == 0
    first.shows("disks to a drive or a")
    first.press("s")
    first.shows("Type “exit” to come back to Rescue.")
    first.press("exit\r")
    first.shows("Back up")
    first.press("q")
    assert first.ends() == 0


def test_a_shell_and_back(screen: Open) -> None:
    here = screen("linux", 25, 80)
    here.shows("Back up", "RESCUE_DEVICES hides every disk.")
    here.press("s")
    here.shows("Type “exit” to come back to Rescue.")
    here.press("pwd; exit\r")
    here.shows("/root", "Back up")
    here.press("q")
    assert here.ends() == 0
