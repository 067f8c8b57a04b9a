"""A disk as the copy engine sees it: a table, and regions that cover the disk without overlap. Pure values."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from rescue.devices.model import Identity
from rescue.extents import Extents
from rescue.language import _
from rescue.repository.snapshot import RegionKind
from rescue.tables import stored
from rescue.tables.model import Table
from rescue.units import MiB

# Gaps between partitions hold boot code and alignment. A larger gap is free space: only its ends, where other systems
# keep RAID and LDM data, are imaged.
_GAP_WHOLE = 64 * MiB
_GAP_ENDS = MiB


@dataclass(frozen=True, slots=True)
class Region:
    """A piece of a disk, in bytes. `used` is relative to `start` and lies on whole sectors.

    `raw_reason` says why all blocks are imaged although the file system is a known one.
    """

    name: str
    kind: RegionKind
    number: int
    start: int
    size: int
    included: bool = True
    filesystem: str = "raw"
    label: str | None = None
    uuid: str | None = None
    method: str = "raw"
    raw_reason: str | None = None
    notes: tuple[str, ...] = ()
    facts: dict[str, object] = field(default_factory=dict)
    used: Extents = field(default_factory=Extents)

    @property
    def end(self) -> int:
        """First byte after the region."""
        return self.start + self.size

    def describe(self) -> str:
        """The region in a few words: `p2 ext4 “root”`."""
        if self.kind is RegionKind.GAP:
            return _("{name} (between partitions)").format(name=self.name)
        return f"{self.name} {self.filesystem}" + (f" “{self.label}”" if self.label else "")


@dataclass(frozen=True, slots=True)
class Layout:
    """A source: what is where on it, and what tells it from others."""

    path: str
    model: str
    system: str | None
    identity: Identity
    size: int
    sector_size: int
    table: Table
    regions: tuple[Region, ...]

    @property
    def included(self) -> tuple[Region, ...]:
        """The regions that are copied."""
        return tuple(region for region in self.regions if region.included)

    def table_json(self) -> dict[str, object]:
        """The table as a snapshot records it."""
        return stored.to_json(self.table)

    @property
    def used_bytes(self) -> int:
        """Bytes to copy."""
        return sum(region.used.total for region in self.included)


@dataclass(frozen=True, slots=True)
class Span:
    """A region before anybody looked into it."""

    name: str
    kind: RegionKind
    number: int
    start: int
    size: int


def carve(table: Table, size: int) -> tuple[Span, ...]:
    """Cut a disk of `size` bytes into partitions and the gaps between them, or one region where there is no table."""
    if not table.sectors:
        return (Span("disk", RegionKind.WHOLE, 0, 0, size),)
    return tuple(_spans(table, size))


def _spans(table: Table, size: int) -> Iterator[Span]:
    position = gaps = 0
    for entry in sorted(table.data_entries, key=lambda entry: entry.start):
        if entry.start > position:
            gaps += 1
            yield Span(f"gap{gaps}", RegionKind.GAP, 0, position, entry.start - position)
        yield Span(f"p{entry.number}", RegionKind.PARTITION, entry.number, entry.start, entry.size)
        position = entry.end
    if position < size:
        yield Span(f"gap{gaps + 1}", RegionKind.GAP, 0, position, size - position)


def gap_used(span: Span, table: Table) -> Extents:
    """What of a gap is imaged, relative to its start. Sectors of the table stay out: the table itself restores them."""
    kept = Extents.whole(span.size)
    if span.size > _GAP_WHOLE:
        kept = Extents([(0, _GAP_ENDS), (span.size - _GAP_ENDS, span.size)])
    inside = table.occupied & Extents([(span.start, span.start + span.size)])
    return kept - inside.shift(-span.start)
