"""Finds facts about disks, one disk after the other, and remembers them: no drive is asked again at every scan."""

import threading
from collections.abc import Callable

from rescue.cancel import CancelToken
from rescue.devices import smart
from rescue.devices.health import Health
from rescue.devices.model import Disk, Inventory
from rescue.filesystems import usage
from rescue.operations.facts import Facts, Key, drive_key, drives_by_key, node_key, nodes_by_key, nodes_of


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
        left = Inventory(()) if everything else inventory
        nodes, drives = nodes_by_key(left), drives_by_key(left)
        self._used = {key: used for key, used in self._used.items() if key in nodes}
        self._healths = {key: health for key, health in self._healths.items() if key in drives}

    def _learn_used(self, disk: Disk, cancel: CancelToken) -> bool:
        """True where there is something new to tell."""
        new = False
        for node in nodes_of(disk) if disk.readable else ():
            key = node_key(disk, node)
            if key in self._used or cancel.cancelled:
                continue
            self._used[key] = self._used_bytes(node.path, node.filesystem.type) if node.filesystem else None
            new |= self._used[key] is not None
        return new

    def _learn_health(self, disk: Disk, cancel: CancelToken) -> bool:
        key = drive_key(disk)
        if key in self._healths:
            return False
        told = self._health(disk.path, cancel)
        if cancel.cancelled:
            return False
        self._healths[key] = told
        return told is not None

    def _facts(self, inventory: Inventory) -> Facts:
        used = {path: self._used.get(key) for key, path in nodes_by_key(inventory).items()}
        health = {path: self._healths.get(key) for key, path in drives_by_key(inventory).items()}
        return Facts(
            {path: count for path, count in used.items() if count is not None},
            {path: told for path, told in health.items() if told is not None},
        )
