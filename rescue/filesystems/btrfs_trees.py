"""Reading the trees of a Btrfs on one device: chunks, checked nodes, and items in the order of their keys.

Layout: Linux, include/uapi/linux/btrfs_tree.h. Addresses inside the file system are logical; a chunk maps a range of
them to one place on the device, or to two (DUP). Whatever is not as expected raises UnmappableError, so hostile or
damaged trees end in a raw image.
"""

import hashlib
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from rescue.extents import Extents
from rescue.filesystems.crc32c import crc32c
from rescue.filesystems.fields import le16, le32, le64, u8
from rescue.filesystems.gate import demand
from rescue.filesystems.model import Bench, UnmappableError
from rescue.filesystems.volume import Volume
from rescue.language import _

CHUNK_ITEM = 228
_HEADER, _ITEM, _POINTER = 101, 25, 33
_MAX_LEVEL = 7
_DUP = 0x20
_PROFILES = 0x7F8 | 1 << 48

CHECKSUMS: Mapping[int, Callable[[bytes], bytes]] = {
    0: lambda data: crc32c(data).to_bytes(4, "little"),
    2: lambda data: hashlib.sha256(data).digest(),
    3: lambda data: hashlib.blake2b(data, digest_size=32).digest(),
}


class Chunk(NamedTuple):
    """`length` bytes at the logical address `start` lie at each of the `places` on the device."""

    start: int
    length: int
    places: tuple[int, ...]


class Item(NamedTuple):
    """One item of a leaf."""

    object_id: int
    kind: int
    offset: int
    data: bytes


class Root(NamedTuple):
    """Where a tree begins."""

    address: int
    level: int
    generation: int | None


def read_chunk(start: int, data: bytes, device: int) -> Chunk:
    """Decode a chunk item; only single and DUP on the one device pass."""
    demand(len(data) >= 48, _("A Btrfs chunk is damaged."))
    length, profile, count = le64(data, 0), le64(data, 24) & _PROFILES, le16(data, 44)
    demand(profile in (0, _DUP), _("The Btrfs has a RAID profile."))
    demand(count == (2 if profile else 1) and len(data) >= 48 + 32 * count, _("A Btrfs chunk is damaged."))
    stripes = range(48, 48 + 32 * count, 32)
    demand(all(le64(data, offset) == device for offset in stripes), _("The Btrfs spans more than one device."))
    return Chunk(start, length, tuple(le64(data, offset + 8) for offset in stripes))


@dataclass(slots=True)
class Chunks:
    """All chunks known so far, sorted by logical address."""

    chunks: list[Chunk] = field(default_factory=list)

    def add(self, chunk: Chunk) -> None:
        """Learn a chunk; the same one may come twice, an overlap is damage."""
        index = bisect_right(self.chunks, chunk.start, key=lambda known: known.start)
        before = self.chunks[index - 1] if index else None
        if before == chunk:
            return
        free = before is None or before.start + before.length <= chunk.start
        free &= index == len(self.chunks) or chunk.start + chunk.length <= self.chunks[index].start
        demand(free and chunk.length > 0, _("Btrfs chunks overlap."))
        self.chunks.insert(index, chunk)

    def find(self, address: int, length: int) -> Chunk:
        """The chunk that holds all of a range."""
        index = bisect_right(self.chunks, address, key=lambda known: known.start) - 1
        chunk = self.chunks[index] if index >= 0 else None
        if chunk is None or address + length > chunk.start + chunk.length:
            raise UnmappableError(_("The Btrfs address {address} lies in no chunk.").format(address=address))
        return chunk

    def places(self, address: int, length: int) -> list[int]:
        """Every place of a range on the device."""
        chunk = self.find(address, length)
        return [place + address - chunk.start for place in chunk.places]

    def on_device(self, logical: Extents) -> Extents:
        """All copies of logical ranges, which may cross chunks that touch."""
        return Extents(
            (piece.start - chunk.start + place, piece.end - chunk.start + place)
            for chunk in self.chunks
            for place in chunk.places
            for piece in logical.between(chunk.start, chunk.start + chunk.length)
        )


@dataclass(slots=True)
class Trees:
    """A reader of nodes. `visited` collects the logical address of every node it has read."""

    volume: Volume
    bench: Bench
    chunks: Chunks
    node_size: int
    checksum: Callable[[bytes], bytes]
    owner_id: bytes
    visited: set[int] = field(default_factory=set)

    def walk(self, root: Root) -> Iterator[Item]:
        """Every item of a tree in the order of the keys."""
        demand(root.level <= _MAX_LEVEL, _("A Btrfs tree is too high."))
        if self.bench.cancel is not None:
            self.bench.cancel.raise_if_cancelled()
        demand(root.address not in self.visited, _("A Btrfs node belongs to two places."))
        self.visited.add(root.address)
        node = self._read(root)
        count = le32(node, 96)
        width = _POINTER if root.level else _ITEM
        demand(_HEADER + count * width <= self.node_size, _("A Btrfs node is damaged."))
        for start in range(_HEADER, _HEADER + count * width, width):
            if root.level:
                child = Root(le64(node, start + 17), root.level - 1, le64(node, start + 25))
                yield from self.walk(child)
            else:
                yield self._item(node, start)

    def _item(self, leaf: bytes, start: int) -> Item:
        begin = _HEADER + le32(leaf, start + 17)
        end = begin + le32(leaf, start + 21)
        demand(end <= self.node_size, _("A Btrfs leaf is damaged."))
        return Item(le64(leaf, start), u8(leaf, start + 8), le64(leaf, start + 9), leaf[begin:end])

    def _read(self, root: Root) -> bytes:
        """The node from the first copy that passes its checks."""
        for place in self.chunks.places(root.address, self.node_size):
            node = self.volume.read(place, self.node_size)
            if self._is_sound(node, root):
                return node
        raise UnmappableError(_("The Btrfs node at address {address} is damaged.").format(address=root.address))

    def _is_sound(self, node: bytes, root: Root) -> bool:
        digest = self.checksum(node[32:])
        return (
            node[: len(digest)] == digest
            and node[32:48] == self.owner_id
            and le64(node, 48) == root.address
            and u8(node, 100) == root.level
            and root.generation in (None, le64(node, 80))
        )
