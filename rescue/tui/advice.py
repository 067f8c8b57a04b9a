"""Until the guided screens are there: the commands to type, filled in with the disks that are really there. Pure."""

import shlex
from collections.abc import Iterator
from dataclasses import dataclass

from rescue.devices.model import Disk, Inventory, Partition, UseKind

MOUNT_POINT = "/mnt/backup"
_HOSTS = ("ext4", "ext3", "ext2", "ntfs", "exfat", "xfs", "btrfs", "vfat")
_PERSONAL = ("/mnt", "/media", "/run/media")


@dataclass(frozen=True, slots=True)
class Step:
    """One command, and what it does."""

    what: str
    command: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where backups can lie: a partition, and where a person has mounted it. Without a `disk`, the name is to be filled
    in."""

    partition: str = "/dev/PARTITION"
    mounted: str | None = None
    disk: str | None = None


def back_up(inventory: Inventory) -> list[Step]:
    """From a drive for backups to a backup that was read back."""
    source = main_disk(inventory)
    place = place_for_backups(inventory, source)
    repository = shlex.quote(f"{place.mounted or MOUNT_POINT}/rescue")
    return [
        *_mount(place),
        Step("The first time only: make a repository", f"rescue init {repository}"),
        Step(
            "Back the disk up, and read the backup back",
            f"rescue backup {source.path if source else '/dev/DISK'} --repo {repository} --verify",
        ),
        Step("See what is in the repository", f"rescue list --repo {repository}"),
    ]


def restore(inventory: Inventory) -> list[Step]:
    """From a drive with backups to a restored disk."""
    target = main_disk(inventory)
    place = place_for_backups(inventory, target)
    repository = shlex.quote(f"{place.mounted or MOUNT_POINT}/rescue")
    command = f"rescue restore latest {target.path if target else '/dev/DISK'} --repo {repository}"
    return [
        *_mount(place),
        Step("See which backups there are", f"rescue list --repo {repository}"),
        Step("Show what would happen; nothing is written", f"{command} --dry-run"),
        Step(_overwrites(target), command),
    ]


def clone(inventory: Inventory) -> list[Step]:
    """From one disk to another that is as large or larger."""
    source = main_disk(inventory)
    target = next(iter(_targets(inventory, source)), None)
    command = f"rescue clone {source.path if source else '/dev/SOURCE'} {target.path if target else '/dev/TARGET'}"
    what = "" if target else " (no other disk here is free and large enough: fill in /dev/TARGET)"
    return [
        Step("See every disk, and the text that confirms it", "rescue disks"),
        Step(f"Show what would happen; nothing is written{what}", f"{command} --dry-run"),
        Step(_overwrites(target), command),
    ]


def main_disk(inventory: Inventory) -> Disk | None:
    """The disk that a person most likely means: fixed, with a system on it, large. Not the one that we run from."""
    idle = [disk for disk in inventory.disks if not _runs_from(disk)]
    others = [disk for disk in inventory.disks if not disk.live_medium]
    return max(idle or others, key=lambda disk: (_has_system(disk), not disk.removable, disk.size), default=None)


def place_for_backups(inventory: Inventory, source: Disk | None) -> Place:
    """A partition of another disk: one that somebody has mounted, else the largest that is free."""
    found = [
        (bool(mounted), disk.removable, part.size, Place(part.path, mounted, disk.path))
        for disk in inventory.disks
        if disk != source and not disk.read_only and not _runs_from(disk)
        for part in disk.partitions
        if part.filesystem and part.filesystem.type in _HOSTS
        for mounted in (_mounted(part),)
        if mounted or not part.uses
    ]
    return max(found, key=lambda each: each[:3])[3] if found else Place()


def _mount(place: Place) -> Iterator[Step]:
    if place.mounted is None:
        known = "" if place.disk else " (fill in its name)"
        yield Step(
            f"Mount the drive for the backups{known}",
            f"mkdir -p {MOUNT_POINT} && mount {place.partition} {MOUNT_POINT}",
        )


def _mounted(part: Partition) -> str | None:
    """Where a person has mounted a partition to write to it."""
    points = (use.detail for use in part.uses if use.kind is UseKind.MOUNT and not use.read_only)
    return next((point for point in points if point.startswith(_PERSONAL)), None)


def _runs_from(disk: Disk) -> bool:
    """True for a disk in use for anything but a mount that a person made: the stick itself, the running system."""
    return disk.live_medium or any(
        not (use.kind is UseKind.MOUNT and use.detail.startswith(_PERSONAL)) for _, use in disk.all_uses()
    )


def _has_system(disk: Disk) -> bool:
    return bool(disk.system or any(part.system for part in disk.partitions))


def _targets(inventory: Inventory, source: Disk | None) -> list[Disk]:
    return [
        disk
        for disk in inventory.disks
        if source and disk != source and disk.size >= source.size and not disk.all_uses() and not disk.read_only
    ]


def _overwrites(target: Disk | None) -> str:
    asks = f"It asks for “{target.confirm}” first" if target and target.confirm else "It asks first"
    return f"Do it: this overwrites {target.path if target else 'the target'}. {asks}"
