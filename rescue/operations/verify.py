"""Reads a snapshot back from the repository and compares every chunk with its name."""

from rescue.cancel import CancelToken
from rescue.events import JobStarted, Meter, Phase, RegionFinished, Sink
from rescue.images.ids import ChunkIds
from rescue.images.layout import Layout
from rescue.images.sinks import NoSink
from rescue.images.snapshot import SnapshotSource, layout_of
from rescue.language import _
from rescue.operations import machine
from rescue.operations.parts import parts_of
from rescue.pipeline.copy import copy_region, make_pool
from rescue.repository.check import require_packs
from rescue.repository.format import HOLE
from rescue.repository.pack import pack_name
from rescue.repository.repository import Repository, Stored
from rescue.repository.snapshot import DiskRecord, Snapshot
from rescue.units import format_size


def load_ids(repository: Repository, record: DiskRecord) -> dict[str, ChunkIds]:
    """The chunk ids of every included region; IntegrityError unless every chunk is there and in its place."""
    regions = [region for region in record.regions if region.included]
    ids = {region.name: ChunkIds.load(repository, region, repository.chunk_size) for region in regions}
    require_packs(repository, (chunk for each in ids.values() for chunk in each if chunk != HOLE))
    return ids


def verify_snapshot(repository: Repository, snapshot: Snapshot, *, sink: Sink, cancel: CancelToken) -> int:
    """Read all chunks of a snapshot from the drive, not from memory, and return how many bytes they hold.

    IntegrityError names the region whose bytes are not what was stored.
    """
    return _verify(repository, _layouts(repository, snapshot), sink=sink, cancel=cancel)


def run_verify(repository: Repository, stored: Stored, *, sink: Sink, cancel: CancelToken) -> int:
    """The same as a job of its own, told from its start; who asked for it tells its end. Returns the bytes."""
    snapshot = stored.snapshot
    layouts = _layouts(repository, snapshot)
    size = format_size(sum(layout.used_bytes for _record, layout in layouts))
    step = _("Read the {size} of “{name}” of {date} back from {place}, and compare every byte with what was stored.")
    text = step.format(size=size, name=snapshot.name, date=snapshot.date, place=repository.place.root)
    regions = [region for _record, layout in layouts for region in layout.included]
    sink(JobStarted("verify", (text,), parts_of(regions)))
    count = _verify(repository, layouts, sink=sink, cancel=cancel)
    repository.note_verified(stored.id, machine.now().isoformat())
    return count


def _layouts(repository: Repository, snapshot: Snapshot) -> list[tuple[DiskRecord, Layout]]:
    return [(record, layout_of(repository, record)) for record in snapshot.disks]


def _verify(
    repository: Repository, layouts: list[tuple[DiskRecord, Layout]], *, sink: Sink, cancel: CancelToken
) -> int:
    total = sum(layout.used_bytes for _record, layout in layouts)
    meter = Meter(sink, Phase.VERIFY, total)
    for name in map(pack_name, repository.index.packs()):
        repository.place.drop_cache(name)
    for record, layout in layouts:
        _verify_disk(repository, record, layout, meter=meter, sink=sink, cancel=cancel)
    return total


def _verify_disk(
    repository: Repository, record: DiskRecord, layout: Layout, *, meter: Meter, sink: Sink, cancel: CancelToken
) -> None:
    pool = make_pool(repository.chunk_size, cancel)
    source = SnapshotSource(repository, load_ids(repository, record), pool)
    outcomes = {region.name: (region.outcome, region.reasons) for region in record.regions}
    for region in layout.included:
        copy_region(region, source, NoSink(), meter=meter, cancel=cancel)
        sink(RegionFinished(region.describe(), *outcomes[region.name]))
