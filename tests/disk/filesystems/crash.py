"""File systems in the state of a crash: much is in the journal, little of it at its place."""

from __future__ import annotations

import fcntl
import os
import random
import struct
from pathlib import Path

from tests.disk.filesystems.proof import mounted, run

# XFS_IOC_GOINGDOWN and EXT4_IOC_SHUTDOWN are the same number; flag 2 stops at once, without flushing the log.
_SHUTDOWN = 0x8004587D
_NO_LOG_FLUSH = 2


def crash(image: Path, *options: str, seed: int = 7, orphan: bool = True, shutdown: bool = True) -> None:
    """Mount, change a lot, make it durable with fsync, leave an open unlinked file, and stop dead.

    The image is what lies on the disk at that moment: an unmount would still write what the block layer caches.
    `shutdown` is for file systems that know the call; the others must not write by themselves for a second.
    """
    frozen = image.with_suffix(".frozen")
    rng = random.Random(seed)
    with mounted(image, *options) as root:
        _settle(root)
        for path in sorted(root.rglob("small*.bin"))[::3]:
            path.unlink()
        folder = root / "after"
        folder.mkdir()
        for number in range(40):
            _durable(folder / f"new{number:04}.bin", rng.randbytes(rng.randrange(1, 20000)))
        _durable(folder / "large.bin", rng.randbytes(3_000_000))
        _durable(root / "large.bin", rng.randbytes(1_000_000))
        open_file = _orphan(root / "orphan.bin", rng) if orphan else None
        root_directory = os.open(root, os.O_RDONLY)
        os.fsync(root_directory)
        if shutdown:
            fcntl.ioctl(root_directory, _SHUTDOWN, struct.pack("I", _NO_LOG_FLUSH))
        run("cp", "--sparse=always", str(image), str(frozen))
        os.close(root_directory)
        if open_file is not None:
            os.close(open_file)
    frozen.replace(image)


def _settle(root: Path) -> None:
    descriptor = os.open(root, os.O_RDONLY)
    os.fsync(descriptor)
    os.close(descriptor)


def _durable(path: Path, content: bytes) -> None:
    with path.open("wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())


def _orphan(path: Path, rng: random.Random) -> int:
    """An open file without a name, of so many extents that they need a tree of their own."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT)
    for number in range(0, 800, 2):
        os.pwrite(descriptor, rng.randbytes(4096), number * 4096)
    os.fsync(descriptor)
    path.unlink()
    return descriptor
