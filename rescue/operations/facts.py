"""What is known of disks beside what a scan finds; it takes longer, and comes later. Values; `learn` finds them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from rescue.devices.health import Health
from rescue.devices.model import Disk, Partition

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


NOTHING = Facts()


def nodes_of(disk: Disk) -> tuple[Disk | Partition, ...]:
    """What of the disk holds data: its partitions, extended ones left out, else the disk itself."""
    parts = tuple(part for part in disk.partitions if not part.is_extended)
    return parts or (disk,)
