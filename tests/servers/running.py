"""A server program while a test uses it."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

_READY_SECONDS = 30.0
_STOP_SECONDS = 10.0


@contextmanager
def running(argv: Sequence[str], log: Path, inside: Sequence[str], port: int) -> Iterator[None]:
    """Run a server until the block ends; it begins when somebody listens at `port` where `inside` leads."""
    words = ["setpriv", "--pdeathsig", "KILL", *argv]
    with (
        log.open("wb") as said,
        subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=said, stderr=said, start_new_session=True) as process,
    ):
        try:
            _wait(process, log, inside, port)
            yield
        finally:
            _end(process)


def _wait(process: subprocess.Popen[bytes], log: Path, inside: Sequence[str], port: int) -> None:
    deadline = time.monotonic() + _READY_SECONDS
    while not _listens(inside, port):
        assert process.poll() is None, f"{process.args!r} has ended:\n{log.read_text()}"
        assert time.monotonic() < deadline, f"{process.args!r} does not listen at {port}:\n{log.read_text()}"
        time.sleep(0.1)


def _listens(inside: Sequence[str], port: int) -> bool:
    argv = [*inside, "ss", "--no-header", "--listening", "--tcp", "--numeric", f"sport = :{port}"]
    return bool(subprocess.run(argv, capture_output=True, check=True).stdout.strip())


def _end(process: subprocess.Popen[bytes]) -> None:
    """The server and what it started for its clients: they are one session."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(_STOP_SECONDS)
