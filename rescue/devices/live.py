"""The live system that the program runs on, if it does: its medium, and the layers that are no disks of a person."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from rescue.devices.location import carriers

if TYPE_CHECKING:
    from rescue.devices.model import Disk, Inventory
    from rescue.devices.sysfs import Block

MEDIUM = "/run/live/medium"
"""Where a live system mounts what it was booted from; after a copy to memory, a file system in memory."""

SYSTEM_PATHS = ("/", "/usr", "/boot", MEDIUM, "/run/live/persistence", "/cdrom")
"""Directories of the running system, and of the medium that a live system was booted from."""


def is_layer(block: Block) -> bool:
    """True for a loop device over a file of the medium: a part of the running root file system."""
    backing = block.backing_file  # read once: the loop device may be detached between two looks
    return backing is not None and Path(backing).is_relative_to(MEDIUM)


def medium_nodes() -> tuple[str, ...]:
    """Nodes of the partition and of the disk that carry the medium; empty where none is mounted, or it is in memory."""
    return carriers(MEDIUM) if os.path.ismount(MEDIUM) else ()


def carries_system(inventory: Inventory, disk: Disk) -> bool:
    """True for a disk on which the running system lies, or the medium that a live system was booted from."""
    return any(disk in inventory.disks_of_file(path) for path in SYSTEM_PATHS)
