"""Disks that fail for real: qemu-storage-daemon injects errors or slowness, FUSE and a loop device make it a disk."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.disk.cli.harness import tool, wait_until
from tests.samples.loop import attached

_SECTOR = 512


@dataclass(frozen=True)
class Faults:
    """What is wrong with a disk: bytes that cannot be read or written, and how many bytes a second it does.

    `uncached`: no cache above the daemon answers in its place. Not for a disk that is written: the FUSE export of QEMU
    7.2 mixes up requests that come while it writes, which the loop device sends one by one unless it is uncached.
    """

    unreadable: tuple[int, ...] = ()
    unwritable: tuple[int, ...] = ()
    rate: int = 0
    write_rate: int = 0
    uncached: bool = False


@dataclass
class FaultyDisk:
    """The loop device, and the daemon behind it."""

    device: str
    daemon: subprocess.Popen[bytes] = field(repr=False)

    def vanish(self) -> None:
        """No byte can be read or written from now on, as with a drive that was unplugged."""
        self.daemon.kill()
        self.daemon.wait()


@contextmanager
def faulty(image: Path, faults: Faults, directory: Path) -> Iterator[FaultyDisk]:
    """`image` as a disk with these faults. Everything is gone at the end."""
    directory.mkdir()
    exported = directory / f"faulty-{image.name}"
    exported.touch()
    size = image.stat().st_size
    daemon = subprocess.Popen(_argv(image, exported, faults), stdin=subprocess.DEVNULL)
    try:
        wait_until(lambda: exported.stat().st_size == size or daemon.poll() is not None, "the export is there")
        assert daemon.poll() is None, "qemu-storage-daemon ended"
        with attached(exported) as device:
            if faults.uncached:
                tool("losetup", "--direct-io=on", device)
            yield FaultyDisk(device, daemon)
    finally:
        with suppress(AssertionError):
            tool("fusermount3", "-u", "-z", str(exported))
        daemon.terminate()
        daemon.wait(timeout=20)


def _argv(image: Path, exported: Path, faults: Faults) -> list[str]:
    nodes: list[dict[str, Any]] = [{"node-name": "file", "driver": "file", "filename": os.fspath(image)}]
    nodes.append({"node-name": "raw", "driver": "raw", "file": "file"})
    argv = ["qemu-storage-daemon"]
    rules = [_rule("read", byte) for byte in faults.unreadable] + [_rule("write", byte) for byte in faults.unwritable]
    if rules:
        nodes.append({"node-name": "errors", "driver": "blkdebug", "image": "raw", "inject-error": rules})
    if faults.rate or faults.write_rate:
        limits = {"bps-read": faults.rate, "bps-write": faults.write_rate}
        argv += ["--object", json.dumps({"qom-type": "throttle-group", "id": "slow", "limits": limits})]
        lower = nodes[-1]["node-name"]
        nodes.append({"node-name": "slow", "driver": "throttle", "throttle-group": "slow", "file": lower})
    for node in nodes:
        argv += ["--blockdev", json.dumps(node)]
    export = {
        "type": "fuse", "id": "disk", "node-name": nodes[-1]["node-name"], "mountpoint": str(exported),
        "writable": True, "growable": False,
    }  # fmt: skip
    return [*argv, "--export", json.dumps(export)]


def _rule(kind: str, byte: int) -> dict[str, Any]:
    return {"event": "none", "iotype": kind, "sector": byte // _SECTOR, "errno": 5, "once": False, "immediately": False}
