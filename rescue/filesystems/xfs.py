"""XFS: map by libxfs through partclone, its total by our own reading of the group headers.

With a dirty log the trees of free space lag: then the map is the union of what they say before and after the kernel
replays the log on a throw-away overlay.
"""

from typing import ClassVar

from rescue.filesystems import partclone
from rescue.filesystems.fields import uuid_text
from rescue.filesystems.gate import demand_count, demand_covered
from rescue.filesystems.model import Bench, Measured
from rescue.filesystems.volume import Volume
from rescue.filesystems.xfs_replay import log_is_clean, map_with_replay
from rescue.filesystems.xfs_superblock import Superblock, free_bytes, read_superblock, structures

TOOL = "partclone.xfs"


class Xfs:
    """XFS of version 5 (with checksums)."""

    name: ClassVar[str] = "xfs"
    types: ClassVar[frozenset[str]] = frozenset({"xfs"})

    def measure(self, volume: Volume, bench: Bench) -> Measured:
        """Used blocks; the union with those after a replay where the log is dirty."""
        superblock = read_superblock(volume)
        notes: tuple[str, ...] = ()
        if log_is_clean(volume, bench):
            used, method = partclone.read_map(TOOL, volume.path, superblock.end, bench)
            demand_count(used.total, superblock.end - free_bytes(volume, superblock))
        else:
            used, method, notes = map_with_replay(TOOL, volume, superblock, bench)
        demand_covered(used, structures(superblock))
        return Measured(superblock.end, used, method, notes, _facts(superblock))


def _facts(superblock: Superblock) -> dict[str, str | int]:
    return {
        "block_size": superblock.block_size,
        "blocks": superblock.blocks,
        "groups": superblock.groups,
        "uuid": uuid_text(superblock.data[32:48]),
        "features": superblock.features(),
    }
