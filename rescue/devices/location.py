"""From names to devices: which node a path means, and which devices carry a file."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from rescue.devices.mounts import Mount, read_mounts
from rescue.devices.sysfs import DEV, Block, btrfs_members
from rescue.errors import DeviceNotFoundError
from rescue.language import _


def canonical_node(path: str) -> str:
    """The kernel's own node for `path`, a link or another node of the same device; else the path without links."""
    block = Block.at(path)
    return block.node if block is not None else os.path.realpath(path)


def require_block_device(path: str) -> None:
    """DeviceNotFoundError where `path` does not exist or is no block device; `path` says what it is instead."""
    try:
        mode = Path(path).stat().st_mode
    except (OSError, ValueError):
        raise DeviceNotFoundError(_("There is no {path}.").format(path=path)) from None
    if not stat.S_ISBLK(mode):
        kind = _("a directory") if stat.S_ISDIR(mode) else _("a file") if stat.S_ISREG(mode) else _("something else")
        raise DeviceNotFoundError(_("{path} is no disk or partition but {kind}.").format(path=path, kind=kind))


def carriers(path: str) -> tuple[str, ...]:
    """Nodes of all block devices on which the file `path` lies, or would lie: the nearest first, each once."""
    seen: dict[str, None] = {}
    _follow_file(path, read_mounts(), seen)
    return tuple(seen)


def mounted_blocks(mount: Mount) -> list[Block]:
    """Block devices of a mount: by number, else by its source; all of them for a Btrfs on several devices."""
    block = Block.numbered(mount.device) if mount.has_device_number else Block.at(mount.source)
    if block is None or mount.fstype != "btrfs":
        return [block] if block is not None else []
    members = (Block.at(str(DEV / name)) for name in btrfs_members(block.name))
    return [member for member in members if member is not None] or [block]


def _follow_file(path: str, mounts: list[Mount], seen: dict[str, None]) -> None:
    place = _existing(Path(os.path.realpath(path)))
    mount = _mount_of(place, mounts)
    if mount is None:
        return
    upper = mount.option("upperdir") if mount.fstype == "overlay" else None
    if upper is not None and os.path.realpath(upper) != str(place):
        _follow_file(upper, mounts, seen)
    for block in mounted_blocks(mount):
        _follow_device(block, mounts, seen)


def _existing(path: Path) -> Path:
    return next(place for place in (path, *path.parents) if place.exists() or place == place.parent)


def _mount_of(place: Path, mounts: list[Mount]) -> Mount | None:
    """The mount that serves `place`: the deepest mount point above it, the newest of those that cover each other."""
    above = [mount for mount in mounts if place.is_relative_to(mount.point)]
    return max(reversed(above), key=lambda mount: len(Path(mount.point).parts), default=None)


def _follow_device(block: Block, mounts: list[Mount], seen: dict[str, None]) -> None:
    if block.node in seen:
        return
    seen[block.node] = None
    for below in _below(block):
        _follow_device(below, mounts, seen)
    if (backing := block.backing_file) is not None and Block.at(backing) is None:
        _follow_file(backing, mounts, seen)


def _below(block: Block) -> Iterator[Block]:
    if block.disk != block:
        yield block.disk
    yield from block.slaves()
    if (backing := block.backing_file) is not None and (device := Block.at(backing)) is not None:
        yield device
