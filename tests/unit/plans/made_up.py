"""Disks, inventories and layouts that exist nowhere."""

from dataclasses import replace

from rescue.devices.model import Disk, FilesystemInfo, Identity, Partition, Use, UseKind
from rescue.extents import Extents
from rescue.images.layout import Layout, Region, carve
from rescue.tables.model import Table, TableKind
from rescue.tables.read import read_table
from rescue.units import GiB, MiB
from tests.unit.tables.synth import Image, MbrPlan

SIZE = 64 * MiB


def disk(name: str = "sda", *, serial: str | None = None, size: int = SIZE, sector_size: int = 512) -> Disk:
    """A disk with a serial number and two partitions with an ext4 each."""
    path = f"/dev/{name}"
    serial = name.upper() if serial is None else serial
    partitions = tuple(
        Partition(f"{path}{n}", n, n * 4 * MiB, 4 * MiB, filesystem=FilesystemInfo("ext4", f"label{n}")) for n in (1, 2)
    )
    who = Identity(None, serial or None, None, "table", size)
    return Disk(path, "Model", who, serial, "ata", sector_size, 4096, False, False, False, "dos", partitions=partitions)


def used_by(part: Partition, *uses: Use) -> Partition:
    return replace(part, uses=uses)


def with_part(of: Disk, part: Partition) -> Disk:
    """The disk with one of its partitions replaced."""
    return replace(of, partitions=tuple(part if each.number == part.number else each for each in of.partitions))


MOUNTED = Use(UseKind.MOUNT, "/mnt")
MOUNTED_READ_ONLY = Use(UseKind.MOUNT, "/mnt", read_only=True)
SWAP = Use(UseKind.SWAP, "")
HELD = Use(UseKind.HOLDER, "/dev/dm-0")
HELD_READ_ONLY = Use(UseKind.HOLDER, "/dev/dm-0", read_only=True)


def layout(size: int = SIZE, *, included: tuple[int, ...] = (1, 2), sector_size: int = 512) -> Layout:
    """An MBR disk with two partitions, of which the first MiB is used."""
    plan = MbrPlan(
        sector_size,
        size // sector_size,
        0x1234,
        {
            0: (0x80, 0x83, 4 * MiB // sector_size, 4 * MiB // sector_size),
            1: (0, 0x83, 8 * MiB // sector_size, 4 * MiB // sector_size),
        },
    )
    image: Image = plan.image()
    return laid_out(read_table(image.read, size, sector_size), size, included=included)


def bare_layout(size: int = SIZE) -> Layout:
    """A disk without a table."""
    return laid_out(Table(TableKind.NONE, 512, size), size, included=(0,))


def laid_out(table: Table, size: int, *, included: tuple[int, ...]) -> Layout:
    regions = [
        Region(
            span.name,
            span.kind,
            span.number,
            span.start,
            span.size,
            included=span.number in included or span.kind.value == "gap",
            filesystem="ext4",
            used=Extents([(0, min(MiB, span.size))]),
        )
        for span in carve(table, size)
    ]
    who = Identity(None, "SOURCE", None, "table", size)
    return Layout("/dev/source", "Old", "Debian 13", who, size, table.sector_size, table, tuple(regions))


HUGE = 10 * GiB
