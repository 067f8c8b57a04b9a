"""Looks at a disk and makes its layout: table, regions, and what of each is used. Only reads."""

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

from rescue.cancel import CancelToken
from rescue.devices.blockdev import BlockDevice, aligned_buffer
from rescue.devices.model import Disk, FilesystemInfo
from rescue.errors import RescueError, TableError
from rescue.events import Note, Sink
from rescue.extents import Extents
from rescue.filesystems.used import used_map
from rescue.images.layout import Layout, Region, Span, carve, gap_used
from rescue.language import _
from rescue.repository.snapshot import RegionKind
from rescue.tables.model import Table, TableKind
from rescue.tables.ondisk import read_from
from rescue.units import align_down, align_up


def scan_layout(
    disk: Disk,
    numbers: Collection[int] | None,
    *,
    raw: bool,
    scratch: Path,
    sink: Sink,
    cancel: CancelToken,
    measure: bool = True,
) -> Layout:
    """The layout of `disk`; of its partitions only those in `numbers` are included, all for None.

    `raw` images all blocks of every partition; without `measure` none counts as used, only to see what is where. Notes
    about the table and the file systems go to `sink`. `scratch` is a directory with room for throw-away overlays.
    SourceReadError, TableError.
    """
    sink(Note("", _("Looking for the used blocks of {path} …").format(path=disk.path)))
    table = _table_to_follow(disk, raw=raw)
    for text in table.notes:
        sink(Note("", f"{disk.path}: {text}"))
    regions = []
    for span in carve(table, disk.size):
        region = Region(span.name, span.kind, span.number, span.start, span.size)
        if span.kind is RegionKind.GAP:
            region = replace(region, filesystem="gap", used=gap_used(span, table))
        elif numbers is None or span.number in numbers:
            if measure:
                region = _measured(disk, region, span, raw=raw, scratch=scratch, cancel=cancel)
            else:
                region = _named(region, _content(disk, span)[1])
        else:
            region = _named(replace(region, included=False), _content(disk, span)[1])
        for text in (*region.notes, *([region.raw_reason] if region.raw_reason else [])):
            sink(Note(region.describe(), text))
        regions.append(replace(region, used=region.used.aligned(disk.logical_sector_size, region.size)))
    return Layout(
        path=disk.path,
        model=disk.model,
        system=disk.system or next((part.system for part in disk.partitions if part.system), None),
        identity=disk.identity,
        size=disk.size,
        sector_size=disk.logical_sector_size,
        table=table,
        regions=tuple(regions),
    )


def _table_to_follow(disk: Disk, *, raw: bool) -> Table:
    """The table that divides the image; with `raw`, a damaged one divides nothing, and the disk is one piece."""
    try:
        return table_of(disk)
    except TableError as error:
        if raw:
            return Table(TableKind.NONE, disk.logical_sector_size, disk.size, notes=(error.message,))
        hint = _("--raw images the whole disk as one piece, with its table as it is.")
        raise TableError(error.message, hint=f"{error.hint} {hint}".strip()) from error


def whole_regions(disk: Disk) -> tuple[Region, ...]:
    """The disk from start to end as regions of which every byte counts, for who reads or tests all of it.

    One region where no table can be read, or none can be followed.
    """
    try:
        table = table_of(disk)
    except (RescueError, OSError):
        table = Table(TableKind.NONE, disk.logical_sector_size, disk.size)
    regions = []
    for span in carve(table, disk.size):
        region = Region(span.name, span.kind, span.number, span.start, span.size, used=Extents.whole(span.size))
        if span.kind is RegionKind.GAP:
            region = replace(region, filesystem="gap")
        regions.append(_named(region, _content(disk, span)[1]))
    return tuple(regions)


def table_of(disk: Disk) -> Table:
    """The partition table as it stands on the disk now."""
    with BlockDevice.open(disk.path) as device:
        return read_from(device)


def read_bytes(device: BlockDevice, offset: int, length: int) -> bytes:
    """Any bytes of a device that may be open with O_DIRECT. OSError where they cannot be read."""
    sector = device.logical_sector_size
    start, end = align_down(offset, sector), align_up(offset + length, sector)
    buffer = aligned_buffer(end - start)
    device.pread_into(buffer, start)
    return bytes(buffer[offset - start : offset - start + length])


def _measured(disk: Disk, region: Region, span: Span, *, raw: bool, scratch: Path, cancel: CancelToken) -> Region:
    path, info = _content(disk, span)
    region = _named(region, info)
    if path is None:
        reason = _("The kernel does not show this partition as a device, so nothing can look into it.")
        return replace(region, raw_reason=reason, used=Extents.whole(span.size))
    found = used_map(path, span.size, info.type if info else None, raw=raw, scratch=scratch, cancel=cancel)
    return replace(
        region,
        filesystem=found.filesystem,
        method=found.method,
        raw_reason=found.raw_reason,
        notes=found.notes,
        facts=dict(found.facts),
        used=found.used,
    )


def _content(disk: Disk, span: Span) -> tuple[str | None, FilesystemInfo | None]:
    """Device node and content of a span; a partition counts only where the kernel sees the same bytes as the table."""
    if span.kind is RegionKind.WHOLE:
        return disk.path, disk.filesystem
    for part in disk.partitions:
        if (part.start, part.size) == (span.start, span.size):
            return part.path, part.filesystem
    return None, None


def _named(region: Region, info: FilesystemInfo | None) -> Region:
    return region if info is None else replace(region, filesystem=info.type, label=info.label, uuid=info.uuid)
