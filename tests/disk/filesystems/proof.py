"""The test that a map is right: keep the used bytes, put junk everywhere else, and nothing is missing."""

from __future__ import annotations

import os
import random
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rescue.extents import Extents
from rescue.filesystems import UsedMap, check, used_map
from tests.disk.filesystems import trees

_PIECE = 1 << 20
_JUNK = random.Random(5).randbytes(_PIECE - 1) + b"\xa5"

Mounter = Callable[[Path], "Iterator[Path]"]


def run(*argv: str, stdin: bytes = b"") -> str:
    """Run a program that has to succeed; its output."""
    done = subprocess.run(argv, input=stdin, capture_output=True, check=False)
    assert done.returncode == 0, (
        f"{argv}: {done.stdout.decode(errors='replace')} {done.stderr.decode(errors='replace')}"
    )
    return done.stdout.decode(errors="replace")


def blank(path: Path, size: int) -> Path:
    """A sparse file of zeros, old bytes gone."""
    path.unlink(missing_ok=True)
    with path.open("wb") as stream:
        stream.truncate(size)
    return path


def measure(image: Path, fstype: str | None, scratch: Path) -> UsedMap:
    """The map of an image file; the image is the same afterwards and the scratch directory empty."""
    before = image.stat()
    scratch.mkdir(exist_ok=True)
    result = used_map(str(image), before.st_size, fstype, scratch=scratch)
    assert image.stat().st_mtime_ns == before.st_mtime_ns, "the source was written"
    assert not list(scratch.iterdir()), "temporary files are left"
    return result


def junked(image: Path, used: Extents, target: Path) -> Path:
    """A copy of `image` that has its used bytes and junk everywhere else."""
    size = image.stat().st_size
    with image.open("rb") as source, blank(target, size).open("r+b") as sink:
        for start, end in used.complement(size):
            _junk(sink.fileno(), start, end)
        for start, end in used:
            for position in range(start, end, _PIECE):
                piece = os.pread(source.fileno(), min(_PIECE, end - position), position)
                if piece.strip(b"\0"):
                    os.pwrite(sink.fileno(), piece, position)
    return target


def _junk(sink: int, start: int, end: int) -> None:
    for position in range(start, end, _PIECE):
        os.pwrite(sink, _JUNK[: end - position], position)


@contextmanager
def mounted(image: Path, *options: str, kind: str = "auto") -> Iterator[Path]:
    """Mount an image file with the kernel's own driver; unmounted at the end."""
    point = image.with_suffix(".mnt")
    point.mkdir(exist_ok=True)
    run("mount", "-t", kind, "-o", ",".join(("loop", *options)), str(image), str(point))
    try:
        yield point
    finally:
        run("umount", str(point))
        _await_detached(image)


def _await_detached(image: Path, seconds: float = 30) -> None:
    """A mount namespace that somebody made meanwhile keeps the file system mounted for a moment longer."""
    deadline = time.monotonic() + seconds
    while run("losetup", "--associated", str(image)):
        assert time.monotonic() < deadline, f"{image} is still attached"
        time.sleep(0.02)


@contextmanager
def fuse(command: str, device: str, point: Path, *options: str) -> Iterator[Path]:
    """Mount with a FUSE driver ("ntfs-3g", "mount.exfat-fuse"); everything is written when the block ends."""
    point.mkdir(exist_ok=True)
    run(command, device, str(point), *(("-o", ",".join(options)) if options else ()))
    try:
        yield point
    finally:
        run("umount", str(point))
        _await_unwritten(device)


def _await_unwritten(device: str, seconds: float = 30) -> None:
    """A FUSE driver still writes its last words after the unmount."""
    deadline = time.monotonic() + seconds
    while any(_holds(process, device) for process in Path("/proc").glob("[0-9]*")):
        assert time.monotonic() < deadline, f"{device} is still open"
        time.sleep(0.02)


def _holds(process: Path, device: str) -> bool:
    try:
        return process.name != str(os.getpid()) and any(
            str(fd.readlink()) == device for fd in (process / "fd").iterdir()
        )
    except OSError:
        return False


def demand_clean(image: Path, fstype: str) -> None:
    """The file system's own checker finds nothing."""
    result = check(str(image), fstype, scratch=image.parent)
    assert result.clean, f"{result.tool}: {result.text}"


def picture(image: Path, *options: str, kind: str = "auto") -> dict[str, trees.Entry]:
    """What a kernel mount of the image shows."""
    with mounted(image, *options, kind=kind) as root:
        return trees.picture(root)


def assert_raw(result: UsedMap, image: Path, reason: str) -> None:
    """All blocks, and the report says why."""
    assert result.raw_reason is not None
    assert reason in result.raw_reason
    assert result.method == "raw"
    assert result.used == Extents.whole(image.stat().st_size)


def overwrite(image: Path, offset: int, data: bytes) -> None:
    """Change bytes of an image."""
    with image.open("r+b") as stream:
        stream.seek(offset)
        stream.write(data)
