"""ext2, ext3 and ext4.

Layout and flags: kernel documentation, Documentation/filesystems/ext4/. The superblock lies at byte 1024 and has copies
in further block groups. With a journal still to be replayed (`needs_recovery`) the bitmaps lag: then the map is the
union of what they say and of what they say after a replay on a throw-away overlay.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from rescue.extents import Extent
from rescue.filesystems import partclone
from rescue.filesystems.ext_replay import map_with_replay
from rescue.filesystems.fields import le16, le32, u8, uuid_text
from rescue.filesystems.gate import FeatureWord, demand, demand_count, demand_covered, demand_proven
from rescue.filesystems.model import Bench, Measured
from rescue.filesystems.volume import Volume

TOOL = "partclone.ext4"
NEEDS_RECOVERY = 0x4
_SUPERBLOCK = 1024
_HAS_JOURNAL, _SPARSE_SUPER2 = 0x4, 0x200
_BITS64 = 0x80
_SPARSE_SUPER = 0x1
_VALID, _ERROR = 1, 2
_EXTENT_MAGIC = 0xF30A

_COMPAT = FeatureWord(
    {
        0x1: "dir_prealloc",
        0x2: "imagic_inodes",
        0x4: "has_journal",
        0x8: "ext_attr",
        0x10: "resize_inode",
        0x20: "dir_index",
        0x200: "sparse_super2",
        0x400: "fast_commit",
        0x800: "stable_inodes",
        0x1000: "orphan_file",
    },
    {"has_journal", "ext_attr", "resize_inode", "dir_index", "sparse_super2", "fast_commit", "orphan_file"},
)
_INCOMPAT = FeatureWord(
    {
        0x1: "compression",
        0x2: "filetype",
        0x4: "needs_recovery",
        0x8: "journal_dev",
        0x10: "meta_bg",
        0x40: "extent",
        0x80: "64bit",
        0x100: "mmp",
        0x200: "flex_bg",
        0x400: "ea_inode",
        0x1000: "dirdata",
        0x2000: "metadata_csum_seed",
        0x4000: "large_dir",
        0x8000: "inline_data",
        0x10000: "encrypt",
        0x20000: "casefold",
    },
    {
        "filetype", "needs_recovery", "meta_bg", "extent", "64bit", "flex_bg", "ea_inode", "metadata_csum_seed",
        "large_dir", "inline_data",
    },
)  # fmt: skip
_RO_COMPAT = FeatureWord(
    {
        0x1: "sparse_super",
        0x2: "large_file",
        0x4: "btree_dir",
        0x8: "huge_file",
        0x10: "uninit_bg",
        0x20: "dir_nlink",
        0x40: "extra_isize",
        0x80: "snapshot",
        0x100: "quota",
        0x200: "bigalloc",
        0x400: "metadata_csum",
        0x800: "replica",
        0x1000: "read-only",
        0x2000: "project",
        0x4000: "shared_blocks",
        0x8000: "verity",
        0x10000: "orphan_present",
    },
    {
        "sparse_super", "large_file", "huge_file", "uninit_bg", "dir_nlink", "extra_isize", "quota", "metadata_csum",
        "project", "orphan_present",
    },
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Superblock:
    """The fields that the gate needs, from the 1024 bytes of a superblock."""

    data: bytes

    @property
    def block_size(self) -> int:
        return 1024 << le32(self.data, 0x18)

    @property
    def blocks(self) -> int:
        return self._wide(0x4, 0x150)

    @property
    def free_blocks(self) -> int:
        return self._wide(0xC, 0x158)

    def _wide(self, low: int, high: int) -> int:
        wide = self.incompat & _BITS64
        return le32(self.data, low) | (le32(self.data, high) << 32 if wide else 0)

    @property
    def first_block(self) -> int:
        return le32(self.data, 0x14)

    @property
    def blocks_per_group(self) -> int:
        return le32(self.data, 0x20)

    @property
    def state(self) -> int:
        return le16(self.data, 0x3A)

    @property
    def compat(self) -> int:
        return le32(self.data, 0x5C)

    @property
    def incompat(self) -> int:
        return le32(self.data, 0x60)

    @property
    def ro_compat(self) -> int:
        return le32(self.data, 0x64)

    @property
    def end(self) -> int:
        """The byte after the last block."""
        return self.blocks * self.block_size

    @property
    def dirty_journal(self) -> bool:
        return bool(self.incompat & NEEDS_RECOVERY)

    @property
    def external_journal(self) -> bool:
        return bool(self.compat & _HAS_JOURNAL) and le32(self.data, 0xE0) == 0

    def unproven(self) -> list[str]:
        """Features on nobody's allow-list."""
        words = ((_COMPAT, self.compat), (_INCOMPAT, self.incompat), (_RO_COMPAT, self.ro_compat))
        return [name for word, flags in words for name in word.unproven(flags)]

    def features(self) -> str:
        """All features by name."""
        words = ((_COMPAT, self.compat), (_INCOMPAT, self.incompat), (_RO_COMPAT, self.ro_compat))
        return " ".join(name for word, flags in words for name in word.set_in(flags))

    def backup_groups(self) -> Iterator[int]:
        """Block groups that begin with a copy of the superblock."""
        count = -(-(self.blocks - self.first_block) // self.blocks_per_group)
        if self.compat & _SPARSE_SUPER2:
            wanted = {le32(self.data, 0x24C), le32(self.data, 0x250)} - {0}
            return (group for group in sorted(wanted) if group < count)
        if self.ro_compat & _SPARSE_SUPER:
            powers = {base**exponent for base in (3, 5, 7) for exponent in range(33)}
            return (group for group in sorted(powers) if group < count)
        return iter(range(1, count))

    def journal_extents(self) -> Iterator[Extent]:
        """Where the journal lies, as far as the superblock's copy of its inode tells (s_jnl_blocks, kind 1)."""
        if not self.compat & _HAS_JOURNAL or u8(self.data, 0xFD) != 1:
            return
        mapping = self.data[0x10C:0x148]
        if le16(mapping, 0) != _EXTENT_MAGIC:
            direct = (le32(mapping, 4 * index) for index in range(12))
            yield from (self._blocks(block, 1) for block in direct if block)
        elif le16(mapping, 6) == 0:
            for offset in range(12, 12 + 12 * min(le16(mapping, 2), 4), 12):
                start = le32(mapping, offset + 8) | le16(mapping, offset + 6) << 32
                yield self._blocks(start, le16(mapping, offset + 4))

    def _blocks(self, start: int, count: int) -> Extent:
        return Extent(start * self.block_size, (start + count) * self.block_size)


def read_superblock(volume: Volume) -> Superblock:
    """The first superblock, plausible and of a sound file system; UnmappableError otherwise."""
    superblock = Superblock(volume.read(_SUPERBLOCK, 1024))
    demand(le16(superblock.data, 0x38) == 0xEF53, "The ext superblock has no magic number.")
    demand(le32(superblock.data, 0x18) <= 6 and superblock.blocks_per_group > 0, "The ext superblock is damaged.")
    demand(superblock.blocks > superblock.first_block, "The ext superblock is damaged.")
    demand_proven("ext file system", superblock.unproven())
    demand(not superblock.state & _ERROR, "The file system is marked as having errors.")
    demand(not superblock.external_journal, "The journal is on another device.")
    clean = bool(superblock.state & _VALID) or superblock.dirty_journal
    demand(clean, "The file system was not cleanly unmounted and has no journal.")
    demand(superblock.end <= volume.size, "The file system is larger than its partition.")
    return superblock


def structures(superblock: Superblock) -> Iterator[tuple[str, Extent]]:
    """What has to be in every map."""
    yield "superblock", Extent(_SUPERBLOCK, _SUPERBLOCK + 1024)
    for group in superblock.backup_groups():
        start = (superblock.first_block + group * superblock.blocks_per_group) * superblock.block_size
        yield f"superblock copy of group {group}", Extent(start, start + 1024)
    for extent in superblock.journal_extents():
        yield "journal", extent


class Ext:
    """The ext family: maps by libext2fs through partclone, journal replay by e2fsck."""

    name: ClassVar[str] = "ext"
    types: ClassVar[frozenset[str]] = frozenset({"ext2", "ext3", "ext4"})

    def measure(self, volume: Volume, bench: Bench) -> Measured:
        """Used blocks; the union with those after a replay where the journal is not empty."""
        superblock = read_superblock(volume)
        notes: tuple[str, ...] = ()
        if superblock.dirty_journal:
            used, method, notes = map_with_replay(TOOL, volume, superblock.end, bench)
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
