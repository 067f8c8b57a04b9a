"""HFS+ and HFSX: map by partclone's reader of the allocation file, its total by ours and by the volume header.

Layout: Apple, Technical Note TN1150. Everything is big-endian. The volume header lies at byte 1024, its copy 1024 bytes
before the end of the volume.
"""

from dataclasses import dataclass
from typing import ClassVar

from rescue.extents import Extent, Extents
from rescue.filesystems import partclone
from rescue.filesystems.bits import bit_runs
from rescue.filesystems.fields import be16, be32, be64, le32, le64
from rescue.filesystems.gate import demand, demand_count, demand_covered
from rescue.filesystems.model import Bench, Measured
from rescue.filesystems.volume import Volume
from rescue.language import _

TOOL = "partclone.hfsplus"
_HEADER, _HEADER_SIZE, _FROM_END = 1024, 512, 1024
_UNMOUNTED, _INCONSISTENT, _JOURNALED = 1 << 8, 1 << 11, 1 << 13
# Locked by hardware or software, catalog numbers reused: not about blocks.
_HARMLESS = _UNMOUNTED | _JOURNALED | 1 << 7 | 1 << 12 | 1 << 15
_SIGNATURES = {(b"H+", 4), (b"HX", 5)}
_ALLOCATION_FORK, _EXTENTS_IN_FORK = 112, 8
# partclone computes the place of the allocation file with 32 bits.
_FARTHEST = 1 << 32


@dataclass(frozen=True, slots=True)
class Header:
    """The volume header."""

    data: bytes

    @property
    def block_size(self) -> int:
        return be32(self.data, 40)

    @property
    def blocks(self) -> int:
        return be32(self.data, 44)

    @property
    def free_blocks(self) -> int:
        return be32(self.data, 48)

    @property
    def used(self) -> int:
        """Bytes in use by the header's own count."""
        return (self.blocks - self.free_blocks) * self.block_size

    @property
    def attributes(self) -> int:
        return be32(self.data, 4)

    @property
    def end(self) -> int:
        """The byte after the last block."""
        return self.blocks * self.block_size

    def allocation_file(self) -> list[Extent]:
        """Where the allocation file lies; UnmappableError where it has more than the eight extents of the header."""
        start = _ALLOCATION_FORK + 16
        pairs = [(be32(self.data, at), be32(self.data, at + 4)) for at in range(start, start + 64, 8)]
        total = be32(self.data, _ALLOCATION_FORK + 12)
        demand(sum(count for _, count in pairs) == total, _("The HFS+ allocation file is too fragmented."))
        size = self.block_size
        extents = [Extent(first * size, (first + count) * size) for first, count in pairs if count]
        inside = all(extent.end <= min(self.end, _FARTHEST) for extent in extents)
        demand(inside and total * size * 8 >= self.blocks, _("The HFS+ allocation file is not where it can be read."))
        return extents


def read_header(volume: Volume) -> Header:
    """The volume header of a sound volume; UnmappableError otherwise."""
    header = peek_header(volume)
    attributes = header.attributes
    demand(bool(attributes & _UNMOUNTED), _("The HFS+ was not cleanly unmounted."))
    demand(not attributes & _INCONSISTENT, _("The HFS+ is marked as inconsistent."))
    demand(not attributes & ~_HARMLESS, _("The HFS+ volume header has flags that are not proven."))
    return header


def peek_header(volume: Volume) -> Header:
    """The volume header, plausible, in whatever state the volume is: for counts, not for maps. UnmappableError."""
    header = Header(volume.read(_HEADER, _HEADER_SIZE))
    signature = header.data[:2]
    demand(signature != b"BD", _("The HFS+ lies inside an HFS wrapper."))
    demand((signature, be16(header.data, 2)) in _SIGNATURES, _("The HFS+ volume header has no signature."))
    size = header.block_size
    sound = 512 <= size <= 1 << 20 and size & (size - 1) == 0 and header.free_blocks < header.blocks
    demand(sound, _("The HFS+ volume header is damaged."))
    demand(header.end <= volume.size, _("The file system is larger than its partition."))
    return header


def _journal(volume: Volume, header: Header) -> list[Extent]:
    """Where the journal lies, which has to be empty: its header's start and end are equal."""
    if not header.attributes & _JOURNALED:
        return []
    block = be32(header.data, 12)
    information = volume.read(block * header.block_size, 52)
    demand(be32(information, 0) & 0x3 == 0x1, _("The HFS+ journal is on another device or was never made."))
    start, size = be64(information, 36), be64(information, 44)
    journal = volume.read(start, 24)
    little = journal[:4] == b"xLNJ"
    demand(little or journal[:4] == b"JNLx", _("The HFS+ journal has no magic number."))
    read = le64 if little else be64
    demand((le32 if little else be32)(journal, 4) == 0x12345678, _("The HFS+ journal is damaged."))
    demand(read(journal, 8) == read(journal, 16), _("The HFS+ journal is still to be replayed."))
    return [Extent(block * header.block_size, (block + 1) * header.block_size), Extent(start, start + size)]


def _used_by_bitmap(volume: Volume, header: Header) -> int:
    """Bytes in use by our own reading; the highest bit of a byte is the first block."""
    bitmap = b"".join(volume.read(start, end - start) for start, end in header.allocation_file())
    runs = bit_runs(bitmap, header.blocks, highest_first=True)
    return sum(after - first for first, after in runs) * header.block_size


class HfsPlus:
    """HFS+ and HFSX, without a wrapper."""

    name: ClassVar[str] = "hfsplus"
    types: ClassVar[frozenset[str]] = frozenset({"hfsplus"})

    def measure(self, volume: Volume, bench: Bench) -> Measured:
        """Used allocation blocks, and always the last KiB with the copy of the header."""
        header = read_header(volume)
        journal = _journal(volume, header)
        expected = header.used
        demand_count(_used_by_bitmap(volume, header), expected)
        used, method = partclone.read_map(TOOL, volume.path, header.end, bench)
        demand_count(used.total, expected)
        used |= Extents([(0, _HEADER + _HEADER_SIZE), (max(0, header.end - _FROM_END), header.end)])
        demand_covered(used, [(_("allocation file"), extent) for extent in header.allocation_file()])
        demand_covered(used, [("journal", extent) for extent in journal])
        return Measured(header.end, used, method, (), _facts(header))


def _facts(header: Header) -> dict[str, str | int]:
    return {
        "block_size": header.block_size,
        "blocks": header.blocks,
        "signature": header.data[:2].decode("ascii"),
        "uuid": header.data[104:112].hex().upper(),
        "attributes": header.attributes,
    }
