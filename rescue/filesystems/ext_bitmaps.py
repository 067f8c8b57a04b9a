"""The block bitmaps of an ext volume as they lie on the disk, whatever the free counts say.

partclone refuses bitmaps that disagree with the free count of the superblock, and only an unmount brings that count up
to date: with a journal to be replayed it lags before the replay and after it. Layout: kernel documentation,
Documentation/filesystems/ext4/ (group descriptors, bitmaps, meta block groups).
"""

from collections.abc import Iterator
from dataclasses import dataclass

from rescue.extents import Extents
from rescue.filesystems.bits import bit_runs
from rescue.filesystems.ext_superblock import Superblock
from rescue.filesystems.fields import le16, le32
from rescue.filesystems.gate import demand
from rescue.filesystems.model import Bench
from rescue.filesystems.volume import Volume
from rescue.language import _

_BLOCK_UNINIT = 0x2


@dataclass(frozen=True, slots=True)
class Group:
    """A block group's descriptor."""

    number: int
    bitmap: int
    inode_bitmap: int
    inode_table: int
    free_blocks: int
    uninitialised: bool


def used_blocks(volume: Volume, superblock: Superblock, bench: Bench) -> tuple[Extents, int]:
    """Bytes in use by the bitmaps, and the bytes that the group descriptors call free."""
    ranges: list[tuple[int, int]] = [(0, superblock.first_block)]
    free = 0
    for group in _groups(volume, superblock):
        if bench.cancel is not None:
            bench.cancel.raise_if_cancelled()
        free += group.free_blocks
        ranges += _used_in(volume, superblock, group)
    size = superblock.block_size
    return Extents((start * size, end * size) for start, end in ranges), free * size


def free_blocks(volume: Volume, superblock: Superblock) -> int:
    """Free blocks by the group descriptors alone. They keep up with a mounted file system, the superblock does not."""
    return sum(group.free_blocks for group in _groups(volume, superblock)) * superblock.cluster_blocks


def _groups(volume: Volume, superblock: Superblock) -> Iterator[Group]:
    """All descriptors, in order."""
    size = superblock.block_size
    per_block = size // superblock.descriptor_size
    flagged = superblock.has_group_checksums
    for first in range(0, superblock.groups, per_block):
        table = volume.read(superblock.descriptor_block(first // per_block) * size, size)
        for number in range(first, min(first + per_block, superblock.groups)):
            start = (number - first) * superblock.descriptor_size
            yield _group(number, table[start : start + superblock.descriptor_size], flagged)


def _group(number: int, data: bytes, flagged: bool) -> Group:
    wide = len(data) >= 64
    high = [le32(data, offset) << 32 if wide else 0 for offset in (0x20, 0x24, 0x28)]
    free = le16(data, 0xC) | (le16(data, 0x2C) << 16 if wide else 0)
    return Group(
        number,
        le32(data, 0) | high[0],
        le32(data, 4) | high[1],
        le32(data, 8) | high[2],
        free,
        flagged and bool(le16(data, 0x12) & _BLOCK_UNINIT),
    )


def _used_in(volume: Volume, superblock: Superblock, group: Group) -> Iterator[tuple[int, int]]:
    """Block ranges of a group that are in use; a bitmap never written stands for the group's own metadata."""
    first, count = superblock.group_range(group.number)
    if group.uninitialised:
        yield first, first + superblock.blocks_before_bitmaps(group.number)
        for block in (group.bitmap, group.inode_bitmap):
            yield block, block + 1
        yield group.inode_table, group.inode_table + superblock.inode_table_blocks
        return
    demand(0 < group.bitmap < superblock.blocks, _("An ext block bitmap lies outside the file system."))
    bitmap = volume.read(group.bitmap * superblock.block_size, superblock.block_size)
    for start, end in bit_runs(bitmap, count):
        yield first + start, first + end
