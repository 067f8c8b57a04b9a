"""The program itself on terminals: a line of unknown size, one seat for two screens, a shell and back."""

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.disk
PROJECT = Path(__file__).parents[3]
_CONTROL = re.compile(r"\x1b(\[[0-9;?<>=$]*[A-Za-z]|\][^\x07]*\x07)")
_SECONDS = 30.0
_PROGRAM = 'mount --bind "$1" /run && exec setsid --ctty "$0" -m rescue'


class Screen:
    """The program on a terminal of its own; everything that it wrote."""

    def __init__(self, run: Path, term: str, rows: int, columns: int) -> None:
        """`run` stands in for /run, so that jobs and screens of the machine itself do not matter."""
        self.raw = ""
        self._ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        environment = {
            "PATH": os.environ["PATH"],
            "TERM": term,
            "RESCUE_DEVICES": "",
            "SHELL": "/bin/sh",
            "LANG": "C.UTF-8",
        }
        self.process = subprocess.Popen(
            ["unshare", "--mount", "sh", "-c", _PROGRAM, sys.executable, run],
            cwd=PROJECT,
            env=environment,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
        )
        os.close(theirs)

    def press(self, keys: str) -> None:
        self.raw = ""
        os.write(self._ours, keys.encode())

    def shows(self, *words: str) -> str:
        """Wait until the words came over the line since the last key; everything since then, without control."""
        end = time.monotonic() + _SECONDS
        while not all(word in _CONTROL.sub("", self.raw) for word in words):
            ready, _, _ = select.select([self._ours], [], [], max(0, end - time.monotonic()))
            assert ready, f"{words} did not come: {self.raw[-3000:]!r}"
            self.raw += os.read(self._ours, 65536).decode(errors="replace")
        return _CONTROL.sub("", self.raw)

    def ends(self) -> int:
        """Read to the end; the exit code."""
        try:
            while os.read(self._ours, 65536):
                pass
        except OSError:  # the other end is closed
            pass
        return self.process.wait(timeout=_SECONDS)

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._ours)


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
