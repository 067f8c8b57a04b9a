"""Btrfs on one device, read directly: the extent tree says which logical ranges are in use, the chunks where they lie.

partclone is not used here. Up to 0.3.36 it walks the trees instead of the extent tree, marks logical addresses as if
they were places on the device, and leaves out the second copy of DUP chunks (shown by our disk tests); with
BLOCK_GROUP_TREE people lost the chunk tree (its issues 239, 270, 303). Here the checksum of every node, the count of
every block group and the total of the superblock have to agree exactly.

The tree log of fsync lies outside the extent tree until it is replayed: its nodes and the extents it names are added.
Layout: Linux, include/uapi/linux/btrfs_tree.h.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from rescue.extents import Extent, Extents
from rescue.filesystems.btrfs_trees import CHECKSUMS, CHUNK_ITEM, Chunks, Item, Root, Trees, read_chunk
from rescue.filesystems.fields import le16, le32, le64, u8, uuid_text
from rescue.filesystems.gate import FeatureWord, demand, demand_count, demand_covered, demand_proven
from rescue.filesystems.model import Bench, Measured
from rescue.filesystems.volume import Volume
from rescue.language import N_, _
from rescue.units import GiB, KiB, MiB

_COPIES = (64 * KiB, 64 * MiB, 256 * GiB)
_SUPERBLOCK_SIZE = 4 * KiB
# No chunk lies in the first MiB; boot loaders do.
_RESERVED = MiB
_EXTENT_TREE, _BLOCK_GROUP_TREE = 2, 11
_ROOT_ITEM, _EXTENT_ITEM, _METADATA_ITEM, _BLOCK_GROUP_ITEM, _EXTENT_DATA = 132, 168, 169, 192, 108
_INLINE = 0
_WRITTEN = 0x1
_METADATA_UUID, _HAS_BLOCK_GROUP_TREE = 0x400, 0x8
_LOG_NOTE = N_("The log of fsync is not replayed: the file system was in use when the computer stopped.")

_COMPAT_RO = FeatureWord(
    {0x1: "free_space_tree", 0x2: "free_space_tree_valid", 0x4: "verity", 0x8: "block_group_tree"},
    {"free_space_tree", "free_space_tree_valid", "block_group_tree"},
)
_INCOMPAT = FeatureWord(
    {
        0x1: "mixed_backref",
        0x2: "default_subvol",
        0x4: "mixed_groups",
        0x8: "compress_lzo",
        0x10: "compress_zstd",
        0x20: "big_metadata",
        0x40: "extended_iref",
        0x80: "raid56",
        0x100: "skinny_metadata",
        0x200: "no_holes",
        0x400: "metadata_uuid",
        0x800: "raid1c34",
        0x1000: "zoned",
        0x2000: "extent_tree_v2",
        0x4000: "raid_stripe_tree",
        0x10000: "simple_quota",
        0x20000: "remap_tree",
    },
    {
        "mixed_backref", "default_subvol", "compress_lzo", "compress_zstd", "big_metadata", "extended_iref",
        "skinny_metadata", "no_holes", "metadata_uuid", "mixed_groups",
    },
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Superblock:
    """The fields that the gate needs, from the first superblock."""

    data: bytes

    @property
    def node_size(self) -> int:
        return le32(self.data, 148)

    @property
    def end(self) -> int:
        """Bytes of the device that the file system covers."""
        return le64(self.data, 209)

    @property
    def bytes_used(self) -> int:
        """Logical bytes in use, the file system's own count."""
        return le64(self.data, 120)

    @property
    def device(self) -> int:
        return le64(self.data, 201)

    @property
    def compat_ro(self) -> int:
        return le64(self.data, 180)

    @property
    def incompat(self) -> int:
        return le64(self.data, 188)

    @property
    def owner_id(self) -> bytes:
        """The UUID in the head of every node."""
        return self.data[571:587] if self.incompat & _METADATA_UUID else self.data[32:48]

    @property
    def root(self) -> Root:
        return Root(le64(self.data, 80), u8(self.data, 198), le64(self.data, 72))

    @property
    def chunk_root(self) -> Root:
        return Root(le64(self.data, 88), u8(self.data, 199), le64(self.data, 164))

    @property
    def log_root(self) -> Root | None:
        """The tree log; its generation is one more than the superblock's."""
        address = le64(self.data, 96)
        return Root(address, u8(self.data, 200), None) if address else None

    def words(self) -> tuple[tuple[FeatureWord, int], ...]:
        """Both words of flags."""
        return (_COMPAT_RO, self.compat_ro), (_INCOMPAT, self.incompat)


def read_superblock(volume: Volume) -> Superblock:
    """The first superblock, whole, plausible and with proven features; UnmappableError otherwise."""
    superblock = Superblock(volume.read(_COPIES[0], _SUPERBLOCK_SIZE))
    demand(superblock.data[64:72] == b"_BHRfS_M", _("The Btrfs superblock has no magic number."))
    demand_proven("Btrfs", [name for word, flags in superblock.words() for name in word.unproven(flags)])
    superblock = peek_superblock(volume)
    demand(le64(superblock.data, 56) == _WRITTEN, _("The Btrfs superblock has flags that are not proven."))
    return superblock


def peek_superblock(volume: Volume) -> Superblock:
    """The first superblock, whole, whatever its features are: for counts, not for maps. UnmappableError."""
    superblock = Superblock(volume.read(_COPIES[0], _SUPERBLOCK_SIZE))
    data = superblock.data
    demand(data[64:72] == b"_BHRfS_M", _("The Btrfs superblock has no magic number."))
    checksum = CHECKSUMS.get(le16(data, 196))
    demand(checksum is not None, _("The checksum of this Btrfs is not proven: xxhash."))
    digest = checksum(data[32:]) if checksum else b""
    demand(data[: len(digest)] == digest and le64(data, 48) == _COPIES[0], _("The Btrfs superblock is damaged."))
    demand(le64(data, 136) == 1, _("The Btrfs spans more than one device."))
    size = superblock.node_size
    demand(size in (4096, 8192, 16384, 32768, 65536), _("The Btrfs superblock is damaged."))
    demand(superblock.end <= volume.size, _("The file system is larger than its partition."))
    return superblock


def learn_chunks(trees: Trees, superblock: Superblock) -> None:
    """Chunks of the chunk tree itself from the superblock's array, then all from the tree."""
    array = superblock.data[811 : 811 + min(le32(superblock.data, 160), 2048)]
    position = 0
    while position + 17 + 48 <= len(array):
        start, stripes = le64(array, position + 9), le16(array, position + 17 + 44)
        size = 48 + 32 * stripes
        trees.chunks.add(read_chunk(start, array[position + 17 : position + 17 + size], superblock.device))
        position += 17 + size
    for item in list(trees.walk(superblock.chunk_root)):
        if item.kind == CHUNK_ITEM:
            trees.chunks.add(read_chunk(item.offset, item.data, superblock.device))


def _roots(trees: Trees, superblock: Superblock) -> dict[int, Root]:
    """Where the trees begin that the root tree names."""
    items = [item for item in trees.walk(superblock.root) if item.kind == _ROOT_ITEM]
    return {item.object_id: _root_of(item) for item in items}


def _root_of(item: Item) -> Root:
    demand(len(item.data) >= 239, _("A Btrfs root item is damaged."))
    return Root(le64(item.data, 176), u8(item.data, 238), le64(item.data, 160))


@dataclass(slots=True)
class Allocation:
    """What the extent tree says: ranges in use, and per block group its size and count."""

    ranges: list[tuple[int, int]]
    groups: dict[tuple[int, int], int]

    def demand_exact(self, superblock: Superblock, chunks: Chunks) -> Extents:
        """The ranges as a set; they are disjoint, and all counts agree with them."""
        used = Extents(self.ranges)
        demand(used.total == sum(end - start for start, end in self.ranges), _("Btrfs extents overlap."))
        covered = [(chunk.start, chunk.length) for chunk in chunks.chunks]
        demand(covered == sorted(self.groups), _("Btrfs block groups and chunks disagree."))
        for (start, length), count in self.groups.items():
            demand_count(sum(piece.length for piece in used.between(start, start + length)), count)
        demand_count(used.total, superblock.bytes_used)
        return used


def _allocation(trees: Trees, superblock: Superblock) -> Allocation:
    roots = _roots(trees, superblock)
    wanted = [_EXTENT_TREE] + [_BLOCK_GROUP_TREE] * bool(superblock.compat_ro & _HAS_BLOCK_GROUP_TREE)
    found = Allocation([], {})
    for number in wanted:
        demand(number in roots, _("The Btrfs has lost a tree."))
        for item in trees.walk(roots[number]):
            if item.kind == _EXTENT_ITEM:
                found.ranges.append((item.object_id, item.object_id + item.offset))
            elif item.kind == _METADATA_ITEM:
                found.ranges.append((item.object_id, item.object_id + superblock.node_size))
            elif item.kind == _BLOCK_GROUP_ITEM:
                found.groups[item.object_id, item.offset] = le64(item.data, 0)
    return found


def _logged(trees: Trees, log: Root) -> Iterator[tuple[int, int]]:
    """Ranges that only the log of fsync knows: the extents of its file items. Its nodes go to `trees.visited`."""
    for tree in [item for item in trees.walk(log) if item.kind == _ROOT_ITEM]:
        for item in trees.walk(_root_of(tree)._replace(generation=None)):
            if item.kind == _EXTENT_DATA and len(item.data) >= 53 and u8(item.data, 20) != _INLINE:
                start, length = le64(item.data, 21), le64(item.data, 29)
                if start:
                    yield start, start + length


class Btrfs:
    """One device, profiles single and DUP."""

    name: ClassVar[str] = "btrfs"
    types: ClassVar[frozenset[str]] = frozenset({"btrfs"})

    def measure(self, volume: Volume, bench: Bench) -> Measured:
        """Every copy of every extent, the superblocks, the reserved first MiB, and what the log of fsync names."""
        superblock = read_superblock(volume)
        checksum = CHECKSUMS[le16(superblock.data, 196)]
        trees = Trees(volume, bench, Chunks(), superblock.node_size, checksum, superblock.owner_id)
        learn_chunks(trees, superblock)
        logical = _allocation(trees, superblock).demand_exact(superblock, trees.chunks)
        demand_covered(logical, trees_read(trees))
        notes: tuple[str, ...] = ()
        if superblock.log_root:
            logged = list(_logged(trees, superblock.log_root))
            logical |= Extents(logged) | Extents(sorted(extent for _, extent in trees_read(trees)))
            notes = (_(_LOG_NOTE),)
        fixed = [(0, _RESERVED)] + [(copy, copy + _SUPERBLOCK_SIZE) for copy in _COPIES]
        end = superblock.end
        used = trees.chunks.on_device(logical) | Extents(
            (start, min(stop, end)) for start, stop in fixed if start < end
        )
        return Measured(end, used, "btrfs extent tree", notes, _facts(superblock))


def trees_read(trees: Trees) -> Iterator[tuple[str, Extent]]:
    """Every node that was read: each has to be in the map."""
    for address in trees.visited:
        yield _("tree node"), Extent(address, address + trees.node_size)


def _facts(superblock: Superblock) -> dict[str, str | int]:
    return {
        "node_size": superblock.node_size,
        "sector_size": le32(superblock.data, 144),
        "bytes_used": superblock.bytes_used,
        "uuid": uuid_text(superblock.data[32:48]),
        "features": " ".join(name for word, flags in superblock.words() for name in word.set_in(flags)),
    }
