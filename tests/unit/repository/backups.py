"""Small backups without devices: a file is the disk, and the way is the one of the real operations."""

import hashlib
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from random import Random

from rescue.cancel import CancelToken
from rescue.devices.blockdev import BlockDevice
from rescue.devices.model import Identity
from rescue.events import Meter, Outcome, Phase, nowhere
from rescue.extents import Extents
from rescue.images.device import DeviceSink, DeviceSource
from rescue.images.layout import Layout, Region
from rescue.images.snapshot import SnapshotSink, SnapshotSource, layout_of
from rescue.operations.verify import load_ids
from rescue.pipeline.copy import copy_region, make_pool
from rescue.repository.check import Findings, check
from rescue.repository.repository import Repository
from rescue.repository.snapshot import DiskRecord, RegionKind, Snapshot
from rescue.repository.writer import ChunkWriter
from rescue.tables.model import Table, TableKind
from rescue.units import KiB

CHUNK = 64 * KiB
STALE = 0xEE


@lru_cache(maxsize=16)
def noise(size: int, seed: int) -> bytes:
    """Bytes that do not compress; the same for the same seed."""
    return Random(seed).randbytes(size)


def new_repository(root: Path) -> Path:
    """An empty repository with small chunks."""
    Repository.init(root, chunk_size=CHUNK)
    return root


def plain_layout(size: int, used: Extents | None = None) -> Layout:
    """A disk of one region without a table."""
    region = Region("disk", RegionKind.WHOLE, 0, 0, size, used=Extents.whole(size) if used is None else used)
    return Layout(
        path="/dev/sample",
        model="Sample",
        system=None,
        identity=Identity(None, "S1", None, None, size),
        size=size,
        sector_size=512,
        table=Table(TableKind.NONE, 512, size),
        regions=(region,),
    )


def store(repository: Repository, disk: Path, layout: Layout, name: str = "one", created: str = "2026-01-01") -> str:
    """Back the file `disk` up and return the id of the snapshot."""
    with repository.writer() as chunks:
        record = store_regions(repository, chunks, disk, layout)
        chunks.finish()
        return repository.store_snapshot(snapshot_of(repository, [record], name, created))


def store_regions(repository: Repository, chunks: ChunkWriter, disk: Path, layout: Layout) -> DiskRecord:
    """The regions of the layout, into packs that are not finished."""
    cancel = CancelToken()
    pool = make_pool(repository.chunk_size, cancel)
    meter = Meter(nowhere, Phase.BACKUP, layout.used_bytes)
    sink = SnapshotSink(chunks, 3)
    records = []
    with BlockDevice.open(str(disk)) as device:
        source = DeviceSource(device, {region.name: region.start for region in layout.regions}, pool, cancel)
        for region in layout.regions:
            copy_region(region, source, sink, meter=meter, cancel=cancel)
            records.append(sink.finish_region(region, repository.chunk_size, []))
    return DiskRecord(
        path=layout.path,
        model=layout.model,
        system=layout.system,
        identity=layout.identity.to_json(),
        size=layout.size,
        sector_size=layout.sector_size,
        table=layout.table_json(),
        regions=tuple(records),
    )


def snapshot_of(repository: Repository, disks: Sequence[DiskRecord], name: str, created: str) -> Snapshot:
    """A snapshot of disks that were stored."""
    return Snapshot(
        name=name,
        created=created,
        machine={"host": "sample"},
        tools={},
        chunk_size=repository.chunk_size,
        seconds=1,
        outcome=Outcome.OK,
        report=("OK",),
        disks=tuple(disks),
    )


def back_up(root: Path, data: bytes, name: str = "one", created: str = "2026-01-01") -> str:
    """Open the repository and store a disk that holds `data`."""
    disk = root.with_name(f"{root.name}-{name}.img")
    disk.write_bytes(data)
    with Repository.open(root) as repository:
        return store(repository, disk, plain_layout(len(data)), name, created)


def restore(root: Path, snapshot: str, target: Path) -> bytes:
    """Open the repository, write the first disk of a snapshot over stale bytes, and return what is there then.

    Unused bytes stay stale where the restore does not write them.
    """
    cancel = CancelToken()
    with Repository.open(root) as repository:
        record = repository.find_snapshot(snapshot).snapshot.disks[0]
        layout = layout_of(repository, record)
        target.write_bytes(bytes([STALE]) * layout.size)
        source = SnapshotSource(repository, load_ids(repository, record), make_pool(repository.chunk_size, cancel))
        meter = Meter(nowhere, Phase.RESTORE, layout.used_bytes)
        with BlockDevice.open(str(target), write=True) as device:
            starts = {region.name: region.start for region in layout.regions}
            sink = DeviceSink(device, starts, repository.chunk_size, cancel)
            for region in layout.included:
                copy_region(region, source, sink, meter=meter, cancel=cancel)
            for piece in layout.table.sectors:
                device.pwrite(memoryview(piece.data), piece.offset)
    return target.read_bytes()


def examine(root: Path, *, read_data: bool = True) -> Findings:
    """Check the repository as `rescue check` does."""
    with Repository.open(root, any_index=True) as repository:
        return check(repository, read_data=read_data, sink=nowhere, cancel=CancelToken())


def files(root: Path, folder: str) -> list[Path]:
    """The files in a folder of the repository, in order."""
    return sorted(path for path in (root / folder).rglob("*") if path.is_file())


def stored_bytes(root: Path) -> int:
    """Bytes in packs."""
    return sum(path.stat().st_size for path in files(root, "packs"))


def digests(root: Path, folder: str) -> dict[str, str]:
    """A hash of every file."""
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files(root, folder)}
