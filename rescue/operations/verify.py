"""Reads a snapshot back from the repository and compares every chunk with its name."""

from rescue.cancel import CancelToken
from rescue.events import Meter, Phase, RegionFinished, Sink
from rescue.images.ids import ChunkIds
from rescue.images.layout import Layout
from rescue.images.sinks import NoSink
from rescue.images.snapshot import SnapshotSource, layout_of
from rescue.pipeline.copy import copy_region, make_pool
from rescue.repository.check import require_packs
from rescue.repository.format import HOLE
from rescue.repository.pack import pack_name
from rescue.repository.repository import Repository
from rescue.repository.snapshot import DiskRecord, Snapshot


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
    layouts = [(record, layout_of(repository, record)) for record in snapshot.disks]
    total = sum(layout.used_bytes for _, layout in layouts)
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
