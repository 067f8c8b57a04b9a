"""Device to snapshot."""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from rescue.buffers import BufferPool
from rescue.cancel import CancelToken
from rescue.devices.blockdev import BlockDevice
from rescue.devices.model import Inventory
from rescue.devices.writelock import others_locked
from rescue.events import JobFinished, JobStarted, Meter, Outcome, Phase, RegionFinished, Sink
from rescue.images.device import DeviceSource
from rescue.images.layout import Layout
from rescue.images.snapshot import SnapshotSink, record_of
from rescue.operations import machine
from rescue.operations.parts import parts_of
from rescue.operations.recheck import recheck_source
from rescue.operations.report import backup_report
from rescue.operations.verify import verify_snapshot
from rescue.pipeline.copy import copy_region, make_pool
from rescue.plans.backup import BackupPlan
from rescue.repository.repository import Repository
from rescue.repository.snapshot import DiskRecord, Snapshot
from rescue.repository.writer import ChunkWriter


@dataclass(frozen=True, slots=True)
class BackupResult:
    """The snapshot that was written, and how it went. `new_bytes` were not in the repository before."""

    id: str
    snapshot: Snapshot
    new_bytes: int
    stored_bytes: int


@dataclass(frozen=True, slots=True)
class _Tools:
    """What all steps of one backup share."""

    plan: BackupPlan
    repository: Repository
    chunks: ChunkWriter
    pool: BufferPool
    meter: Meter
    sink: Sink
    cancel: CancelToken


def run_backup(plan: BackupPlan, repository: Repository, *, sink: Sink, cancel: CancelToken) -> BackupResult:
    """Store every region of the plan, then the snapshot, then verify it where the plan says so.

    The sources are only read, and the kernel refuses writes to them meanwhile. An error ends the backup without a
    snapshot: what is stored already is used again by the next one. PARTIAL only where the plan allows bad sectors.
    """
    regions = [region for layout in plan.layouts for region in layout.included]
    sink(JobStarted("backup", plan.describe(), parts_of(regions)))
    began = time.monotonic()
    created = machine.now().isoformat(timespec="microseconds")
    meter = Meter(sink, Phase.BACKUP, plan.used_bytes)
    with repository.writer() as chunks:
        pool = make_pool(repository.chunk_size, cancel)
        tools = _Tools(plan, repository, chunks, pool, meter, sink, cancel)
        stored = [_store_disk(tools, layout) for layout in plan.layouts]
        chunks.finish()
        snapshot = _snapshot(tools, [record for record, _ in stored], created, int(time.monotonic() - began))
        identity = repository.store_snapshot(snapshot)
    if plan.verify:
        verify_snapshot(repository, snapshot, sink=sink, cancel=cancel)
        repository.note_verified(identity, machine.now().isoformat())
    result = BackupResult(identity, snapshot, sum(new for _, new in stored), chunks.stored_bytes)
    sink(JobFinished("backup", snapshot.outcome, _detail(result, plan, began)))
    return result


def _store_disk(tools: _Tools, layout: Layout) -> tuple[DiskRecord, int]:
    starts = {region.name: region.start for region in layout.regions}
    with _reading(layout) as device:
        source = DeviceSource(device, starts, tools.pool, tools.cancel, allow_bad=tools.plan.allow_bad)
        target = SnapshotSink(tools.chunks, tools.plan.level)
        records = []
        for region in layout.regions:
            if not region.included:
                records.append(record_of(region, (), (), []))
                continue
            copy_region(region, source, target, meter=tools.meter, cancel=tools.cancel)
            record = target.finish_region(region, tools.repository.chunk_size, source.bad.get(region.name, []))
            tools.sink(RegionFinished(region.describe(), record.outcome, record.reasons))
            records.append(record)
    disk = DiskRecord(
        path=layout.path,
        model=layout.model,
        system=layout.system,
        identity=layout.identity.to_json(),
        size=layout.size,
        sector_size=layout.sector_size,
        table=layout.table_json(),
        regions=tuple(records),
    )
    return disk, target.new_bytes


@contextmanager
def _reading(layout: Layout) -> Iterator[BlockDevice]:
    """The source, open for reading, while the kernel refuses writes to it."""
    inventory = recheck_source(layout)
    only = Inventory((inventory.disk(layout.path),), inventory.visible)
    with ExitStack() as stack:
        stack.enter_context(others_locked(only, keep=()))
        device = stack.enter_context(BlockDevice.open(layout.path))
        device.drop_cache()
        yield device


def _snapshot(tools: _Tools, disks: list[DiskRecord], created: str, seconds: int) -> Snapshot:
    outcome = Outcome.worst([region.outcome for disk in disks for region in disk.regions if region.included])
    return Snapshot(
        name=tools.plan.name,
        note=tools.plan.note,
        created=created,
        machine=machine.facts(),
        tools=machine.tools(),
        chunk_size=tools.repository.chunk_size,
        seconds=seconds,
        outcome=outcome,
        report=backup_report(disks, outcome, seconds),
        disks=tuple(disks),
    )


def _detail(result: BackupResult, plan: BackupPlan, began: float) -> dict[str, object]:
    return {
        "snapshot": result.id,
        "name": plan.name,
        "used_bytes": plan.used_bytes,
        "new_bytes": result.new_bytes,
        "stored_bytes": result.stored_bytes,
        "verified": plan.verify,
        "seconds": int(time.monotonic() - began),
        "report": list(result.snapshot.report),
    }
