"""The program itself on a terminal of its own."""

import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios
from collections.abc import Mapping, Sequence
from pathlib import Path

PROJECT = Path(__file__).parents[2]
_PROGRAM = 'run=$1; shift; mount --bind "$run" /run && exec setsid --ctty "$0" -m rescue "$@"'


class OwnTerminal:
    """Keys go in, and everything that the program writes comes out."""

    def __init__(
        self, run: Path, words: Sequence[str], environment: Mapping[str, str], size: tuple[int, int] | None = None
    ) -> None:
        """`run` stands in for /run, so that jobs and screens of the machine itself do not matter; `size` is in rows and
        columns, None for a terminal that does not tell it."""
        self._ours, theirs = pty.openpty()
        if size is not None:
            fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", *size, 0, 0))
        usual = {"PATH": os.environ["PATH"], "RESCUE_DEVICES": "", "SHELL": "/bin/sh", "LANG": "C.UTF-8"}
        self.process = subprocess.Popen(
            ["unshare", "--mount", "sh", "-c", _PROGRAM, sys.executable, run, *words],
            cwd=PROJECT,
            env=usual | dict(environment),
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
        )
        os.close(theirs)

    def press(self, keys: str) -> None:
        """Type."""
        os.write(self._ours, keys.encode())

    def read(self, seconds: float) -> str | None:
        """What comes next; None where nothing comes for so long."""
        ready, _, _ = select.select([self._ours], [], [], max(0.0, seconds))
        return os.read(self._ours, 65536).decode(errors="replace") if ready else None

    def rest(self) -> str:
        """Everything until the program ends."""
        said = ""
        try:
            while data := os.read(self._ours, 65536):
                said += data.decode(errors="replace")
        except OSError:  # the other end is closed
            pass
        return said

    def close(self) -> None:
        """End it, in any case."""
        self.process.kill()
        self.process.wait()
        os.close(self._ours)
