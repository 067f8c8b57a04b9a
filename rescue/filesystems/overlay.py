"""A throw-away writable view of a source that is only read.

A qcow2 overlay takes the writes, `qemu-storage-daemon` shows it as one file through FUSE, a loop device makes that a
block device. The source is opened read-only by the storage daemon. Everything is gone when the block ends, however it
ends.
"""

import json
import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rescue import process
from rescue.errors import ToolError
from rescue.filesystems.model import Bench, UnmappableError
from rescue.language import _

_READY_SECONDS = 30.0
_POLL_SECONDS = 0.02


@contextmanager
def overlay(path: str, size: int, bench: Bench) -> Iterator[str]:
    """A loop device ("/dev/loopN") of `size` bytes that reads like `path` and can be written.

    What is written lies under `bench.scratch` and is deleted. ToolError where a part of the road fails.
    """
    with tempfile.TemporaryDirectory(dir=bench.scratch, prefix="overlay-") as name:
        directory = Path(name)
        process.run(["qemu-img", "create", "-q", "-f", "qcow2", str(directory / "writes"), str(size)])
        exported = directory / "disk"
        exported.touch()
        log = directory / "log"
        with process.daemon(_daemon_arguments(path, directory, exported), log) as child, _unmounted(exported):
            _await_export(child, exported, size, log, bench)
            with loop_over(exported) as device:
                yield device


def mount_once(device: str, kind: str, bench: Bench) -> None:
    """Let the kernel mount and unmount an overlay's device, so that it replays journal or log and puts counts right.

    The mount lives in a mount namespace of its own, which ends with the `mount` program: no other program sees it, and
    nothing is left. UnmappableError where the kernel refuses.
    """
    options = "nouuid" if kind == "xfs" else "rw"
    with tempfile.TemporaryDirectory(dir=bench.scratch, prefix="mount-") as point:
        argv = ["unshare", "--mount", "mount", "-t", kind, "-o", options, device, point]
        try:
            process.run(argv, cancel=bench.cancel)
        except ToolError as error:
            raise UnmappableError(
                _("The journal cannot be replayed on a copy: {message}").format(message=error.message)
            ) from error


def _daemon_arguments(path: str, directory: Path, exported: Path) -> list[str]:
    driver = "host_device" if Path(path).is_block_device() else "file"
    source = {
        "node-name": "source",
        "driver": "raw",
        "read-only": True,
        "file": {"driver": driver, "filename": os.path.realpath(path), "locking": "off"},
    }
    writes = {
        "node-name": "writes",
        "driver": "qcow2",
        "discard": "unmap",
        "backing": "source",
        "file": {"driver": "file", "filename": str(directory / "writes")},
    }
    export = {"type": "fuse", "id": "disk", "node-name": "writes", "mountpoint": str(exported), "writable": True}
    argv = ["qemu-storage-daemon"]
    for node in (source, writes):
        argv += ["--blockdev", json.dumps(node)]
    return [*argv, "--export", json.dumps(export)]


def _await_export(child: "subprocess.Popen[bytes]", exported: Path, size: int, log: Path, bench: Bench) -> None:
    """Wait until the export shows the size; ToolError with the daemon's own words when it ends or the time is over."""
    deadline = time.monotonic() + _READY_SECONDS
    while exported.stat().st_size != size:
        if child.poll() is not None or time.monotonic() > deadline:
            words = log.read_text(errors="replace").strip()
            raise ToolError(_("The writable overlay does not start: {words}").format(words=words or _("no message")))
        if bench.cancel is not None:
            bench.cancel.raise_if_cancelled()
        time.sleep(_POLL_SECONDS)


@contextmanager
def _unmounted(exported: Path) -> Iterator[None]:
    """Take the FUSE mount away at the end, even after the daemon was killed."""
    try:
        yield
    finally:
        if _is_mounted(exported):
            process.run(["fusermount3", "-u", "-z", str(exported)], allowed=range(256))


def _is_mounted(exported: Path) -> bool:
    mounts = Path("/proc/self/mountinfo").read_text(encoding="utf-8", errors="replace")
    return any(line.split()[4] == str(exported) for line in mounts.splitlines())


@contextmanager
def loop_over(file: Path) -> Iterator[str]:
    """A loop device ("/dev/loopN") over `file`, which is detached when the block ends."""
    device = process.run(["losetup", "--find", "--show", str(file)]).stdout.decode().strip()
    try:
        yield device
    finally:
        process.run(["losetup", "--detach", device], allowed=range(256))
        _await_detached(device)


def _await_detached(device: str) -> None:
    """The kernel forgets a busy loop device when its last user closes it; give a straggler a moment."""
    backing = Path("/sys/block", Path(device).name, "loop/backing_file")
    deadline = time.monotonic() + _READY_SECONDS
    while backing.exists() and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)
