"""What is known of disks beside what a scan finds; it takes longer, and comes later. Values; `learn` finds them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from rescue.devices.health import Health
from rescue.devices.model import Disk, Inventory, Partition

_HUNDREDTH = 100


@dataclass(frozen=True, slots=True)
class Facts:
    """Bytes in use by the path of the partition (or of the disk, where a file system covers it), health by the path of
    the disk. What is missing is not known, or not known yet."""

    used: Mapping[str, int] = field(default_factory=dict)
    health: Mapping[str, Health] = field(default_factory=dict)

    def used_of(self, disk: Disk) -> int | None:
        """Bytes in use on the whole disk; None while more than a hundredth of it is in partitions that nobody knows."""
        nodes = nodes_of(disk)
        known = [self.used[node.path] for node in nodes if node.path in self.used]
        unknown = sum(node.size for node in nodes if node.path not in self.used)
        return sum(known) if known and unknown * _HUNDREDTH <= disk.size else None

    def still(self, before: Inventory, now: Inventory) -> "Facts":
        """What of this, which is about the disks of `before`, holds for those of `now`: another disk may be in the
        place of one that went."""
        nodes = nodes_by_key(before).items() & nodes_by_key(now).items()
        drives = drives_by_key(before).items() & drives_by_key(now).items()
        return Facts(
            {path: self.used[path] for _key, path in nodes if path in self.used},
            {path: self.health[path] for _key, path in drives if path in self.health},
        )


NOTHING = Facts()
Key = tuple[object, ...]


def nodes_of(disk: Disk) -> tuple[Disk | Partition, ...]:
    """What of the disk holds data: its partitions, extended ones left out, else the disk itself."""
    parts = tuple(part for part in disk.partitions if not part.is_extended)
    return parts or (disk,)


def nodes_by_key(inventory: Inventory) -> dict[Key, str]:
    """Everything that holds data, as the thing that it is: another file system in the same place is another one."""
    return {node_key(disk, node): node.path for disk in inventory.disks for node in nodes_of(disk)}


def node_key(disk: Disk, node: Disk | Partition) -> Key:
    """What a partition of a disk, or the disk itself, is told by."""
    start = node.start if isinstance(node, Partition) else 0
    return *drive_key(disk), node.path, start, node.size, node.filesystem


def drives_by_key(inventory: Inventory) -> dict[Key, str]:
    """The drives as the things that they are: a new partition table makes no other drive."""
    return {drive_key(disk): disk.path for disk in inventory.disks}


def drive_key(disk: Disk) -> Key:
    """What a drive is told by."""
    who = disk.identity
    return disk.path, who.wwn, who.serial, who.backing, who.size
