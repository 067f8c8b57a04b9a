"""A server process in the foreground: started, awaited until its port is open, stopped with all its children."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

READY_SECONDS = 30.0
_POLL_SECONDS = 0.05


class ServerError(RuntimeError):
    """A server did not start; the message holds what it said."""


@dataclass
class Daemon:
    """One server. `namespace` is a network namespace made by `ip netns add`, None for that of the test.

    It can be killed and started again while its context is open: as a server that crashes and comes back.
    """

    argv: Sequence[str]
    address: str
    port: int
    log: Path
    namespace: str | None = None
    child: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait until it listens. ServerError with its own words where it does not."""
        with self.log.open("ab") as log:
            self.child = subprocess.Popen(
                [*within(self.namespace), *self.argv],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        deadline = time.monotonic() + READY_SECONDS
        while not self._listens():
            if self.child.poll() is not None or time.monotonic() > deadline:
                self.kill()
                raise ServerError(f"{self.argv}: {self.log.read_text(errors='replace')[-2000:]}")
            time.sleep(_POLL_SECONDS)

    def kill(self) -> None:
        """End the server and every process that serves a connection, at once."""
        if self.child is None:
            return
        for pid in _family(self.child.pid):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.child.wait()
        self.child = None

    def _listens(self) -> bool:
        """Asked of the kernel's table of sockets, so that the server sees no connection that it would log or count."""
        options = ["-H", "-l", "-t", "-n", f"sport = :{self.port}"]
        argv = [*within(self.namespace), "ss", *options]
        return bool(subprocess.run(argv, capture_output=True, check=True).stdout.strip())


@contextmanager
def running(daemon: Daemon) -> Iterator[Daemon]:
    """The server, up while the block runs."""
    daemon.start()
    try:
        yield daemon
    finally:
        daemon.kill()


def within(namespace: str | None) -> list[str]:
    """What comes before a command line to run it in a network namespace."""
    return ["ip", "netns", "exec", namespace] if namespace else []


def free_port(address: str = "127.0.0.1") -> int:
    """A port that nobody listens on now."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family) as probe:
        probe.bind((address, 0))
        return int(probe.getsockname()[1])


def _family(pid: int) -> list[int]:
    """A process and all its descendants, wherever they have put themselves."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            fields = entry.read_text(errors="replace").rpartition(")")[2].split()
            children.setdefault(int(fields[1]), []).append(int(entry.parent.name))
    found = [pid]
    for each in found:
        found += children.get(each, [])
    return found
