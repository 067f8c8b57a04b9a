"""Just enough of the NTFS master file table: a record by number, its attributes, and the clusters of their data.

Layout: ntfs-3g, include/ntfs-3g/layout.h. The last two bytes of every sector of a record are swapped out into its
update sequence array ("fixups") and come back here.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from rescue.extents import Extent
from rescue.filesystems.fields import le16, le32, le64, u8
from rescue.filesystems.gate import demand
from rescue.filesystems.model import UnmappableError
from rescue.filesystems.volume import Volume
from rescue.language import _

VOLUME_INFORMATION, DATA = 0x70, 0x80
_ATTRIBUTE_LIST, _END = 0x20, 0xFFFFFFFF
_FIXUP_STRIDE = 512


@dataclass(frozen=True, slots=True)
class Geometry:
    """Sizes and places from the boot sector, in bytes."""

    sector: int
    cluster: int
    sectors: int
    mft: int
    mirror: int
    record: int

    @property
    def clusters(self) -> int:
        """Whole clusters; the second boot sector lies behind them."""
        return self.sectors * self.sector // self.cluster


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute record."""

    data: bytes

    @property
    def kind(self) -> int:
        return le32(self.data, 0)

    @property
    def unnamed(self) -> bool:
        return u8(self.data, 9) == 0

    @property
    def resident_value(self) -> bytes:
        """The value of a resident attribute."""
        demand(u8(self.data, 8) == 0, _("An NTFS attribute is not where it belongs."))
        start = le16(self.data, 20)
        return self.data[start : start + le32(self.data, 16)]

    @property
    def size(self) -> int:
        """Bytes of the value of an attribute outside its record."""
        return le64(self.data, 48)

    def extents(self, geometry: Geometry) -> list[Extent]:
        """Where the value lies, in order; a hole is damage, as the files read here have none."""
        demand(u8(self.data, 8) == 1 and le64(self.data, 16) == 0, _("An NTFS system file is too fragmented to read."))
        cluster = geometry.cluster
        runs = list(_runs(self.data[le16(self.data, 32) :]))
        inside = all(start >= 0 and start + count <= geometry.clusters for start, count in runs)
        demand(inside and bool(runs), _("An NTFS system file lies outside the volume."))
        return [Extent(start * cluster, (start + count) * cluster) for start, count in runs]


def _runs(pairs: bytes) -> Iterator[tuple[int, int]]:
    """First cluster and count of every run of a mapping pairs array."""
    position = cluster = 0
    while position < len(pairs) and pairs[position]:
        length_size, offset_size = pairs[position] & 15, pairs[position] >> 4
        middle = position + 1 + length_size
        after = middle + offset_size
        sound = 0 < length_size <= 8 and 0 < offset_size <= 8 and after <= len(pairs)
        demand(sound, _("An NTFS run list is damaged."))
        cluster += int.from_bytes(pairs[middle:after], "little", signed=True)
        count = int.from_bytes(pairs[position + 1 : middle], "little")
        yield cluster, count
        position = after


def with_fixups(data: bytes, magic: bytes) -> bytes:
    """The structure with the true last bytes of its sectors; UnmappableError where a write was torn."""
    demand(data[:4] == magic, _("An NTFS structure has no {magic} magic.").format(magic=magic.decode()))
    start, count = le16(data, 4), le16(data, 6)
    demand(count > 0 and start + 2 * count <= len(data), _("An NTFS update sequence is damaged."))
    demand((count - 1) * _FIXUP_STRIDE <= len(data), _("An NTFS update sequence is damaged."))
    fixed = bytearray(data)
    for index in range(1, count):
        place = index * _FIXUP_STRIDE - 2
        demand(data[place : place + 2] == data[start : start + 2], _("An NTFS structure was written only in part."))
        fixed[place : place + 2] = data[start + 2 * index : start + 2 * index + 2]
    return bytes(fixed)


def read_record(volume: Volume, geometry: Geometry, number: int) -> list[Attribute]:
    """Attributes of one of the first 16 records, which lie together at the start of the table."""
    data = with_fixups(volume.read(geometry.mft + number * geometry.record, geometry.record), b"FILE")
    attributes = list(_attributes(data))
    listed = any(attribute.kind == _ATTRIBUTE_LIST for attribute in attributes)
    demand(not listed, _("An NTFS system file is too fragmented to read."))
    return attributes


def _attributes(record: bytes) -> Iterator[Attribute]:
    position = le16(record, 20)
    while position + 8 <= len(record) and le32(record, position) != _END:
        length = le32(record, position + 4)
        demand(length >= 24 and position + length <= len(record), _("An NTFS file record is damaged."))
        yield Attribute(record[position : position + length])
        position += length


def attribute(attributes: list[Attribute], kind: int) -> Attribute:
    """The unnamed attribute of a kind."""
    for candidate in attributes:
        if candidate.kind == kind and candidate.unnamed:
            return candidate
    raise UnmappableError(_("An NTFS system file has lost an attribute."))
