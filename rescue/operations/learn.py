"""Finds facts about disks, one disk after the other, and remembers them: no drive is asked again at every scan."""

import threading
from collections.abc import Callable

from rescue.cancel import CancelToken
from rescue.devices import smart
from rescue.devices.health import Health
from rescue.devices.model import Disk, Inventory, Partition
from rescue.filesystems import usage
from rescue.operations.facts import Facts, nodes_of

Key = tuple[object, ...]


class FactFinder:
    """Keeps what it learned of each disk and partition until it goes, or changes, or somebody wants it afresh."""

    def __init__(
        self,
        used: Callable[[str, str | None], int | None] = usage.used_bytes,
        health: Callable[[str, CancelToken | None], Health | None] = smart.health,
    ) -> None:
        self._used_bytes, self._health = used, health
        self._lock = threading.Lock()
        self._used: dict[Key, int | None] = {}
        self._healths: dict[Key, Health | None] = {}

    def look(
        self, inventory: Inventory, tell: Callable[[Facts], None], cancel: CancelToken, *, afresh: bool = False
    ) -> None:
        """Tell what is known at once, and again whenever a disk was looked at; first all used space, then all health.

        It takes seconds, and runs in a thread of the caller; calls from several threads wait for one another. It ends
        soon after `cancel`, and raises nothing.
        """
        with self._lock:
            self._forget(inventory, everything=afresh)
            tell(self._facts(inventory))
            for learn in (self._learn_used, self._learn_health):
                for disk in inventory.disks:
                    if cancel.cancelled:
                        return
                    if learn(disk, cancel):
                        tell(self._facts(inventory))

    def _forget(self, inventory: Inventory, *, everything: bool) -> None:
        """Drop what belongs to disks that are gone: whatever comes in their place is looked at."""
        disks = () if everything else inventory.disks
        nodes = {_node_key(node) for disk in disks for node in nodes_of(disk)}
        self._used = {key: used for key, used in self._used.items() if key in nodes}
        drives = {_drive_key(disk) for disk in disks}
        self._healths = {key: health for key, health in self._healths.items() if key in drives}

    def _learn_used(self, disk: Disk, cancel: CancelToken) -> bool:
        """True where there is something new to tell."""
        new = False
        for node in nodes_of(disk) if disk.readable else ():
            key = _node_key(node)
            if key in self._used or cancel.cancelled:
                continue
            self._used[key] = self._used_bytes(node.path, node.filesystem.type) if node.filesystem else None
            new |= self._used[key] is not None
        return new

    def _learn_health(self, disk: Disk, cancel: CancelToken) -> bool:
        key = _drive_key(disk)
        if key in self._healths:
            return False
        told = self._health(disk.path, cancel)
        if cancel.cancelled:
            return False
        self._healths[key] = told
        return told is not None

    def _facts(self, inventory: Inventory) -> Facts:
        used = {node.path: self._used.get(_node_key(node)) for disk in inventory.disks for node in nodes_of(disk)}
        health = {disk.path: self._healths.get(_drive_key(disk)) for disk in inventory.disks}
        return Facts(
            {path: count for path, count in used.items() if count is not None},
            {path: told for path, told in health.items() if told is not None},
        )


def _node_key(node: Disk | Partition) -> Key:
    """Another file system in the same place is another one."""
    start = node.start if isinstance(node, Partition) else 0
    return node.path, start, node.size, node.filesystem


def _drive_key(disk: Disk) -> Key:
    """The drive as a thing: a new partition table makes no other drive."""
    who = disk.identity
    return disk.path, who.wwn, who.serial, who.backing, who.size
