"""Keep a job from writing anything but its target: the kernel refuses writes to all other disks while it runs."""

import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from rescue.devices import locked_nodes
from rescue.devices.blockdev import BlockDevice
from rescue.devices.location import canonical_node
from rescue.devices.locked_nodes import Node
from rescue.devices.model import Disk, Inventory, Use
from rescue.errors import RescueError
from rescue.language import _


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
    its file system would break. Yields what could not be locked. Only disks of `inventory` are touched. A node that
    another job holds locked too stays so until both have ended, and what another job writes is left alone. After a
    SIGKILL the disks stay read-only until `release_stale`, which every job begins with.
    """
    kept = {canonical_node(path) for path in keep}
    chosen, unlocked = _choose(inventory, kept)
    opened: list[BlockDevice] = []
    try:
        opened, unopened = _open(chosen)
        with _locked(opened, _written(inventory, kept)) as refused:
            yield [*unlocked, *unopened, *refused]
    finally:
        for device in opened:
            with suppress(OSError):
                device.close()


def release_stale() -> None:
    """Allow writes again to what jobs that were killed have left locked."""
    with locked_nodes.alone():
        dead = [job for job in locked_nodes.jobs() if not job.alive]
        held = {node for job in locked_nodes.living() for node in job.locked}
        for path in {node.path for job in dead for node in job.locked - held if Node.at(node.path) == node}:
            with suppress(RescueError, OSError), BlockDevice.open(path, direct=False) as device:
                device.set_read_only(False)
        for job in dead:
            job.file.unlink(missing_ok=True)


def _written(inventory: Inventory, kept: Collection[str]) -> set[Node]:
    """The kept nodes, the partitions of a kept disk, and the disk of a kept partition, which must stay writable too."""
    paths = set(kept)
    for disk in inventory.disks:
        parts = {part.path for part in disk.partitions}
        if disk.path in kept:
            paths |= parts
        elif parts & set(kept):
            paths.add(disk.path)
    return {node for path in paths if (node := Node.at(path)) is not None}


def _choose(inventory: Inventory, kept: Collection[str]) -> tuple[list[str], list[Unlocked]]:
    """Paths of what is to be locked, and what is in use for writing; partitions before their disk."""
    chosen: list[str] = []
    unlocked: list[Unlocked] = []
    for disk in inventory.disks:
        if disk.path in kept:
            continue
        for path, written in _nodes(disk, kept):
            if written:
                uses = (_("{path} is {use}").format(path=node, use=use.describe()) for node, use in written)
                unlocked.append(Unlocked(path, "; ".join(uses)))
            else:
                chosen.append(path)
    return chosen, unlocked


def _nodes(disk: Disk, kept: Collection[str]) -> Iterator[tuple[str, list[tuple[str, Use]]]]:
    """What of a disk is to be locked, and by what each is in use for writing."""
    for part in disk.partitions:
        if part.path not in kept:
            yield part.path, [(part.path, use) for use in part.uses if not use.read_only]
    if not any(part.path in kept for part in disk.partitions):
        yield disk.path, [(path, use) for path, use in disk.all_uses() if not use.read_only]


def _open(paths: Collection[str]) -> tuple[list[BlockDevice], list[Unlocked]]:
    """They stay open, so that what is released is what was locked, whatever its name means then."""
    opened, unlocked = [], []
    for path in paths:
        try:
            opened.append(BlockDevice.open(path, direct=False))
        except (RescueError, OSError) as error:
            unlocked.append(Unlocked(path, str(error)))
    return opened, unlocked


@contextmanager
def _locked(devices: Collection[BlockDevice], written: Collection[Node]) -> Iterator[list[Unlocked]]:
    """Set these read-only while the block runs."""
    with locked_nodes.alone():
        ours, refused = _lockable(devices)
        file, descriptor = locked_nodes.remember(ours, written)
        refused += [unlocked for device in ours.values() if (unlocked := _lock(device)) is not None]
    try:
        yield refused
    finally:
        with locked_nodes.alone():
            os.close(descriptor)
            file.unlink(missing_ok=True)
            for node in ours.keys() - {node for job in locked_nodes.living() for node in job.locked}:
                _release(ours[node])


def _lockable(devices: Collection[BlockDevice]) -> tuple[dict[Node, BlockDevice], list[Unlocked]]:
    """What this job locks, or shares the lock of, and what it must not. What a person set read-only stays so."""
    others = locked_nodes.living()
    writers = {node: job.pid for job in others for node in job.written}
    shared = {node for job in others for node in job.locked}
    ours: dict[Node, BlockDevice] = {}
    refused = []
    for device in devices:
        node = Node.at(device.path)
        if node is None:
            refused.append(Unlocked(device.path, _("it is gone")))
        elif node in writers:
            why = _("process {pid}, another job of Rescue, writes it").format(pid=writers[node])
            refused.append(Unlocked(device.path, why))
        elif node in shared or not device.is_read_only():
            ours[node] = device
    return ours, refused


def _lock(device: BlockDevice) -> Unlocked | None:
    try:
        device.set_read_only(True)
    except OSError as error:
        return Unlocked(device.path, str(error))
    return None


def _release(device: BlockDevice) -> None:
    """Allow writes again; the disk may have gone meanwhile, which must not hide how the job ended."""
    with suppress(OSError):
        device.set_read_only(False)
