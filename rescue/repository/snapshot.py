"""One backup as a value: the machine, its disks, their regions, and how each ended.

The file `snapshots/<id>.json` is named by the BLAKE3 hash of its bytes, so that a changed byte is a wrong name.
"""

import json
from dataclasses import asdict, dataclass
from enum import Enum

from rescue.errors import IntegrityError
from rescue.events import Outcome
from rescue.fields import Fields
from rescue.language import _
from rescue.repository.format import FORMAT_VERSION, ID_LENGTH, MAX_CHUNK_SIZE, is_id
from rescue.repository.lists import LIST_CHUNK
from rescue.text import date_of

MAX_SNAPSHOT_SIZE = 256 << 20
_LARGEST_DISK = 1 << 50


class RegionKind(Enum):
    """What a region of a disk is."""

    PARTITION = "partition"
    GAP = "gap"
    WHOLE = "whole"


@dataclass(frozen=True, slots=True)
class RegionRecord:
    """A region in a snapshot. Offsets and sizes in bytes; `used` and `chunks` name the chunks that hold the lists."""

    name: str
    kind: RegionKind
    number: int
    start: int
    size: int
    included: bool
    filesystem: str
    label: str | None
    uuid: str | None
    method: str
    raw_reason: str | None
    notes: tuple[str, ...]
    facts: dict[str, object]
    used_bytes: int
    used: tuple[str, ...]
    chunks: tuple[str, ...]
    bad: tuple[tuple[int, int], ...]
    outcome: Outcome
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DiskRecord:
    """A disk in a snapshot. `identity` and `table` are values of the packages `devices` and `tables`."""

    path: str
    model: str
    system: str | None
    identity: dict[str, object]
    size: int
    sector_size: int
    table: dict[str, object]
    regions: tuple[RegionRecord, ...]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What is in the file. `created` is ISO 8601 in UTC; `tools` maps a program to its version, `report` tells the
    result to people, a line each, and `note` is what a person wanted to remember with it: empty in most."""

    name: str
    created: str
    machine: dict[str, object]
    tools: dict[str, object]
    chunk_size: int
    seconds: int
    outcome: Outcome
    report: tuple[str, ...]
    disks: tuple[DiskRecord, ...]
    note: str = ""

    def to_bytes(self) -> bytes:
        """The bytes of the file: JSON that people can read. A name that is no text has question marks in it."""
        document = {"format": FORMAT_VERSION, "name": self.name, "note": self.note, **asdict(self)}
        if not self.note:  # as in files that were made before there were notes
            del document["note"]
        text = json.dumps(document, indent=1, ensure_ascii=False, default=_plain)
        return text.encode(errors="replace") + b"\n"

    @classmethod
    def from_bytes(cls, data: bytes, where: str) -> "Snapshot":
        """Inverse of `to_bytes`; IntegrityError for anything that we would not have written."""
        fields = Fields.parse(data, where)
        if fields.number("format") != FORMAT_VERSION:
            raise IntegrityError(_("{where} has another format.").format(where=where))
        chunk_size = fields.number("chunk_size", MAX_CHUNK_SIZE)
        if chunk_size < 4096 or chunk_size & (chunk_size - 1):
            raise IntegrityError(_("{where} has an impossible chunk size.").format(where=where))
        snapshot = cls(
            name=fields.text("name"),
            created=fields.text("created"),
            machine=fields.mapping("machine"),
            tools=fields.mapping("tools"),
            chunk_size=chunk_size,
            seconds=fields.number("seconds"),
            outcome=_outcome(fields),
            report=fields.texts("report"),
            disks=tuple(map(_disk, fields.objects("disks"))),
            note=fields.optional_text("note") or "",
        )
        for disk in snapshot.disks:
            for region in disk.regions:
                _require_list(region, chunk_size, where)
        return snapshot

    @property
    def date(self) -> str:
        """When it was made, for people: `2026-11-22 20:48 UTC`."""
        return date_of(self.created)

    def list_ids(self) -> list[str]:
        """Ids of all chunks that hold lists of this snapshot."""
        return [item for disk in self.disks for region in disk.regions for item in (*region.used, *region.chunks)]


def _plain(value: object) -> object:
    if isinstance(value, Enum):
        return value.value
    raise TypeError(type(value).__name__)


def _outcome(fields: Fields) -> Outcome:
    try:
        return Outcome(fields.text("outcome"))
    except ValueError as error:
        raise IntegrityError(_("{where} has an unknown outcome.").format(where=fields.where)) from error


def _disk(fields: Fields) -> DiskRecord:
    size = fields.number("size", _LARGEST_DISK)
    record = DiskRecord(
        path=fields.text("path"),
        model=fields.text("model"),
        system=fields.optional_text("system"),
        identity=fields.mapping("identity"),
        size=size,
        sector_size=_sector_size(fields),
        table=fields.mapping("table"),
        regions=tuple(map(_region, fields.objects("regions"))),
    )
    if len({region.name for region in record.regions}) < len(record.regions):
        raise IntegrityError(_("{where} has two regions of one name.").format(where=fields.where))
    position = 0
    for region in record.regions:
        if region.start < position or not region.size or region.start + region.size > size:
            raise IntegrityError(
                _("{where}: the region {name} lies over another one or outside the disk.").format(
                    where=fields.where, name=region.name
                )
            )
        position = region.start + region.size
    return record


def _require_list(region: RegionRecord, chunk_size: int, where: str) -> None:
    """The list of chunks has as many pieces as the region needs: who makes room for it need not doubt its size."""
    pieces = -(-(-(-region.size // chunk_size) * ID_LENGTH) // LIST_CHUNK) if region.included else 0
    if len(region.chunks) != pieces:
        raise IntegrityError(
            _("{where}: the list of chunks of {name} has the wrong length.").format(where=where, name=region.name)
        )


def _sector_size(fields: Fields) -> int:
    size = fields.number("sector_size", 65536)
    if size < 512 or size & (size - 1):
        raise IntegrityError(_("{where} has an impossible sector size.").format(where=fields.where))
    return size


def _region(fields: Fields) -> RegionRecord:
    try:
        kind = RegionKind(fields.text("kind"))
    except ValueError as error:
        raise IntegrityError(_("{where} is of an unknown kind.").format(where=fields.where)) from error
    size = fields.number("size", _LARGEST_DISK)
    return RegionRecord(
        name=fields.text("name"),
        kind=kind,
        number=fields.number("number", 1 << 20),
        start=fields.number("start", _LARGEST_DISK),
        size=size,
        included=fields.flag("included"),
        filesystem=fields.text("filesystem"),
        label=fields.optional_text("label"),
        uuid=fields.optional_text("uuid"),
        method=fields.text("method"),
        raw_reason=fields.optional_text("raw_reason"),
        notes=fields.texts("notes"),
        facts=fields.mapping("facts"),
        used_bytes=fields.number("used_bytes", size),
        used=_ids(fields, "used"),
        chunks=_ids(fields, "chunks"),
        bad=fields.pairs("bad"),
        outcome=_outcome(fields),
        reasons=fields.texts("reasons"),
    )


def _ids(fields: Fields, name: str) -> tuple[str, ...]:
    ids = fields.texts(name)
    if not all(map(is_id, ids)):
        raise IntegrityError(_("{where} has no valid “{name}”.").format(where=fields.where, name=name))
    return ids
