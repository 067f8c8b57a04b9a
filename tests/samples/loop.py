"""Loop devices for tests: attach a raw image with its partitions, and always detach it again.

Works with and without a running udevd, and on kernels built without partition table parsers (small virtual machine
kernels often are): util-linux reads the table and tells the kernel, and where nothing makes the device nodes of
partitions, `settle` makes them from the numbers in sysfs.
"""

from __future__ import annotations

import os
import stat
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.samples.process import run

SETTLE_SECONDS = 10.0
_POLL_SECONDS = 0.02
_EXTENDED = ("0x5", "0xf", "0x85")


class LoopError(RuntimeError):
    """A loop device did not reach the wanted state; the message says which and why."""


@contextmanager
def attached(path: Path, *, sector_size: int = 512, read_only: bool = False) -> Iterator[str]:
    """Attach `path` and yield its device ("/dev/loopN"), every partition node present; detach on leaving.

    The device is detached even if the body raises. Raises CommandError if it cannot be attached, LoopError if
    somebody still holds it after the body (a forgotten mount), so that a leak is seen where it happens.
    """
    device = _attach(path, sector_size, read_only)
    try:
        settle(device)
        yield device
    finally:
        _detach(device)


def partition(device: str, number: int) -> str:
    """Return the node of partition `number` of loop device `device`."""
    return f"{device}p{number}"


def partitions(device: str) -> list[str]:
    """Return the nodes of the partitions which the kernel knows on `device`, in order of their numbers."""
    name = Path(device).name
    numbers = sorted(int((entry / "partition").read_text()) for entry in Path("/sys/block", name).glob(f"{name}p*"))
    return [partition(device, number) for number in numbers]


def settle(device: str) -> None:
    """Make the kernel's partitions those of the table on `device`, and wait until each has its node.

    Call it after writing a table. Raises CommandError if a partition that has to go is in use.
    """
    _tell_kernel(device)
    for node in (device, *partitions(device)):
        _await_node(Path(node))


def _attach(path: Path, sector_size: int, read_only: bool) -> str:
    options = ["--read-only"] if read_only else []
    return run(
        "losetup", "--find", "--partscan", "--show", "--sector-size", str(sector_size), *options, "--", str(path)
    ).strip()


def _detach(device: str) -> None:
    """Detach and wait: the kernel only marks a busy device, and forgets it when its last user closes it."""
    backing_file = Path("/sys/block", Path(device).name, "loop/backing_file")
    nodes = [Path(node) for node in partitions(device)]
    run("losetup", "--detach", device)
    if not _until(lambda: not backing_file.exists()):
        raise LoopError(f"{device} is still in use; it detaches when its last user (a mount, an open file) ends")
    for node in nodes:
        if _number_in_sysfs(node) is None:
            node.unlink(missing_ok=True)


def _tell_kernel(device: str) -> None:
    """Remove and add partitions one by one (BLKPG), which needs no parser in the kernel as BLKRRPART does.

    `partx --update` does the same, but stops at the first unused number (util-linux 2.38): 3 of 1, 2, 5, 6.
    """
    wanted, present = _in_table(device), _in_kernel(device)
    for number, place in present.items():
        if wanted.get(number) != place:
            run("delpart", device, str(number))
    for number, place in wanted.items():
        if present.get(number) != place:
            run("addpart", device, str(number), *map(str, place))


def _in_table(device: str) -> dict[int, tuple[int, int]]:
    """Return start and length, in units of 512 bytes, of each partition in the table on `device`, if there is one."""
    argv = ["partx", "--show", "--noheadings", "--output", "NR,START,SECTORS,TYPE", device]
    listing = subprocess.run(argv, capture_output=True, text=True, check=False).stdout
    # As the kernel does it, an extended partition is no longer than its first table needs.
    header = max(2, int(run("blockdev", "--getss", device)) // 512)
    rows = [line.split() for line in listing.splitlines()]
    return {int(nr): (int(start), header if kind in _EXTENDED else int(size)) for nr, start, size, kind in rows}


def _in_kernel(device: str) -> dict[int, tuple[int, int]]:
    entries = [Path("/sys/class/block", Path(node).name) for node in partitions(device)]
    facts = [[int((entry / name).read_text()) for name in ("partition", "start", "size")] for entry in entries]
    return {number: (start, size) for number, start, size in facts}


def _await_node(node: Path) -> None:
    """Give the kernel and udevd a moment to make `node`, then make it here."""
    if _until(lambda: _is_current(node), seconds=0.5):
        return
    number = _number_in_sysfs(node)
    if number is None:
        raise LoopError(f"{node} has left sysfs")
    node.unlink(missing_ok=True)
    os.mknod(node, 0o600 | stat.S_IFBLK, number)
    if not _until(lambda: _is_current(node)):
        raise LoopError(f"{node} does not get the device number that sysfs tells")


def _is_current(node: Path) -> bool:
    try:
        status = node.stat()
    except FileNotFoundError:
        return False
    return stat.S_ISBLK(status.st_mode) and status.st_rdev == _number_in_sysfs(node)


def _number_in_sysfs(node: Path) -> int | None:
    try:
        major, minor = Path("/sys/class/block", node.name, "dev").read_text().split(":")
    except FileNotFoundError:
        return None
    return os.makedev(int(major), int(minor))


def _until(condition: Callable[[], bool], seconds: float = SETTLE_SECONDS) -> bool:
    """Poll `condition` until it holds; return False if it does not within `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL_SECONDS)
    return True
