"""Run the program as a user does, and read what devices hold from their medium."""

from __future__ import annotations

import hashlib
import json
import mmap
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from tests.samples import loop

ROOT = Path(__file__).parents[3]
MIB = 1 << 20
SECONDS = 120.0
_FORBIDDEN = ("Traceback", "Exception ignored", "Exception in thread")


@dataclass(frozen=True)
class Done:
    """A run that has ended."""

    code: int
    out: str
    err: str

    @property
    def events(self) -> list[dict[str, Any]]:
        """The lines of --json."""
        return [json.loads(line) for line in self.out.splitlines()]

    def event(self, name: str) -> dict[str, Any]:
        """The only event of that name."""
        (found,) = [event for event in self.events if event["event"] == name]
        return found


@dataclass(frozen=True)
class Rescue:
    """The program, its visible devices, its state directory and its repository."""

    home: Path
    devices: tuple[str, ...] = ()
    wrapper: tuple[str, ...] = ()
    variables: dict[str, str] = field(default_factory=dict)
    started: list[subprocess.Popen[str]] = field(default_factory=list, compare=False)

    @property
    def repo(self) -> Path:
        """The repository's directory."""
        return self.home / "repo"

    @property
    def state(self) -> Path:
        """Where undo kits and reports go."""
        return self.home / "state"

    def seeing(self, *devices: str) -> Rescue:
        """The same program with other visible devices."""
        return replace(self, devices=devices)

    def wrapped(self, *wrapper: str) -> Rescue:
        """The same program, started by another one."""
        return replace(self, wrapper=wrapper)

    def argv(self, *words: str) -> list[str]:
        """The whole command line."""
        return [*self.wrapper, sys.executable, "-m", "rescue.cli.main", *words]

    def environment(self) -> dict[str, str]:
        """The environment of the program."""
        names = {
            "RESCUE_DEVICES": ",".join(self.devices),
            "RESCUE_STATE_DIR": str(self.state),
            "RESCUE_REPO": str(self.repo),
            "PYTHONPATH": str(ROOT),
        }
        return {**os.environ, **names, **self.variables}

    def start(self, *words: str, **options: Any) -> subprocess.Popen[str]:
        """Start the program without waiting for it."""
        streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
        process = subprocess.Popen(self.argv(*words), env=self.environment(), cwd="/", text=True, **streams)
        self.started.append(process)
        return process

    def kill_all(self) -> None:
        """End what a failed test has left running."""
        for process in self.started:
            if process.poll() is None:
                process.kill()
                process.wait()

    def run(self, *words: str, code: int = 0) -> Done:
        """Run the program to its end and demand its exit code; no traceback is ever shown."""
        return finished(self.start(*words), code=code)

    def refused(self, *words: str, code: int, says: str) -> Done:
        """Run it, demand a refusal with one clear sentence, and nothing on standard output but JSON."""
        done = self.run(*words, code=code)
        assert says in done.err, done.err
        return done

    def confirm(self, device: str) -> tuple[str, str, str]:
        """The options that confirm overwriting the disk of `device`."""
        disks = json.loads(self.run("disks", "--json").out)
        paths = {node["path"]: disk["confirm"] for disk in disks for node in (disk, *disk["parts"])}
        return "--yes", "--confirm", paths[device]


def finished(process: subprocess.Popen[str], *, code: int, seconds: float = SECONDS) -> Done:
    """Wait for the end of the program, demand its exit code and that nothing fell through."""
    try:
        out, err = process.communicate(timeout=seconds)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
    for word in _FORBIDDEN:
        assert word not in err, err
    assert process.returncode == code, f"exit {process.returncode} instead of {code}: {process.args!r}\n{out!s}\n{err}"
    return Done(process.returncode, out or "", err or "")


def wait_until(condition: Callable[[], bool], what: str, seconds: float = 30.0) -> None:
    """Poll a condition; fail with `what` when it does not come true in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not in {seconds} seconds: {what}"
        time.sleep(0.01)


def tool(*argv: str, text: str = "") -> str:
    """Run another program, show what it says if it fails, return what it prints."""
    done = subprocess.run(argv, input=text, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{argv}: {done.stderr or done.stdout}"
    return done.stdout


def blank(path: Path, size: int) -> Path:
    """An empty sparse image."""
    with path.open("wb") as file:
        file.truncate(size)
    return path


def read(device: str, start: int, length: int) -> bytes:
    """Bytes of the medium: O_DIRECT, whatever the caches hold. `start` and `length` on any byte."""
    first, last = start // 4096 * 4096, -(-(start + length) // 4096) * 4096
    fd = os.open(device, os.O_RDONLY | os.O_DIRECT)
    try:
        with mmap.mmap(-1, last - first) as buffer:
            count = os.preadv(fd, [buffer], first)
            assert count >= start + length - first, f"{device} ends at {first + count}"
            return buffer[start - first : start - first + length]
    finally:
        os.close(fd)


def write(device: str, start: int, data: bytes) -> None:
    """Put bytes on the medium."""
    with Path(device).open("r+b") as stream:
        stream.seek(start)
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())
    tool("blockdev", "--flushbufs", device)


def size_of(device: str) -> int:
    """Bytes of a device."""
    return int(tool("blockdev", "--getsize64", device))


def hash_of(device: str) -> str:
    """SHA-256 of everything on the medium. What is written, and still in a cache, is written first."""
    for node in (device, *loop.partitions(device)):
        tool("blockdev", "--flushbufs", node)
    digest = hashlib.sha256()
    size = size_of(device)
    for start in range(0, size, 4 * MIB):
        digest.update(read(device, start, min(4 * MIB, size - start)))
    return digest.hexdigest()


def tree_hash(directory: Path) -> dict[str, str]:
    """Every file below a directory with the hash of its bytes."""
    files = sorted(path for path in directory.rglob("*") if path.is_file())
    return {str(path.relative_to(directory)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def bytes_in(directory: Path) -> int:
    """Bytes of all files below a directory."""
    return sum(path.stat().st_size for path in directory.rglob("*") if path.is_file())


def junk(device: str, seed: int = 1) -> None:
    """Cover a disk with bytes that are no file system, no table and no zeros, and let the kernel forget its parts."""
    piece = random.Random(seed).randbytes(MIB)
    with Path(device).open("r+b") as stream:
        stream.writelines(piece for _ in range(size_of(device) // MIB))
        stream.write(piece[: size_of(device) % MIB])
        stream.flush()
        os.fsync(stream.fileno())
    tool("blockdev", "--flushbufs", device)
    loop.settle(device)


@contextmanager
def mounted(node: str, directory: Path, *options: str) -> Iterator[Path]:
    """The file system on `node`, mounted at `directory`."""
    directory.mkdir(exist_ok=True, parents=True)
    tool("mount", *options, node, str(directory))
    try:
        yield directory
    finally:
        tool("umount", str(directory))


def untouched(device: str) -> Unchanged:
    """A picture of a disk, for a later comparison."""
    return Unchanged(device, hash_of(device))


@dataclass(frozen=True)
class Unchanged:
    """What a disk held."""

    device: str
    before: str

    def require(self) -> None:
        """Fail where a byte of the disk is another now."""
        assert hash_of(self.device) == self.before, f"{self.device} was written"
