"""The superblock of the ext family: sizes, features, and where its copies and the journal lie.

Layout and flags: kernel documentation, Documentation/filesystems/ext4/super.rst.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from rescue.extents import Extent
from rescue.filesystems.fields import le16, le32, u8
from rescue.filesystems.gate import FeatureWord, demand, demand_proven
from rescue.filesystems.volume import Volume
from rescue.language import _

_NEEDS_RECOVERY = 0x4
SUPERBLOCK_START = 1024
_HAS_JOURNAL, _SPARSE_SUPER2, _FAST_COMMIT = 0x4, 0x200, 0x400
_META_BG, _BITS64 = 0x10, 0x80
_SPARSE_SUPER = 0x1
_UNINIT_BG, _BIGALLOC, _METADATA_CSUM = 0x10, 0x200, 0x400
_VALID, _ERROR = 1, 2
_MAGIC, _EXTENT_MAGIC = 0xEF53, 0xF30A
_POWERS = frozenset(base**exponent for base in (3, 5, 7) for exponent in range(1, 33))

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
    def cluster_blocks(self) -> int:
        """Blocks of what group descriptors count: one, or a whole cluster (bigalloc)."""
        shift = le32(self.data, 0x1C) - le32(self.data, 0x18)
        return 1 << shift if self.ro_compat & _BIGALLOC and 0 <= shift < 32 else 1

    @property
    def clean(self) -> bool:
        """True where the superblock's own counts are up to date: after an unmount."""
        return bool(self.state & _VALID) and not self.dirty_journal

    @property
    def has_errors(self) -> bool:
        """True where the kernel found the file system damaged."""
        return bool(self.state & _ERROR)

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
        return bool(self.incompat & _NEEDS_RECOVERY)

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

    def has_copy(self, number: int) -> bool:
        """Does the group begin with a superblock? Group 0 does, the others by one of three rules."""
        if number == 0:
            return True
        if self.compat & _SPARSE_SUPER2:
            return number in (le32(self.data, 0x24C), le32(self.data, 0x250))
        return not self.ro_compat & _SPARSE_SUPER or number == 1 or number in _POWERS

    def backup_groups(self) -> Iterator[int]:
        """Block groups that begin with a copy of the superblock."""
        return (number for number in range(1, self.groups) if self.has_copy(number))

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

    @property
    def groups(self) -> int:
        """How many block groups there are."""
        return -(-(self.blocks - self.first_block) // self.blocks_per_group)

    @property
    def descriptor_size(self) -> int:
        """Bytes of a group descriptor."""
        return le16(self.data, 0xFE) if self.incompat & _BITS64 else 32

    @property
    def has_group_checksums(self) -> bool:
        """Only then do the flags of a group descriptor mean anything."""
        return bool(self.ro_compat & (_UNINIT_BG | _METADATA_CSUM))

    @property
    def fast_commit(self) -> bool:
        """The journal may end in an area of fast commits."""
        return bool(self.compat & _FAST_COMMIT)

    @property
    def inode_table_blocks(self) -> int:
        """Blocks of one group's inode table."""
        inode_size = le16(self.data, 0x58) if le32(self.data, 0x4C) else 128
        return -(-le32(self.data, 0x28) * inode_size // self.block_size)

    def group_range(self, number: int) -> tuple[int, int]:
        """First block of a group, and how many blocks it has."""
        first = self.first_block + number * self.blocks_per_group
        return first, min(self.blocks_per_group, self.blocks - first)

    def descriptor_block(self, index: int) -> int:
        """Block number of block `index` of the descriptor table: behind the superblock, or spread (meta_bg)."""
        if not self.incompat & _META_BG or index < le32(self.data, 0x104):
            return SUPERBLOCK_START // self.block_size + 1 + index
        group = index * (self.block_size // self.descriptor_size)
        return self.group_range(group)[0] + (1 if self.has_copy(group) else 0)

    def blocks_before_bitmaps(self, number: int) -> int:
        """Blocks that superblock copy, descriptors and their reserve take at the start of a group."""
        copy = int(self.has_copy(number))
        per_block = self.block_size // self.descriptor_size
        table = -(-self.groups // per_block)
        if self.incompat & _META_BG:
            table = le32(self.data, 0x104)
            if number >= table * per_block:
                return copy + int(number % per_block in (0, 1, per_block - 1))
        return copy * (1 + table + le16(self.data, 0xCE))


def read_superblock(volume: Volume) -> Superblock:
    """The first superblock, plausible and with proven features; UnmappableError otherwise."""
    superblock = peek_superblock(volume)
    demand_proven(_("ext file system"), superblock.unproven())
    return superblock


def peek_superblock(volume: Volume) -> Superblock:
    """The first superblock, plausible, whatever its features are: for counts, not for maps. UnmappableError."""
    superblock = Superblock(volume.read(SUPERBLOCK_START, 1024))
    demand(le16(superblock.data, 0x38) == _MAGIC, _("The ext superblock has no magic number."))
    most = 8 * superblock.block_size * superblock.cluster_blocks
    sound = le32(superblock.data, 0x18) <= 6 and 0 < superblock.blocks_per_group <= most
    demand(sound and superblock.blocks > superblock.first_block, _("The ext superblock is damaged."))
    demand(superblock.descriptor_size in (32, 64), _("The ext superblock is damaged."))
    demand(superblock.end <= volume.size, _("The file system is larger than its partition."))
    return superblock


def demand_sound(superblock: Superblock) -> None:
    """UnmappableError for a file system that says itself that its bitmaps are not to be believed."""
    demand(not superblock.has_errors, _("The file system is marked as having errors."))
    demand(not superblock.external_journal, _("The journal is on another device."))
    demand(
        superblock.clean or superblock.dirty_journal, _("The file system was not cleanly unmounted and has no journal.")
    )
