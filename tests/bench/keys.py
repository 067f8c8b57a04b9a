"""`python -m tests.bench.keys`: how soon a key shows on the screen while a job runs at full speed.

The real program on a terminal of its own, with two sample disks: a backup at full speed on all cores, and a person who
opens the help and closes it again. The time of a key ends when the screen shows what it does. Prints a table and writes
build/bench-keys.json; the same keys without a job stand beside it.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import pty
import select
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyte

from rescue.operations import jobs
from tests.bench import table
from tests.bench.table import Row
from tests.samples import make_backup_drive
from tests.samples.disk import MIB
from tests.samples.loop import attached
from tests.samples.screen import close_places
from tests.vm.emulator import PROJECT

_ROWS, _COLUMNS = 24, 80
_SECONDS = 60.0
_MOST_MILLISECONDS = 100
_PROGRESS_HELP = "Most jobs have two"
_SIZE = 1536 * MIB


class Terminal:
    """The program on a pseudo terminal, and what its screen shows."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._screen = pyte.Screen(_COLUMNS, _ROWS)
        self._stream = pyte.ByteStream(self._screen)
        self._ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", _ROWS, _COLUMNS, 0, 0))
        command = [sys.executable, "-m", "rescue"]
        self.process = subprocess.Popen(
            command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment, start_new_session=True
        )
        os.close(theirs)

    def press(self, keys: str) -> None:
        os.write(self._ours, keys.encode())

    def wait(self, *words: str, gone: str = "") -> None:
        """Until the screen shows all of these words, and not the one that is to be gone."""
        end = time.monotonic() + _SECONDS
        while True:
            shown = "\n".join(self._screen.display)
            if all(word in shown for word in words) and not (gone and gone in shown):
                return
            ready, _, _ = select.select([self._ours], [], [], max(0.0, end - time.monotonic()))
            if not ready:
                raise TimeoutError(f"{words} did not come:\n{shown}")
            self._stream.feed(os.read(self._ours, 65536))

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._ours)


def main() -> int:
    """Measure; 1 where the bound is missed."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.keys", description=__doc__)
    parser.add_argument("--keys", type=int, default=40, metavar="N", help="keys of each kind (%(default)s)")
    options = parser.parse_args()
    rows = list(_measure(options.keys))
    print(f"\n{table.show(rows)}")
    table.save(rows, {"keys": options.keys}, PROJECT / "build/bench-keys.json")
    return 1 if any(row.met is False for row in rows) else 0


def _measure(keys: int) -> Iterator[Row]:
    with _machine() as terminal:
        terminal.wait("Back up", "2 disks")
        yield from _rows("nothing runs", _press(terminal, keys, "This screen shows every disk"), bound=False)
        terminal.press("b")
        terminal.wait("choose what to back up")
        terminal.press("\r")
        terminal.wait("What to back up", "Whole disk")
        terminal.press(" ")
        terminal.wait("[x]")
        terminal.press("\r")
        terminal.wait("Start the backup")
        terminal.press("\r")
        terminal.wait("%")
        yield from _rows("a backup runs at full speed", _press(terminal, keys, _PROGRESS_HELP), bound=True)


def _press(terminal: Terminal, keys: int, page: str) -> list[float]:
    """Milliseconds from key to screen: open the help, which shows the words `page`, close it, and so on."""
    found = []
    for number in range(keys):
        began = time.monotonic()
        if number % 2 == 0:
            terminal.press("\x1bOP")  # F1
            terminal.wait(page)
        else:
            terminal.press("q")
            terminal.wait(gone=page)
        found.append((time.monotonic() - began) * 1000)
        time.sleep(0.05)
    return found


def _rows(name: str, found: list[float], *, bound: bool) -> Iterator[Row]:
    most = _MOST_MILLISECONDS if bound else None
    yield Row(f"{name}: median", statistics.median(found), "ms", most=most)
    yield Row(f"{name}: 95 of 100 keys", statistics.quantiles(found, n=20)[-1], "ms", most=most)


@contextmanager
def _machine() -> Iterator[Terminal]:
    """The program with a disk of random data, so that all cores are busy, and a drive for backups."""
    with tempfile.TemporaryDirectory(dir=PROJECT / "build") as name:
        folder = Path(name)
        source = folder / "source.img"
        subprocess.run(["openssl", "rand", "-out", source, str(_SIZE)], check=True)
        backup = make_backup_drive(folder / "backup.img")
        os.truncate(backup, backup.stat().st_size)
        with attached(source) as one, attached(backup) as two:
            environment = {
                **os.environ,
                "TERM": "xterm-256color",
                "RESCUE_DEVICES": f"{one},{two}",
                "RESCUE_STATE_DIR": str(folder / "state"),
            }
            terminal = Terminal(environment)
            try:
                yield terminal
            finally:
                terminal.close()
                _end_job(one)
                close_places(two)


def _end_job(source: str) -> None:
    """Stop the backup of `source`, which has outlived its screen, and forget it."""
    for job in jobs.jobs():
        if source in job.words:
            jobs.cancel(job)
            while job.alive:
                time.sleep(0.1)
            jobs.dismiss(job)


if __name__ == "__main__":
    sys.exit(main())
