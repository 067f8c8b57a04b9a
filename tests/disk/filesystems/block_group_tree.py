"""Turns a Btrfs fresh from mkfs into one with BLOCK_GROUP_TREE, which btrfs-progs 6.2 (Debian 12) cannot make.

The block group items move from the only leaf of the extent tree to a leaf of a tree of their own, for which the free
space that begins behind the last node gives a piece.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

from rescue.filesystems.btrfs import Superblock, learn_chunks, read_superblock
from rescue.filesystems.btrfs_trees import CHECKSUMS, Chunks, Root, Trees
from rescue.filesystems.crc32c import crc32c
from rescue.filesystems.fields import le64
from rescue.filesystems.model import Bench
from rescue.filesystems.volume import opened
from tests.disk.filesystems.proof import overwrite

_EXTENT_TREE, _FREE_SPACE_TREE, _BLOCK_GROUP_TREE = 2, 10, 11
_ROOT_ITEM, _METADATA_ITEM, _BLOCK_GROUP_ITEM, _FREE_SPACE = 132, 169, 192, 199
_SUPERBLOCKS = (64 << 10, 64 << 20)
_HEADER = 101

Items = list[tuple[tuple[int, int, int], bytes]]


@dataclass(frozen=True)
class Leaf:
    """The only node of a tree: its place on the device, its head, and its items."""

    place: int
    head: bytes
    items: Items


def convert(image: Path) -> None:
    """Convert `image`, made with single metadata and CRC-32C."""
    with opened(str(image), image.stat().st_size) as volume:
        superblock = read_superblock(volume)
        trees = Trees(volume, Bench(image), Chunks(), superblock.node_size, CHECKSUMS[0], superblock.owner_id)
        learn_chunks(trees, superblock)
        roots = _leaf_at(trees, superblock.root.address)
        extent_root = dict(roots.items)[_EXTENT_TREE, _ROOT_ITEM, 0]
        extents = _leaf_at(trees, le64(extent_root, 176))
        free = _leaf_at(trees, le64(dict(roots.items)[_FREE_SPACE_TREE, _ROOT_ITEM, 0], 176))
    size, generation = superblock.node_size, le64(extent_root, 160)
    address = max(key[0] for key, _ in extents.items if key[1] == _METADATA_ITEM) + size
    groups = [_grown(key, data, address, size) for key, data in extents.items if key[1] == _BLOCK_GROUP_ITEM]
    others = [item for item in extents.items if item[0][1] != _BLOCK_GROUP_ITEM]
    reference = struct.pack("<QQQBQ", 1, generation, 2, 176, _BLOCK_GROUP_TREE)
    root = extent_root[:176] + struct.pack("<Q", address) + extent_root[184:]
    _write(image, roots, [*roots.items, ((_BLOCK_GROUP_TREE, _ROOT_ITEM, 0), root)], size)
    _write(image, extents, [*others, ((address, _METADATA_ITEM, 0), reference)], size)
    _write(image, free, [(_shrunk(key, address, size), data) for key, data in free.items], size)
    _write(image, _new_leaf(trees.chunks.places(address, size)[0], address, extents.head), groups, size)
    _write_superblocks(image, superblock)


def _leaf_at(trees: Trees, address: int) -> Leaf:
    place = trees.chunks.places(address, trees.node_size)[0]
    return Leaf(place, trees.volume.read(place, _HEADER), _items(trees, address))


def _new_leaf(place: int, address: int, head: bytes) -> Leaf:
    owned = head[:48] + struct.pack("<Q", address) + head[56:88] + struct.pack("<Q", _BLOCK_GROUP_TREE) + head[96:]
    return Leaf(place, owned, [])


def _write(image: Path, leaf: Leaf, items: Items, size: int) -> None:
    overwrite(image, leaf.place, _leaf(leaf.head, items, size))


def _items(trees: Trees, address: int) -> Items:
    """Items of a tree that is one leaf."""
    items = list(trees.walk(Root(address, 0, None)))
    return [((item.object_id, item.kind, item.offset), item.data) for item in items]


def _grown(key: tuple[int, int, int], data: bytes, address: int, size: int) -> tuple[tuple[int, int, int], bytes]:
    """The block group with the new leaf counted."""
    inside = key[0] <= address < key[0] + key[2]
    return key, struct.pack("<Q", le64(data, 0) + (size if inside else 0)) + data[8:]


def _shrunk(key: tuple[int, int, int], address: int, size: int) -> tuple[int, int, int]:
    """The free space without the new leaf."""
    start, kind, length = key
    return (start + size, kind, length - size) if (start, kind) == (address, _FREE_SPACE) else key


def _leaf(head: bytes, items: Items, size: int) -> bytes:
    leaf = bytearray(size)
    leaf[:_HEADER] = head
    leaf[96:100] = struct.pack("<I", len(items))
    end = size - _HEADER
    for number, (key, data) in enumerate(sorted(items)):
        end -= len(data)
        struct.pack_into("<QBQII", leaf, _HEADER + 25 * number, *key, end, len(data))
        leaf[_HEADER + end : _HEADER + end + len(data)] = data
    return _summed(leaf)


def _summed(block: bytearray) -> bytes:
    block[:32] = crc32c(bytes(block[32:])).to_bytes(32, "little")
    return bytes(block)


def _write_superblocks(image: Path, superblock: Superblock) -> None:
    data = bytearray(superblock.data)
    data[120:128] = struct.pack("<Q", superblock.bytes_used + superblock.node_size)
    block_group_tree = 0x8
    data[180:188] = struct.pack("<Q", superblock.compat_ro | block_group_tree)
    for place in _SUPERBLOCKS:
        data[48:56] = struct.pack("<Q", place)
        overwrite(image, place, _summed(data))
