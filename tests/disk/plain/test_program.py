"""`rescue --plain` on a terminal: lines only, a shell and back, one seat for two, two ways to end it."""

import os
import pty
import re
import select
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.disk
PROJECT = Path(__file__).parents[3]
_SECONDS = 30.0
_PROGRAM = 'run=$1; shift; mount --bind "$run" /run && exec setsid --ctty "$0" -m rescue "$@"'


class Lines:
    """The program on a terminal of its own; everything that came out of it."""

    def __init__(self, run: Path, *words: str, **environment: str) -> None:
        """`run` stands in for /run, so that jobs and screens of the machine itself do not matter."""
        self.said = ""
        self._from = 0
        self._ours, theirs = pty.openpty()
        settings = {
            "PATH": os.environ["PATH"],
            "TERM": "linux",
            "RESCUE_DEVICES": "",
            "SHELL": "/bin/sh",
            "LANG": "C.UTF-8",
        }
        self.process = subprocess.Popen(
            ["unshare", "--mount", "sh", "-c", _PROGRAM, sys.executable, run, *words],
            cwd=PROJECT,
            env=settings | environment,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
        )
        os.close(theirs)

    def press(self, keys: str) -> None:
        os.write(self._ours, keys.encode())

    def hears(self, words: str) -> str:
        """Wait until the words come after those that were heard before; all that came until then."""
        end = time.monotonic() + _SECONDS
        while (place := self.said.find(words, self._from)) < 0:
            ready, _, _ = select.select([self._ours], [], [], max(0, end - time.monotonic()))
            assert ready, f"{words!r} did not come: {self.said[-3000:]!r}"
            self.said += os.read(self._ours, 65536).decode(errors="replace")
        heard, self._from = self.said[self._from : place + len(words)], place + len(words)
        return heard

    def ends(self) -> int:
        """Read to the end; the exit code."""
        try:
            while data := os.read(self._ours, 65536):
                self.said += data.decode(errors="replace")
        except OSError:  # the other end is closed
            pass
        return self.process.wait(timeout=_SECONDS)

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._ours)


Open = Callable[..., Lines]
PROMPT = "q leaves Rescue, ? is help:"


@pytest.fixture
def lines(tmp_path: Path) -> Iterator[Open]:
    """Opens programs that share a seat, which is not the one of this machine."""
    opened: list[Lines] = []

    def start(*words: str, **environment: str) -> Lines:
        opened.append(Lines(tmp_path, *words, **environment))
        return opened[-1]

    yield start
    for each in opened:
        each.close()


def number_of(listed: str, title: str) -> str:
    """The number in front of a title."""
    found = re.search(rf"(\d+)\. {title}", listed)
    assert found, f"no {title} in {listed!r}"
    return found[1]


@pytest.mark.parametrize(
    ("words", "environment"), [(["--plain"], {}), ([], {"TERM": "dumb"}), ([], {"RESCUE_PLAIN": "1"})]
)
def test_lines_and_nothing_else(lines: Open, words: list[str], environment: dict[str, str]) -> None:
    here = lines(*words, **environment)
    listed = here.hears(PROMPT)
    here.press("\n")
    here.hears("This is the first page.")
    here.press("?\n")
    here.hears(PROMPT)
    here.press(number_of(listed, "Shell") + "\n")
    here.hears("Type “exit” to come back to Rescue.")
    here.press("pwd; exit\n")
    here.hears("/root\r\n")
    here.hears("Back in Rescue.")
    here.hears(PROMPT)
    here.press("q\n")
    assert here.ends() == 0
    assert "\r" not in here.said.replace("\r\n", "")
    assert "\x1b" not in here.said
    assert all(len(line) <= 80 for line in here.said.splitlines())


def test_ctrl_c_leaves_it(lines: Open) -> None:
    here = lines("--plain")
    here.hears(PROMPT)
    here.press("\x03")
    assert here.ends() == 130
    assert "Rescue is left. A job that runs goes on." in here.said
    assert "Traceback" not in here.said


def test_the_end_of_the_input_leaves_it(lines: Open) -> None:
    here = lines("--plain")
    here.hears(PROMPT)
    here.press("\x04")
    assert here.ends() == 0
    assert "Traceback" not in here.said


def test_one_acts_and_the_other_takes_over(lines: Open) -> None:
    first, second = lines("--plain"), lines("--plain")
    shell = number_of(first.hears(PROMPT), "Shell")
    assert "only looks" not in second.hears(PROMPT)
    first.press(f"{shell}\nexit\n")
    first.hears("Back in Rescue.")
    first.hears(PROMPT)
    second.press(f"{shell}\n")
    second.hears("leads now, and somebody may be sitting there.")
    second.hears("anything else does not:")
    second.press("\n")
    second.hears("Nothing was changed.")
    assert "Rescue is open on pts/" in second.hears(PROMPT)
    second.press(f"{shell}\n")
    second.hears("anything else does not:")
    second.press("y\n")
    second.hears("Type “exit”")
    first.press(f"{shell}\n")
    first.hears("took over. This one only looks from now on.")
    assert "Type “exit”" not in first.hears(PROMPT)
    second.press("exit\n")
    second.hears(PROMPT)
    for each in (first, second):
        each.press("q\n")
        assert each.ends() == 0
