"""The superblock and the allocation group headers of XFS.

Layout: Linux, fs/xfs/libxfs/xfs_format.h (`xfs_dsb`, `xfs_agf`, `xfs_agi`, `xfs_agfl`). Everything is big-endian; every
allocation group begins with four header sectors: a superblock copy, AGF, AGI and AGFL.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from rescue.extents import Extent
from rescue.filesystems.fields import be16, be32, be64, u8
from rescue.filesystems.gate import FeatureWord, demand, demand_proven
from rescue.filesystems.volume import Volume
from rescue.language import _

_RO_COMPAT = FeatureWord(
    {0x1: "finobt", 0x2: "rmapbt", 0x4: "reflink", 0x8: "inobtcount"}, {"finobt", "rmapbt", "reflink", "inobtcount"}
)
_INCOMPAT = FeatureWord(
    {
        0x1: "ftype",
        0x2: "sparse",
        0x4: "meta_uuid",
        0x8: "bigtime",
        0x10: "needsrepair",
        0x20: "nrext64",
        0x40: "exchange",
        0x80: "parent",
        0x100: "metadir",
        0x200: "zoned",
    },
    {"ftype", "sparse", "meta_uuid", "bigtime", "nrext64"},
)
_LOG_INCOMPAT = FeatureWord({0x1: "logged xattrs"}, ())
_VERSION = 5
# partclone up to 0.3.36 numbers blocks with 32 bits (its commit a117695) and would free blocks that are in use.
_MOST_BLOCKS = 1 << 32


@dataclass(frozen=True, slots=True)
class Superblock:
    """The fields that the gate needs."""

    data: bytes

    @property
    def block_size(self) -> int:
        return be32(self.data, 4)

    @property
    def blocks(self) -> int:
        return be64(self.data, 8)

    @property
    def end(self) -> int:
        """The byte after the last block."""
        return self.blocks * self.block_size

    @property
    def group_blocks(self) -> int:
        return be32(self.data, 84)

    @property
    def groups(self) -> int:
        return be32(self.data, 88)

    @property
    def sector(self) -> int:
        return be16(self.data, 102)

    def group_start(self, number: int) -> int:
        """First byte of an allocation group."""
        return number * self.group_blocks * self.block_size

    def log(self) -> Extent:
        """Where the internal log lies. Its start is a block number with the group above `agblklog` bits."""
        bits = u8(self.data, 124)
        number = be64(self.data, 48)
        start = (number >> bits) * self.group_blocks + (number & ((1 << bits) - 1))
        return Extent(start * self.block_size, (start + be32(self.data, 96)) * self.block_size)

    def unproven(self) -> list[str]:
        """Features on nobody's allow-list."""
        words = ((_RO_COMPAT, 212), (_INCOMPAT, 216), (_LOG_INCOMPAT, 220))
        return [name for word, offset in words for name in word.unproven(be32(self.data, offset))]

    def features(self) -> str:
        """All features by name."""
        words = ((_RO_COMPAT, 212), (_INCOMPAT, 216), (_LOG_INCOMPAT, 220))
        return " ".join(name for word, offset in words for name in word.set_in(be32(self.data, offset)))


def read_superblock(volume: Volume) -> Superblock:
    """The first superblock, plausible and with proven features; UnmappableError otherwise."""
    superblock = peek_superblock(volume)
    data = superblock.data
    demand(be16(data, 100) & 0xF == _VERSION, _("Only version 5 of XFS is proven."))
    demand_proven("XFS", superblock.unproven())
    demand(be64(data, 16) == 0, _("The XFS has a realtime section on another device."))
    demand(be64(data, 48) != 0, _("The log of the XFS is on another device."))
    demand(u8(data, 126) == 0, _("The XFS was never completely made."))
    demand(superblock.blocks < _MOST_BLOCKS, _("An XFS of more than 2^32 blocks is not proven."))
    return superblock


def peek_superblock(volume: Volume) -> Superblock:
    """The first superblock, plausible, whatever its version and features are: for counts, not for maps.

    UnmappableError.
    """
    superblock = Superblock(volume.read(0, 512))
    demand(superblock.data[:4] == b"XFSB", _("The XFS superblock has no magic number."))
    size, sector = superblock.block_size, superblock.sector
    powers = all(value and value & (value - 1) == 0 for value in (size, sector))
    demand(powers and sector <= size <= 65536 and superblock.groups > 0, _("The XFS superblock is damaged."))
    whole = (superblock.groups - 1) * superblock.group_blocks < superblock.blocks
    demand(
        whole and superblock.blocks <= superblock.groups * superblock.group_blocks, _("The XFS superblock is damaged.")
    )
    demand(superblock.end <= volume.size, _("The file system is larger than its partition."))
    return superblock


def free_bytes(volume: Volume, superblock: Superblock) -> int:
    """Free space by the headers of all groups: free extents, and blocks kept ready for the free space trees (AGFL)."""
    blocks = 0
    for number in range(superblock.groups):
        header = volume.read(superblock.group_start(number) + superblock.sector, 512)
        demand(
            header[:4] == b"XAGF" and be32(header, 8) == number,
            _("XFS group {number} has a damaged header.").format(number=number),
        )
        blocks += be32(header, 52) + be32(header, 48)
    return blocks * superblock.block_size


def unlinked_inodes(volume: Volume, superblock: Superblock) -> bool:
    """Does any group list inodes that were deleted while open?"""
    for number in range(superblock.groups):
        header = volume.read(superblock.group_start(number) + 2 * superblock.sector, 512)
        demand(header[:4] == b"XAGI", _("XFS group {number} has a damaged header.").format(number=number))
        if header[40 : 40 + 64 * 4] != b"\xff" * 256:
            return True
    return False


def spare_blocks(volume: Volume, superblock: Superblock) -> Iterator[tuple[int, int]]:
    """Byte ranges of every block that an AGFL names, in use or not. Its entries begin after a header of 36 bytes."""
    size = superblock.block_size
    for number in range(superblock.groups):
        start = superblock.group_start(number)
        sector = volume.read(start + 3 * superblock.sector, superblock.sector)
        for offset in range(36, len(sector) - 3, 4):
            block = be32(sector, offset)
            if block < superblock.group_blocks and start + (block + 1) * size <= superblock.end:
                yield start + block * size, start + (block + 1) * size


def structures(superblock: Superblock) -> Iterator[tuple[str, Extent]]:
    """What has to be in every map."""
    for number in range(superblock.groups):
        start = superblock.group_start(number)
        yield _("header of group {number}").format(number=number), Extent(start, start + 4 * superblock.sector)
    yield "log", superblock.log()
