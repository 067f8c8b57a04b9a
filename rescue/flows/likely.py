"""What a person most likely means: the disk with the system, and what else that needs to start. Pure."""

from collections.abc import Iterator

from rescue.devices.model import Disk, Inventory, Partition, UseKind

_ESP = "c12a7328-f81f-11d2-ba4b-00a0c93ec93b"
_MEMBERS = ("linux_raid_member", "btrfs")  # all members carry the id of the whole
_PERSONAL = ("/mnt", "/media", "/run/media", "/run/rescue/places")


def main_disk(inventory: Inventory) -> Disk | None:
    """The disk that a person most likely means: fixed, with a system on it, large. Not the one that we run from."""
    idle = [disk for disk in inventory.disks if not _runs_from(disk) and disk.readable]
    others = [disk for disk in inventory.disks if not disk.live_medium and disk.readable]
    return max(idle or others, key=lambda disk: (has_system(disk), not disk.removable, disk.size), default=None)


def system_sources(inventory: Inventory) -> tuple[str, ...]:
    """The disk with the system, and what it needs to start on other disks: the boot partition, members of its RAID.

    Empty where no disk has a system that we know.
    """
    disk = main_disk(inventory)
    if disk is None or not has_system(disk):
        return ()
    return (disk.path, *(part.path for part in _needed_elsewhere(inventory, disk)))


def has_system(disk: Disk) -> bool:
    """True where an installed system was found."""
    return bool(disk.system or any(part.system for part in disk.partitions))


def system_name(disk: Disk) -> str:
    """The systems on the disk, for people; empty where there is none."""
    found = [disk.system, *(part.system for part in disk.partitions)]
    return ", ".join(dict.fromkeys(name for name in found if name))


def is_esp(part: Partition) -> bool:
    """True for an EFI system partition, in a GPT or an MBR."""
    return (part.type or "").lower() in (_ESP, "0xef")


def _needed_elsewhere(inventory: Inventory, system: Disk) -> Iterator[Partition]:
    members = {part.filesystem.uuid for part in system.partitions if part.filesystem and _is_member(part)}
    has_esp = any(map(is_esp, system.partitions))
    for disk in inventory.disks:
        if disk is system or disk.live_medium:
            continue
        for part in disk.partitions:
            lends_boot = is_esp(part) and not has_esp and not disk.removable and system.table == "gpt"
            if lends_boot or (_is_member(part) and part.filesystem and part.filesystem.uuid in members):
                yield part


def _is_member(part: Partition) -> bool:
    return part.filesystem is not None and part.filesystem.type in _MEMBERS and bool(part.filesystem.uuid)


def _runs_from(disk: Disk) -> bool:
    """True for a disk in use for anything but a mount that a person made: the stick itself, the running system."""
    return disk.live_medium or any(
        not (use.kind is UseKind.MOUNT and use.detail.startswith(_PERSONAL)) for _, use in disk.all_uses()
    )
