"""What a snapshot holds, as disks that can be drawn and words that can be read. Pure."""

from typing import TypeVar

from rescue.devices.model import Disk, FilesystemInfo, Identity, Partition
from rescue.events import Outcome
from rescue.flows.front import Option
from rescue.language import _
from rescue.repository.repository import Stored
from rescue.repository.snapshot import DiskRecord, RegionKind, RegionRecord
from rescue.units import format_size

T = TypeVar("T")

_SIGNS = {Outcome.OK: "+", Outcome.PARTIAL: "!", Outcome.FAILED: "x"}


def disk_of(record: DiskRecord) -> Disk:
    """The disk as it was when it was backed up."""
    whole = next((region for region in record.regions if region.kind is RegionKind.WHOLE), None)
    return Disk(
        path=record.path,
        model=record.model,
        identity=Identity.from_json(record.identity),
        confirm="",
        bus="",
        logical_sector_size=record.sector_size,
        physical_sector_size=record.sector_size,
        read_only=False,
        removable=False,
        rotational=False,
        table=None if whole else "gpt",
        filesystem=_content(whole) if whole else None,
        partitions=tuple(_partition(record, region) for region in _partitions(record)),
        system=record.system,
    )


def _partitions(record: DiskRecord) -> list[RegionRecord]:
    return [region for region in record.regions if region.kind is RegionKind.PARTITION]


def _partition(record: DiskRecord, region: RegionRecord) -> Partition:
    between = "p" if record.path[-1:].isdigit() else ""
    return Partition(
        path=f"{record.path}{between}{region.number}",
        number=region.number,
        start=region.start,
        size=region.size,
        filesystem=_content(region),
    )


def _content(region: RegionRecord) -> FilesystemInfo | None:
    return None if region.filesystem == "raw" else FilesystemInfo(region.filesystem, region.label, region.uuid)


def title(stored: Stored) -> str:
    """A snapshot in a line: date, verdict, name."""
    snapshot = stored.snapshot
    return f"{snapshot.date}  {sign(snapshot.outcome)} {snapshot.name}"


def sign(outcome: Outcome) -> str:
    """A verdict with its sign, for eyes that do not tell colours apart."""
    return f"{_SIGNS[outcome]} {outcome.word}"


def details(stored: Stored, verified: str | None) -> tuple[str, ...]:
    """Machine, disks, sizes, and whether it was read back."""
    snapshot = stored.snapshot
    made_on = _("made on {host}").format(host=snapshot.machine.get("host") or _("a computer without name"))
    read_back = _("read back on {date}").format(date=verified) if verified else _("never read back")
    size = sum(region.used_bytes for disk in snapshot.disks for region in disk.regions)
    used = _("{size} in use").format(size=format_size(size))
    disks = "; ".join(f"{disk.model or disk.path}, {format_size(disk.size)}" for disk in snapshot.disks)
    lines = [f"{disks}; {used}", f"{made_on}; {read_back}"]
    systems = ", ".join(dict.fromkeys(disk.system for disk in snapshot.disks if disk.system))
    return (*([systems] if systems else []), *lines, *([snapshot.note] if snapshot.note else []))


def option(value: T, stored: Stored, verified: str | None, *, chosen: bool = False) -> Option[T]:
    """A snapshot as one of several to choose, with the picture of its first disk."""
    disks = stored.snapshot.disks
    picture = disk_of(disks[0]) if disks else None
    return Option(value, title(stored), details(stored, verified), disk=picture, chosen=chosen)


def part_title(region: RegionRecord) -> str:
    """A region of a snapshot in a line."""
    label = f" “{region.label}”" if region.label else ""
    missing = "" if region.included else _(", not in this backup")
    return f"{region.name}: {region.filesystem}{label}, {format_size(region.size)}{missing}"
