"""exFAT: map by the exfat library in partclone, its total by our own reading of the allocation bitmap.

Layout: Microsoft, "exFAT file system specification". The main boot region is the first 12 sectors, its backup the next
12; the root directory holds an entry that tells where the allocation bitmap lies.
"""

from dataclasses import dataclass
from typing import ClassVar

from rescue.extents import Extent
from rescue.filesystems import partclone
from rescue.filesystems.bits import count_set
from rescue.filesystems.fields import le16, le32, le64, u8
from rescue.filesystems.gate import demand, demand_count, demand_covered
from rescue.filesystems.model import Bench, Measured, UnmappableError
from rescue.filesystems.volume import Volume
from rescue.language import _

TOOL = "partclone.exfat"
_DIRTY, _MEDIA_FAILURE = 0x2, 0x4
_HARMLESS = 0x8  # clear to zero: a request to future drivers
_BITMAP_ENTRY, _ENTRY_SIZE = 0x81, 32
_END_OF_CHAIN = 0xFFFFFFF8
_MOST_DIRECTORY_CLUSTERS = 4096


@dataclass(frozen=True, slots=True)
class Layout:
    """Sizes and places from the main boot sector, in bytes."""

    boot: bytes

    @property
    def sector(self) -> int:
        return 1 << u8(self.boot, 108)

    @property
    def cluster(self) -> int:
        return self.sector << u8(self.boot, 109)

    @property
    def end(self) -> int:
        """The byte after the last sector."""
        return le64(self.boot, 72) * self.sector

    @property
    def table(self) -> Extent:
        start = le32(self.boot, 80) * self.sector
        return Extent(start, start + le32(self.boot, 84) * self.sector)

    @property
    def heap(self) -> int:
        """Where cluster 2 begins."""
        return le32(self.boot, 88) * self.sector

    @property
    def clusters(self) -> int:
        return le32(self.boot, 92)

    @property
    def heap_end(self) -> int:
        return self.heap + self.clusters * self.cluster

    def place(self, cluster: int) -> int:
        """First byte of a cluster."""
        demand(2 <= cluster < self.clusters + 2, _("An exFAT cluster number leads outside the volume."))
        return self.heap + (cluster - 2) * self.cluster


def read_layout(volume: Volume) -> Layout:
    """Decode the boot sector of a sound volume; UnmappableError otherwise."""
    layout = peek_layout(volume)
    flags = le16(layout.boot, 106)
    demand(not flags & _DIRTY, _("The exFAT volume was not cleanly unmounted."))
    demand(not flags & _MEDIA_FAILURE, _("The exFAT volume reports failures of its medium."))
    demand(not flags & ~_HARMLESS, _("The exFAT volume has flags that are not proven."))
    return layout


def peek_layout(volume: Volume) -> Layout:
    """Decode the boot sector, whatever its flags are: for counts, not for maps. UnmappableError."""
    boot = volume.read(0, 512)
    layout = Layout(boot)
    demand(boot[3:11] == b"EXFAT   " and boot[510:] == b"\x55\xaa", _("The exFAT boot sector has no signature."))
    shifts = 9 <= u8(boot, 108) <= 12 and u8(boot, 108) + u8(boot, 109) <= 25
    demand(shifts and le16(boot, 104) >> 8 == 1, _("The exFAT boot sector is damaged."))
    demand(u8(boot, 110) == 1, _("The exFAT has two allocation tables."))
    inside = layout.table.end <= layout.heap and layout.clusters > 0 and layout.heap_end <= layout.end
    demand(inside, _("The exFAT boot sector is damaged."))
    demand(layout.end <= volume.size, _("The file system is larger than its partition."))
    return layout


def used_by_bitmap(volume: Volume, layout: Layout) -> int:
    """Bytes in use by the allocation bitmap, with what lies before the clusters and behind them."""
    _, bitmap = _bitmap(volume, layout)
    return layout.heap + layout.end - layout.heap_end + count_set(bitmap, layout.clusters) * layout.cluster


def _bitmap(volume: Volume, layout: Layout) -> tuple[Extent, bytes]:
    """Where the allocation bitmap lies, and its bytes; it is contiguous in every volume that formatters make."""
    cluster = le32(layout.boot, 96)
    for _number in range(_MOST_DIRECTORY_CLUSTERS):
        directory = volume.read(layout.place(cluster), layout.cluster)
        for start in range(0, len(directory), _ENTRY_SIZE):
            if directory[start] == _BITMAP_ENTRY:
                return _bitmap_at(volume, layout, le32(directory, start + 20), le64(directory, start + 24))
        cluster = le32(volume.read(layout.table.start + 4 * cluster, 4), 0)
        if cluster >= _END_OF_CHAIN:
            break
    raise UnmappableError(_("The exFAT root directory has no allocation bitmap."))


def _bitmap_at(volume: Volume, layout: Layout, first: int, size: int) -> tuple[Extent, bytes]:
    demand(size == -(-layout.clusters // 8), _("The exFAT allocation bitmap has a wrong size."))
    count = -(-size // layout.cluster)
    links = volume.read(layout.table.start + 4 * first, 4 * count)
    chain = all(le32(links, 4 * index) == first + index + 1 for index in range(count - 1))
    demand(chain, _("The exFAT allocation bitmap is fragmented."))
    start = layout.place(first)
    demand(start + size <= layout.heap_end, _("The exFAT allocation bitmap lies outside the volume."))
    return Extent(start, start + size), volume.read(start, size)


class Exfat:
    """exFAT with one allocation table."""

    name: ClassVar[str] = "exfat"
    types: ClassVar[frozenset[str]] = frozenset({"exfat"})

    def measure(self, volume: Volume, bench: Bench) -> Measured:
        """Both boot regions, the table, used clusters, and the sectors around them."""
        layout = read_layout(volume)
        place = _bitmap(volume, layout)[0]
        used, method = partclone.read_map(TOOL, volume.path, layout.end, bench)
        demand_count(used.total, used_by_bitmap(volume, layout))
        needed = (
            (_("boot region"), Extent(0, 12 * layout.sector)),
            (_("backup boot region"), Extent(12 * layout.sector, 24 * layout.sector)),
            (_("allocation table"), layout.table),
            (_("allocation bitmap"), place),
        )
        demand_covered(used, needed)
        return Measured(layout.end, used, method, (), _facts(layout))


def _facts(layout: Layout) -> dict[str, str | int]:
    serial = le32(layout.boot, 100)
    return {
        "cluster_size": layout.cluster,
        "clusters": layout.clusters,
        "serial": f"{serial >> 16:04X}-{serial & 0xFFFF:04X}",
    }
