"""Agree with the kernel about a new table: it shows exactly these partitions, and their device nodes are there."""

import stat
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from rescue import process
from rescue.devices.blockdev import BlockDevice
from rescue.devices.sysfs import Block
from rescue.errors import TableError, ToolError
from rescue.language import _
from rescue.tables import kernel
from rescue.tables.model import Table

_UDEV = Path("/run/udev/control")
_POLL_SECONDS = 0.02
_REREAD_SECONDS = 20.0


def settle(path: str, table: Table, *, deadline: float = 20.0) -> None:
    """Return when the kernel shows the partitions of `table` on the disk at `path`, and udev has named them.

    Call it after `write_table`. TableError that says what differs where this does not come true within `deadline`
    seconds, as when an old partition is mounted. The kernel need not know this kind of table.
    """
    block = Block.at(path)
    if block is None or block.partition_number:
        raise TableError(_("{path} is no whole disk: the kernel shows no partitions of it.").format(path=path))
    end = time.monotonic() + deadline
    with BlockDevice.open(path, direct=False) as disk, suppress(OSError):
        disk.reread_table()  # refused where a partition is in use, or of a loop device without partition scan
    while True:
        with BlockDevice.open(path, direct=False) as disk:
            _tell(disk.fileno(), block, table)
        _await_udev(end)
        if not (differences := list(_differences(block, table))):
            return
        if time.monotonic() > end:
            raise TableError(
                _("The kernel does not show the partitions of the new table on {path}: {differences}").format(
                    path=path, differences=" ".join(differences)
                ),
                hint=_("Unmount what is in use on that disk, or restart the computer."),
            )
        time.sleep(_POLL_SECONDS)


def reread(path: str) -> None:
    """Let the kernel read the table at `path` by itself, and udev look at what it found.

    For a table that is not ours to judge. A kernel that reads no tables, or refuses, goes on with what it knows.
    """
    with BlockDevice.open(path, direct=False) as disk, suppress(OSError):
        disk.reread_table()
    _await_udev(time.monotonic() + _REREAD_SECONDS)


def _tell(fd: int, block: Block, table: Table) -> None:
    """Remove what the table does not have, then add what the kernel does not show. What is refused stays as it is."""
    wanted = kernel.expected(table)
    for shown in kernel.partitions(block):
        entry = wanted.get(shown.number)
        if entry is None and kernel.is_inner(shown, table):
            continue
        if entry is not None and kernel.agrees(shown, entry):
            del wanted[shown.number]
            continue
        with suppress(OSError):
            kernel.remove(fd, shown.number)
    for entry in wanted.values():
        with suppress(OSError):
            kernel.add(fd, table, entry)


def _await_udev(end: float) -> None:
    """Let udev finish with its events, where it runs."""
    if not _UDEV.exists():
        return
    seconds = max(1, int(end - time.monotonic()))
    with suppress(ToolError):  # too slow: the comparison that follows decides
        process.run(["udevadm", "settle", f"--timeout={seconds}"], timeout=seconds + 5)


def _differences(block: Block, table: Table) -> Iterator[str]:
    """What the kernel shows otherwise than the table says, in sentences."""
    wanted = kernel.expected(table)
    for shown in kernel.partitions(block):
        entry = wanted.pop(shown.number, None)
        where = _("bytes {start} to {end}").format(start=shown.start, end=shown.start + shown.size)
        if entry is None:
            if not kernel.is_inner(shown, table):
                yield _("It still has partition {number} ({where}).").format(number=shown.number, where=where)
        elif not kernel.agrees(shown, entry):
            yield _("Partition {number} is {where} instead of {start} to {end}.").format(
                number=shown.number, where=where, start=entry.start, end=entry.end
            )
        elif not _node_is_there(shown.node):
            yield _("{node} is missing.").format(node=shown.node)
    for number in wanted:
        yield _("Partition {number} is missing.").format(number=number)


def _node_is_there(node: str) -> bool:
    try:
        status = Path(node).stat()
    except OSError:
        return False
    block = Block.at(node)
    return stat.S_ISBLK(status.st_mode) and block is not None and block.node == node
