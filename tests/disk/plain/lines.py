"""The program as lines on a terminal of its own, and what it said."""

import os
import pty
import re
import select
import subprocess
import sys
import time
from pathlib import Path

PROJECT = Path(__file__).parents[3]
PROMPT = "q leaves Rescue, ? is help:"
_SECONDS = 60.0
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
        """Wait until the words come, in one line or in several, after those that were heard before; all until then."""
        end = time.monotonic() + _SECONDS
        wanted = re.compile(r"\s+".join(map(re.escape, words.split())))
        while (found := wanted.search(self.said, self._from)) is None:
            ready, _, _ = select.select([self._ours], [], [], max(0, end - time.monotonic()))
            assert ready, f"{words!r} did not come: {self.said[-3000:]!r}"
            self.said += os.read(self._ours, 65536).decode(errors="replace")
        heard, self._from = self.said[self._from : found.end()], found.end()
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


def number_of(listed: str, title: str) -> str:
    """The number in front of a title."""
    found = re.search(rf"(\d+)\. {title}", listed)
    assert found, f"no {title} in {listed!r}"
    return found[1]
