"""ext2, ext3 and ext4.

Layout and flags: kernel documentation, Documentation/filesystems/ext4/. The superblock lies at byte 1024 and has copies
in further block groups. With a journal still to be replayed (`needs_recovery`) the bitmaps lag: then the map is the
union of what they say and of what they say after a replay on a throw-away overlay.
"""

from collections.abc import Iterator
from typing import ClassVar

from rescue.extents import Extent
from rescue.filesystems import partclone
from rescue.filesystems.ext_replay import map_with_replay
from rescue.filesystems.ext_superblock import SUPERBLOCK_START, Superblock, demand_sound, read_superblock
from rescue.filesystems.fields import uuid_text
from rescue.filesystems.gate import demand_count, demand_covered
from rescue.filesystems.model import Bench, Measured
from rescue.filesystems.volume import Volume
from rescue.language import _

TOOL = "partclone.ext4"


def structures(superblock: Superblock) -> Iterator[tuple[str, Extent]]:
    """What has to be in every map."""
    yield "superblock", Extent(SUPERBLOCK_START, SUPERBLOCK_START + 1024)
    for group in superblock.backup_groups():
        start = (superblock.first_block + group * superblock.blocks_per_group) * superblock.block_size
        yield _("superblock copy of group {group}").format(group=group), Extent(start, start + 1024)
    for extent in superblock.journal_extents():
        yield "journal", extent


class Ext:
    """The ext family: maps by libext2fs through partclone, journal replay by e2fsck."""

    name: ClassVar[str] = "ext"
    types: ClassVar[frozenset[str]] = frozenset({"ext2", "ext3", "ext4"})

    def measure(self, volume: Volume, bench: Bench) -> Measured:
        """Used blocks; the union with those after a replay where the journal is not empty."""
        superblock = read_superblock(volume)
        demand_sound(superblock)
        notes: tuple[str, ...] = ()
        if superblock.dirty_journal:
            used, method, notes = map_with_replay(volume, superblock, bench)
        else:
            used, method = partclone.read_map(TOOL, volume.path, superblock.end, bench)
            demand_count(used.total, _expected(superblock))
        demand_covered(used, structures(superblock))
        return Measured(superblock.end, used, method, notes, _facts(superblock))


def _expected(superblock: Superblock) -> int:
    """Bytes in use by the superblock's count. The blocks before the first group (block 0 of 1 KiB blocks) are used."""
    return (superblock.blocks - superblock.free_blocks) * superblock.block_size


def _facts(superblock: Superblock) -> dict[str, str | int]:
    return {
        "block_size": superblock.block_size,
        "blocks": superblock.blocks,
        "free_blocks": superblock.free_blocks,
        "uuid": uuid_text(superblock.data[0x68:0x78]),
        "features": superblock.features(),
    }
