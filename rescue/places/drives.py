"""Drives for backups: which partitions could be one. Looking mounts nothing."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from rescue.devices import live, peek
from rescue.devices.model import Disk, Inventory, Partition, Use, UseKind
from rescue.errors import PlaceError
from rescue.places import repositories
from rescue.places.model import Place, PlaceKind
from rescue.places.opened import opened_at
from rescue.repository.repository import CONFIG, FOLDER
from rescue.units import format_size

FILESYSTEMS = ("ext4", "ext3", "ext2", "xfs", "btrfs", "ntfs", "exfat", "vfat")
DATA_LABEL = "RESCUE-DATA"
"""The partition for backups on the stick that runs."""

_PERSONS = tuple(map(Path, ("/mnt", "/media", "/run/media", "/run/rescue/places")))
"""Below these, a person has mounted something; what is mounted elsewhere belongs to the running system."""

_PRIVATE_TYPES = {
    "c12a7328-f81f-11d2-ba4b-00a0c93ec93b",  # EFI system
    "0xef",
    "de94bba4-06d1-4d40-a16a-bfd50179d6ac",  # Windows recovery
    "0x27",
    "21686148-6449-6e6f-744e-656564454649",  # BIOS boot
}
_BUSES = {"usb": "USB", "mmc": "SD", "nvme": "NVMe", "ata": "SATA", "scsi": "SCSI", "virtio": "virtual"}
_PLUGGED = ("usb", "mmc")
_CONFIGS = tuple(f"{folder}{CONFIG}" for folder in (f"{FOLDER}/", ""))


def candidates(inventory: Inventory) -> tuple[Place, ...]:
    """Every drive on which backups can lie, the likeliest first: open ones with a repository, ones that are known to
    hold one, other open ones, then what can be unplugged, then the rest.

    Not the disk of the running system, nor the medium that it was started from, but for its own partition for backups.
    """
    found = [place for disk in inventory.disks for place in _of_disk(inventory, disk)]
    return tuple(sorted(found, key=_rank))


def place_of(disk: Disk, node: Disk | Partition) -> Place:
    """The drive as a place that is not open, without a look at what it holds."""
    info = node.filesystem
    label = info.label if info and info.label else node.path
    size = format_size(node.size)
    words = " ".join(word for word in (disk.model, size) if word)
    return Place(
        PlaceKind.DRIVE,
        address=node.path,
        name=", ".join(word for word in (label, words, _BUSES.get(disk.bus, disk.bus)) if word),
        uuid=info.uuid if info else None,
        disk=disk.path,
        size=node.size,
        read_only=disk.read_only,
        filesystem=info.type if info else None,
        removable=disk.removable or disk.bus in _PLUGGED,
    )


def persons_mount(uses: tuple[Use, ...]) -> Use | None:
    """The mount of a drive by a person or by us, where it has one."""
    mounts = [use for use in uses if use.kind is UseKind.MOUNT]
    return next((use for use in mounts if any(Path(use.detail).is_relative_to(top) for top in _PERSONS)), None)


def nodes_with(inventory: Inventory, uuid: str) -> list[tuple[Disk, Disk | Partition]]:
    """Everything that has a file system with that id."""
    return [
        (disk, node)
        for disk in inventory.disks
        for node in nodes(disk)
        if node.filesystem is not None and node.filesystem.uuid == uuid
    ]


def nodes(disk: Disk) -> tuple[Disk | Partition, ...]:
    """The disk itself, and its partitions."""
    return (disk, *disk.partitions)


def _of_disk(inventory: Inventory, disk: Disk) -> Iterator[Place]:
    if not disk.live_medium and live.carries_system(inventory, disk):
        return
    for node in nodes(disk):
        if _fits(disk, node):
            yield _looked_at(place_of(disk, node), persons_mount(node.uses))


def _fits(disk: Disk, node: Disk | Partition) -> bool:
    info = node.filesystem
    if info is None or info.type not in FILESYSTEMS:
        return False
    if isinstance(node, Partition) and (node.type or "").lower() in _PRIVATE_TYPES:
        return False
    if disk.live_medium and info.label != DATA_LABEL:
        return False
    if any(use.kind is not UseKind.MOUNT for use in (*disk.uses, *node.uses)):
        return False
    return not node.uses or persons_mount(node.uses) is not None


def _looked_at(place: Place, mount: Use | None) -> Place:
    """With what can be told without mounting; an open one is asked itself. One that does not answer is as not open."""
    if mount is not None:
        with suppress(PlaceError):
            return opened_at(place, Path(mount.detail))
    config = peek.first_file(place.address, place.filesystem or "", _CONFIGS)
    if config is None:
        return replace(place, repositories=() if place.filesystem in peek.READABLE else None)
    if not repositories.describes_repository(config):
        return replace(place, repositories=())
    return replace(place, repositories=(_where(place, config),))


def _where(place: Place, config: bytes) -> Path:
    """In which of the two usual directories of a drive that is not open the repository lies, relative to the drive."""
    usual = peek.first_file(place.address, place.filesystem or "", _CONFIGS[:1])
    return Path(FOLDER) if usual == config else Path()


def _rank(place: Place) -> tuple[int, str]:
    if place.repositories:
        return (0 if place.open else 1), place.address
    if place.open:
        return 2, place.address
    return (3 if place.removable else 4), place.address
