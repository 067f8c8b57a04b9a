"""FAT12, FAT16 and FAT32, read directly: the allocation table is the truth and says itself what is in use.

Layout: Microsoft, "FAT: General Overview of On-Disk Format" 1.03. partclone is not used here because up to 0.3.36 it
reads FAT12 entries as 16 bits wide (partclone commit 9cd712e) and refuses a volume whose dirty bit is set, which
for FAT says nothing about the table.
"""

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

from rescue.extents import Extents
from rescue.filesystems.bits import runs
from rescue.filesystems.fields import le16, le32, u8
from rescue.filesystems.gate import demand
from rescue.filesystems.model import Bench, Measured
from rescue.filesystems.volume import Volume
from rescue.language import N_, _
from rescue.units import KiB, MiB

_DIRTY_NOTE = N_("The volume was not cleanly unmounted; its allocation table is imaged as it lies.")
_DIFFER_NOTE = N_("The copies of the allocation table differ; a cluster that any of them uses is imaged.")
# Linux marks the boot sector (fs/fat/inode.c, FAT_STATE_DIRTY), Windows the second entry of the table.
_BOOT_DIRTY = 0x1
_METHOD = "file allocation table"
_LARGEST_COUNTED = 128 * MiB
_PIECE = 192 * KiB  # whole entries of every width


@dataclass(frozen=True, slots=True)
class Layout:
    """Sizes and places from the BIOS parameter block, in bytes, and the width of a table entry in bits."""

    sector: int
    cluster: int
    table_start: int
    table_size: int
    tables: int
    data_start: int
    clusters: int
    end: int
    width: int
    media: int
    serial: int
    marked_dirty: bool

    @property
    def limit(self) -> int:
        """One more than the number of the last cluster; the first is 2."""
        return self.clusters + 2


def read_layout(volume: Volume) -> Layout:
    """Decode the boot sector; UnmappableError where it makes no sense."""
    boot = volume.read(0, 512)
    sector, per_cluster, reserved, tables = le16(boot, 11), u8(boot, 13), le16(boot, 14), u8(boot, 16)
    sound = sector in (512, 1024, 2048, 4096) and per_cluster and per_cluster & (per_cluster - 1) == 0
    demand(bool(sound) and reserved > 0 and tables in (1, 2), _("The FAT boot sector is damaged."))
    table_sectors = le16(boot, 22) or le32(boot, 36)
    root_sectors = -(-le16(boot, 17) * 32 // sector)
    total = le16(boot, 19) or le32(boot, 32)
    data_sector = reserved + tables * table_sectors + root_sectors
    clusters = (total - data_sector) // per_cluster
    demand(table_sectors > 0 and clusters > 0, _("The FAT boot sector is damaged."))
    demand(total * sector <= volume.size, _("The file system is larger than its partition."))
    width = 32 if le16(boot, 22) == 0 else 12 if clusters < 4085 else 16
    demand(table_sectors * sector * 8 >= (clusters + 2) * width, _("The FAT is too short for its clusters."))
    serial = le32(boot, 67 if width == 32 else 39)
    dirty = bool(u8(boot, 65 if width == 32 else 37) & _BOOT_DIRTY)
    return Layout(
        sector, sector * per_cluster, reserved * sector, table_sectors * sector, tables, data_sector * sector,
        clusters, total * sector, width, u8(boot, 21), serial, dirty,
    )  # fmt: skip


def entries(table: bytes, width: int, count: int) -> Sequence[int]:
    """The first `count` entries; FAT32 entries have 28 bits."""
    if width == 12:
        return [le16(table, index * 3 // 2) >> (4 if index & 1 else 0) & 0xFFF for index in range(count)]
    values = array("H" if width == 16 else "I")
    values.frombytes(table[: count * width // 8])
    return values if width == 16 else array("I", (value & 0x0FFFFFFF for value in values))


def used_by_table(volume: Volume, layout: Layout) -> int:
    """Bytes in use by the first table, with everything before and behind the clusters. It counts in place, a piece at a
    time, without a map: a table of 128 MiB takes about a second. UnmappableError for a larger one."""
    demand(layout.table_size <= _LARGEST_COUNTED, _("The FAT is too large to be counted in a moment."))
    idle = 0
    per_piece = _PIECE * 8 // layout.width
    for first in range(0, layout.limit, per_piece):
        count = min(per_piece, layout.limit - first)
        start = layout.table_start + first * layout.width // 8
        idle += _idle_in(volume.read(start, -(-count * layout.width // 8)), layout.width, count)
    outside = layout.end - layout.clusters * layout.cluster
    return outside + (layout.clusters - idle) * layout.cluster


def _idle_in(piece: bytes, width: int, count: int) -> int:
    """Entries that are free or marked bad. The two entries before the first cluster are neither."""
    if width == 32:
        numbers = int.from_bytes(piece, "little") & _repeated(0x0FFFFFFF, count)
        return _zeros(numbers, count) + _zeros(numbers ^ _repeated(0x0FFFFFF7, count), count)
    table = entries(piece, width, count)
    return table.count(0) + table.count((1 << width) - 9)


@lru_cache(maxsize=8)
def _repeated(entry: int, count: int) -> int:
    """The same FAT32 entry again and again, as one number."""
    return int.from_bytes(entry.to_bytes(4, "little") * count, "little")


def _zeros(numbers: int, count: int) -> int:
    """How many of `count` entries of 28 bits in 32 are zero: adding the highest such number carries from all others.

    A sum over all of them takes a hundredth of the time that looking at each takes.
    """
    carried = numbers + _repeated(0x0FFFFFFF, count)
    return count - (carried & _repeated(0x10000000, count)).bit_count()


def _demand_sound(table: Sequence[int], layout: Layout) -> None:
    """The first entry repeats the media byte; every link leads to a cluster, or is an end or a bad mark."""
    demand(table[0] & 0xFF == layout.media, _("The FAT does not begin with the media byte."))
    highest = (1 << min(layout.width, 28)) - 1
    astray = any(layout.limit <= value < highest - 8 or value == 1 for value in table[2:])
    demand(not astray, _("The FAT is damaged: a link leads outside the volume."))


def _is_clean(table: Sequence[int], width: int) -> bool:
    """The two highest bits of entry 1: cleanly unmounted, and no disk errors. FAT12 has none."""
    if width == 12:
        return True
    mask = 0xC000 if width == 16 else 0x0C000000
    return table[1] & mask == mask


def _used_clusters(table: Sequence[int], layout: Layout) -> Extents:
    """Bytes of all clusters that are neither free nor marked bad."""
    bad = (1 << min(layout.width, 28)) - 9
    marks = bytes(value not in (0, bad) for value in table[2:])
    return Extents(
        (layout.data_start + first * layout.cluster, layout.data_start + after * layout.cluster)
        for first, after in runs(marks)
    )


class Fat:
    """All three widths."""

    name: ClassVar[str] = "vfat"
    types: ClassVar[frozenset[str]] = frozenset({"vfat", "msdos"})

    def measure(self, volume: Volume, bench: Bench) -> Measured:
        """Everything before the data area, every cluster in use, and the sectors behind the last cluster."""
        layout = read_layout(volume)
        used = Extents([(0, layout.data_start)])
        dirty = layout.marked_dirty
        copies = []
        for index in range(layout.tables):
            if bench.cancel is not None:
                bench.cancel.raise_if_cancelled()
            copies.append(volume.read(layout.table_start + index * layout.table_size, layout.table_size))
        for copy in copies[:1] if copies[0] == copies[-1] else copies:
            table = entries(copy, layout.width, layout.limit)
            _demand_sound(table, layout)
            used |= _used_clusters(table, layout)
            dirty |= not _is_clean(table, layout.width)
        notes = ([_(_DIRTY_NOTE)] if dirty else []) + ([_(_DIFFER_NOTE)] if copies[0] != copies[-1] else [])
        used |= Extents([(layout.data_start + layout.clusters * layout.cluster, layout.end)])
        return Measured(layout.end, used, _METHOD, tuple(notes), _facts(layout, used))


def _facts(layout: Layout, used: Extents) -> dict[str, str | int]:
    return {
        "fat": f"FAT{layout.width}",
        "cluster_size": layout.cluster,
        "clusters": layout.clusters,
        "used_bytes": used.total,
        "serial": f"{layout.serial >> 16:04X}-{layout.serial & 0xFFFF:04X}",
    }
