"""F2FS: map by the f2fs library in partclone, its total by the checkpoint.

Layout: Linux, include/linux/f2fs_fs.h. Everything before the main area (superblocks, checkpoints, segment and node
tables) is in use; in the main area the segment information table tells. Nodes written after the last checkpoint lie
outside that table, so only a volume that was cleanly unmounted has a map.
"""

import zlib
from dataclasses import dataclass
from typing import ClassVar

from rescue.extents import Extent, Extents
from rescue.filesystems import partclone
from rescue.filesystems.fields import le16, le32, le64, uuid_text
from rescue.filesystems.gate import FeatureWord, demand, demand_count, demand_covered, demand_proven
from rescue.filesystems.model import Bench, Measured, UnmappableError
from rescue.filesystems.volume import Volume
from rescue.language import _

TOOL = "partclone.f2fs"
_BLOCK = 4096
_SUPERBLOCKS = (1024, _BLOCK + 1024)
_MAGIC = 0xF2F52010
_BLOCKS_PER_SEGMENT = 512
_UMOUNT, _ERROR, _FSCK = 0x1, 0x8, 0x10

_FEATURES = FeatureWord(
    {
        0x1: "encrypt",
        0x2: "blkzoned",
        0x4: "atomic_write",
        0x8: "extra_attr",
        0x10: "project_quota",
        0x20: "inode_checksum",
        0x40: "flexible_inline_xattr",
        0x80: "quota_ino",
        0x100: "inode_crtime",
        0x200: "lost_found",
        0x400: "verity",
        0x800: "sb_checksum",
        0x1000: "casefold",
        0x2000: "compression",
        0x4000: "ro",
        0x8000: "device_alias",
    },
    {"extra_attr", "inode_checksum", "inode_crtime", "sb_checksum", "flexible_inline_xattr", "lost_found"},
)


# All segments of the log may be compacted, carry checksums, be trimmed; none of that moves a block.
_HARMLESS = _UMOUNT | 0x4 | 0x40 | 0x80 | 0x100 | 0x200
_WARM_NODE = 1


@dataclass(frozen=True, slots=True)
class Superblock:
    """The fields that the gate needs."""

    data: bytes

    @property
    def blocks(self) -> int:
        return le64(self.data, 36)

    @property
    def checkpoints(self) -> tuple[int, int]:
        """Block numbers of the two checkpoint packs, a segment apart."""
        first = le32(self.data, 76)
        return first, first + _BLOCKS_PER_SEGMENT

    @property
    def main(self) -> int:
        """First block of the main area."""
        return le32(self.data, 92)

    @property
    def main_end(self) -> int:
        """The block after the main area; what follows is no whole segment and never used."""
        return self.main + le32(self.data, 68) * _BLOCKS_PER_SEGMENT

    @property
    def features(self) -> int:
        return le32(self.data, 2180)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The head of a checkpoint pack."""

    data: bytes

    @property
    def version(self) -> int:
        return le64(self.data, 0)

    @property
    def valid_blocks(self) -> int:
        """Blocks of the main area in use."""
        return le64(self.data, 16)

    @property
    def flags(self) -> int:
        return le32(self.data, 132)

    @property
    def pack_blocks(self) -> int:
        return le32(self.data, 136)

    @property
    def next_node(self) -> tuple[int, int]:
        """Segment, and block in it, where the next node of an fsync would be written."""
        return le32(self.data, 36 + 4 * _WARM_NODE), le16(self.data, 68 + 2 * _WARM_NODE)


def read_superblock(volume: Volume) -> Superblock:
    """The first superblock, plausible and with proven features; UnmappableError otherwise."""
    superblock = peek_superblock(volume)
    demand_proven("F2FS", _FEATURES.unproven(superblock.features))
    return superblock


def peek_superblock(volume: Volume) -> Superblock:
    """The first superblock, plausible, whatever its features are: for counts, not for maps. UnmappableError."""
    superblock = Superblock(volume.read(_SUPERBLOCKS[0], _BLOCK - 1024))
    data = superblock.data
    demand(le32(data, 0) == _MAGIC, _("The F2FS superblock has no magic number."))
    usual = le32(data, 16) == 12 and le32(data, 20) == 9
    demand(usual, _("The F2FS has a block or segment size that is not proven."))
    other_devices = data[2201 : 2201 + 64].strip(b"\0")
    demand(not other_devices, _("The F2FS spans more than one device."))
    inside = 0 < superblock.checkpoints[1] < superblock.main < superblock.main_end <= superblock.blocks
    demand(inside, _("The F2FS superblock is damaged."))
    demand(superblock.blocks * _BLOCK <= volume.size, _("The file system is larger than its partition."))
    return superblock


def read_checkpoint(volume: Volume, superblock: Superblock) -> Checkpoint:
    """The newer of the two packs that are whole."""
    packs = [_pack(volume, superblock, block) for block in superblock.checkpoints]
    whole = [pack for pack in packs if pack is not None]
    if not whole:
        raise UnmappableError(_("The F2FS has no whole checkpoint."))
    return max(whole, key=lambda pack: pack.version)


def _pack(volume: Volume, superblock: Superblock, block: int) -> Checkpoint | None:
    """A pack whose first and last block have good checksums and the same version."""
    first = Checkpoint(volume.read(block * _BLOCK, _BLOCK))
    last_block = block + first.pack_blocks - 1
    if not _is_checked(first) or not block < last_block < superblock.main:
        return None
    last = Checkpoint(volume.read(last_block * _BLOCK, _BLOCK))
    return first if _is_checked(last) and last.version == first.version else None


def _is_checked(block: Checkpoint) -> bool:
    """CRC-32 that starts from the magic number and is not inverted, unlike zlib's."""
    place = le32(block.data, 164)
    if not 192 <= place <= _BLOCK - 4:
        return False
    value = zlib.crc32(block.data[:place], _MAGIC ^ 0xFFFFFFFF) ^ 0xFFFFFFFF
    return value == le32(block.data, place)


def used_by_checkpoint(volume: Volume, superblock: Superblock) -> int:
    """Bytes in use by the newest checkpoint, with all metadata areas before the main one."""
    return (superblock.main + read_checkpoint(volume, superblock).valid_blocks) * _BLOCK


def _demand_at_rest(volume: Volume, superblock: Superblock, checkpoint: Checkpoint) -> None:
    """Nothing was written after the checkpoint. Its flag tells of the last unmount even when a later mount crashed: a
    node in the next place that carries the checkpoint's version belongs to an fsync after it."""
    demand(bool(checkpoint.flags & _UMOUNT), _("The F2FS was not cleanly unmounted."))
    demand(not checkpoint.flags & (_ERROR | _FSCK), _("The F2FS is marked as having errors."))
    demand(not checkpoint.flags & ~_HARMLESS, _("The F2FS checkpoint has flags that are not proven."))
    segment, offset = checkpoint.next_node
    block = superblock.main + segment * _BLOCKS_PER_SEGMENT + offset
    demand(block < superblock.main_end and offset <= _BLOCKS_PER_SEGMENT, _("The F2FS checkpoint is damaged."))
    node = volume.read(block * _BLOCK, _BLOCK)
    fresh = le32(node, _BLOCK - 12) == checkpoint.version & 0xFFFFFFFF
    demand(not fresh, _("The F2FS has files that were written after its last checkpoint."))


class F2fs:
    """F2FS on one device."""

    name: ClassVar[str] = "f2fs"
    types: ClassVar[frozenset[str]] = frozenset({"f2fs"})

    def measure(self, volume: Volume, bench: Bench) -> Measured:
        """All metadata areas, and the blocks of the main area in use."""
        superblock = read_superblock(volume)
        checkpoint = read_checkpoint(volume, superblock)
        _demand_at_rest(volume, superblock, checkpoint)
        end = superblock.main_end * _BLOCK
        whole, method = partclone.read_map(TOOL, volume.path, superblock.blocks * _BLOCK, bench)
        used = whole & Extents.whole(end)
        demand_count(used.total, (superblock.main + checkpoint.valid_blocks) * _BLOCK)
        demand_covered(used, [(_("metadata area"), Extent(0, superblock.main * _BLOCK))])
        return Measured(end, used, method, (), _facts(superblock))


def _facts(superblock: Superblock) -> dict[str, str | int]:
    return {
        "block_size": _BLOCK,
        "blocks": superblock.blocks,
        "uuid": uuid_text(superblock.data[108:124]),
        "features": " ".join(_FEATURES.set_in(superblock.features)),
    }
