"""Keep a job from writing anything but its target: the kernel refuses writes to all other disks while it runs."""

from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass

from rescue.devices.blockdev import BlockDevice
from rescue.devices.location import canonical_node
from rescue.devices.model import Disk, Inventory, Partition, Use
from rescue.errors import RescueError


@dataclass(frozen=True, slots=True)
class Unlocked:
    """A disk or partition that stays writable although the job has no business there."""

    path: str
    reason: str


@contextmanager
def others_locked(inventory: Inventory, keep: Collection[str]) -> Iterator[list[Unlocked]]:
    """Set every disk and partition read-only but those in `keep`, and restore the former state at the end.

    `keep` holds paths of disks (with all their partitions) and of partitions; the disk of a kept partition stays
    writable because a partition is never writable on a read-only disk. What is in use for writing is left alone:
    its file system would break. Yields what could not be locked. Only disks of `inventory` are touched. After a
    SIGKILL the disks stay read-only until the next start of the machine, or until `blockdev --setrw`.
    """
    kept = {canonical_node(path) for path in keep}
    with ExitStack() as locks:
        yield [each for disk in inventory.disks if disk.path not in kept for each in _lock_disk(disk, kept, locks)]


def _lock_disk(disk: Disk, kept: Collection[str], locks: ExitStack) -> list[Unlocked]:
    parts = [_lock(part, locks) for part in disk.partitions if part.path not in kept]
    unlocked = [each for each in parts if each is not None]
    if any(part.path in kept for part in disk.partitions):
        return unlocked
    written = [(path, use) for path, use in disk.all_uses() if not use.read_only]
    whole = _refused(disk.path, written) or _lock_node(disk.path, locks)
    return [*unlocked, whole] if whole is not None else unlocked


def _lock(part: Partition, locks: ExitStack) -> Unlocked | None:
    return _refused(part.path, [(part.path, use) for use in part.uses if not use.read_only]) or _lock_node(
        part.path, locks
    )


def _refused(path: str, written: list[tuple[str, Use]]) -> Unlocked | None:
    if not written:
        return None
    return Unlocked(path, "; ".join(f"{node} is {use.describe()}" for node, use in written))


def _lock_node(path: str, locks: ExitStack) -> Unlocked | None:
    """Set one node read-only; what was read-only before stays so at the end."""
    try:
        device = BlockDevice.open(path, direct=False)
        locks.callback(device.close)
        if not device.is_read_only():
            device.set_read_only(True)
            locks.callback(_release, device)
    except (RescueError, OSError) as error:
        return Unlocked(path, str(error))
    return None


def _release(device: BlockDevice) -> None:
    """Allow writes again; the disk may have gone meanwhile, which must not hide how the job ended."""
    with suppress(OSError):
        device.set_read_only(False)
