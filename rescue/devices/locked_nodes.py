"""Which nodes running jobs write and which they have write-locked, remembered in /run/rescue.

A job that was killed could not release its locks, and no job may lock what another one writes.

One file a job, held with `flock` while the job lives, so that the kernel itself tells the living from the dead. A node
is remembered with the sequence number of its disk (`diskseq` in sysfs), which no other disk gets until the machine
starts again; /run is empty then.
"""

import fcntl
import json
import os
import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rescue.devices.sysfs import Block
from rescue.errors import RescueError, reason_of
from rescue.language import _

FOLDER = Path("/run/rescue")
_SUFFIX = ".locks"


@dataclass(frozen=True, slots=True)
class Node:
    """A block device as it was locked: `number` is major:minor, `sequence` tells its disk from all others."""

    path: str
    number: str
    sequence: str

    @classmethod
    def at(cls, path: str) -> "Node | None":
        """The device that is at `path` now; None where there is none.

        The lock of a loop device outlives its file and holds for the next one too, so its sequence number is left out.
        """
        block = Block.at(path)
        if block is None:
            return None
        sequence = "" if block.disk.name.startswith("loop") else block.disk.text("diskseq")
        return cls(path, block.text("dev"), sequence)


@dataclass(frozen=True, slots=True)
class Job:
    """A job: its process, whether it lives, the nodes that it locked and those that it writes."""

    file: Path
    pid: int
    alive: bool
    locked: frozenset[Node]
    written: frozenset[Node]


@contextmanager
def alone() -> Iterator[None]:
    """Nobody else locks, releases or remembers while the block runs. RescueError where nothing can be remembered."""
    try:
        FOLDER.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(FOLDER / "mutex", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise RescueError(
            _("Write-locks cannot be remembered in {folder}: {reason}.").format(folder=FOLDER, reason=reason_of(error))
        ) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def remember(locked: Collection[Node], written: Collection[Node]) -> tuple[Path, int]:
    """Note the nodes before they are locked and written: a file, and the descriptor that tells that this job lives."""
    descriptor, name = tempfile.mkstemp(suffix=_SUFFIX, prefix=f"{os.getpid()}-", dir=FOLDER)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    document = {"pid": os.getpid(), "locked": _listed(locked), "written": _listed(written)}
    os.write(descriptor, json.dumps(document).encode())
    return Path(name), descriptor


def jobs() -> list[Job]:
    """All jobs that are remembered, the dead ones too. Call it inside `alone`."""
    return [_read(path) for path in sorted(FOLDER.glob(f"*{_SUFFIX}"))]


def living() -> list[Job]:
    """The jobs that live. Call it inside `alone`."""
    return [job for job in jobs() if job.alive]


def locker(path: str) -> int | None:
    """Process of the job that holds the node at `path` write-locked."""
    node = Node.at(path)
    with alone():
        return next((job.pid for job in living() if node in job.locked), None)


def writer(path: str) -> int | None:
    """Process of the job that writes the disk or partition at `path`, or a part of it."""
    node = Node.at(path)
    with alone():
        return next((job.pid for job in living() if node in job.written), None)


def _listed(nodes: Collection[Node]) -> list[list[str]]:
    return [[node.path, node.number, node.sequence] for node in nodes]


def _read(path: Path) -> Job:
    """A file that was cut off when its writer was killed tells of no node: none was locked yet."""
    with path.open("rb") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            alive = False
        except BlockingIOError:
            alive = True
        found: dict[str, Any] = {"pid": 0, "locked": [], "written": []}
        with suppress(ValueError):
            found |= json.loads(stream.read())
    locked, written = (frozenset(Node(*each) for each in found[name]) for name in ("locked", "written"))
    return Job(path, found["pid"], alive, locked, written)
