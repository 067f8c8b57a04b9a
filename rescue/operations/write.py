"""Anything to device: the one road of restore, clone, stick and format."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from rescue.buffers import BufferPool
from rescue.cancel import CancelToken
from rescue.devices.blockdev import BlockDevice
from rescue.devices.model import Inventory
from rescue.devices.writelock import others_locked
from rescue.errors import CancelledError, RescueError, SourceReadError, VerifyError
from rescue.events import JobFinished, JobStarted, Meter, Note, Outcome, Phase, RegionFinished, Sink, Touched
from rescue.extents import Extents
from rescue.images.base import Source
from rescue.images.device import DeviceSink, DeviceSource
from rescue.images.ids import ChunkIds
from rescue.images.layout import Region
from rescue.images.sinks import CompareSink
from rescue.language import _, ngettext
from rescue.operations.parts import parts_of
from rescue.operations.recheck import recheck_target
from rescue.operations.report import save_report, write_report
from rescue.operations.undo import end_kit, save_kit
from rescue.pipeline.copy import copy_region
from rescue.plans.token import Confirmation
from rescue.plans.write import WritePlan
from rescue.tables.commit import clear_table, forget_table, verify_table, write_table
from rescue.tables.model import Table, TableKind
from rescue.tables.second_opinion import second_opinion
from rescue.tables.settle import reread, settle

RawT = TypeVar("RawT")

_CLEAR_SECONDS = 3.0
_PHASES = {
    "restore": Phase.RESTORE,
    "table restore": Phase.RESTORE,
    "clone": Phase.CLONE,
    "stick": Phase.STICK,
    "format": Phase.FORMAT,
}


@dataclass(frozen=True, slots=True)
class Origin(Generic[RawT]):
    """Where the bytes come from. `losses` gives the reasons why a region, once copied, is only PARTIAL.

    `repository` and `image` are files that are needed. `require_same` raises where the source has become another one.
    """

    source: Source[RawT]
    pool: BufferPool
    losses: Callable[[str], tuple[str, ...]]
    repository: str | None = None
    image: str | None = None
    require_same: Callable[[], None] = lambda: None


@dataclass
class _Job(Generic[RawT]):
    """What all steps of one job share, and what is known about the regions so far."""

    plan: WritePlan
    origin: Origin[RawT]
    sink: Sink
    cancel: CancelToken
    began: float = field(default_factory=time.monotonic)
    results: dict[str, tuple[Outcome, tuple[str, ...]]] = field(default_factory=dict)
    written: dict[str, ChunkIds] = field(default_factory=dict)
    touched: bool = False

    @property
    def starts(self) -> Mapping[str, int]:
        return {placement.region.name: placement.start for placement in self.plan.placements}

    @property
    def regions(self) -> list[Region]:
        return [placement.region for placement in self.plan.placements]


def run_write(
    plan: WritePlan, confirmation: Confirmation, origin: Origin[RawT], *, sink: Sink, cancel: CancelToken
) -> Outcome:
    """Overwrite the target that was confirmed, read it back, and return the verdict.

    Until the undo kit is saved nothing is written. Then the old table goes, all data comes, and the new table comes
    last: a disk whose job was interrupted has no table, and cannot be taken for a good one. Every other disk is
    write-locked meanwhile. An error before the first write leaves the target untouched; a later one is raised after
    the report that says which regions are there.
    """
    confirmation.require(plan)
    origin.require_same()
    inventory = recheck_target(plan, origin.repository, origin.image)
    job = _Job(plan, origin, sink, cancel)
    sink(JobStarted(plan.job, plan.describe(), parts_of(job.regions)))
    with told_locks(inventory, plan.target.path, sink):
        kit = save_kit(inventory.disk(plan.target.disk_path), plan.job, _scattered(plan))
        text = _("The undo kit is {kit}; `rescue undo {path}` uses it.").format(kit=kit, path=plan.target.disk_path)
        sink(Note("", text))
        try:
            _fill(job)
            origin.require_same()
            _commit(job)
            _compare(job)
        except BaseException as error:
            if job.touched:
                _tell_failure(job, error)
            raise
    end_kit(kit)
    return _finish(job)


@contextmanager
def told_locks(inventory: Inventory, path: str, sink: Sink) -> Iterator[None]:
    """Write-lock every other disk than the target `path` while the block runs, and tell what stays writable."""
    with others_locked(inventory, keep=(path,)) as unlocked:
        for reason, other in {each.reason: each.path for each in unlocked}.items():
            sink(Note("", _("{path} stays writable: {reason}.").format(path=other, reason=reason)))
        yield


def _scattered(plan: WritePlan) -> Extents:
    """What an undo of a plan that writes nothing but a table needs beyond a usual kit: all that is written."""
    return plan.table.occupied if plan.table is not None and plan.table_only else Extents()


def _fill(job: _Job[RawT]) -> None:
    """Take the old table off and write all regions."""
    meter = Meter(job.sink, _PHASES[job.plan.job], job.plan.used_bytes)
    with BlockDevice.open(job.plan.target.path, write=True, exclusive=True) as device:
        job.touched = True
        job.sink(Touched(job.plan.target.path))
        if job.plan.table is not None:
            take_table_off(device, forget_table if job.plan.table_only else clear_table)
        target = DeviceSink(device, job.starts, job.origin.pool.size, job.cancel)
        for region in job.regions:
            copy_region(region, job.origin.source, target, meter=meter, cancel=job.cancel)
            target.discard_unused(region)
            losses = job.origin.losses(region.name)
            job.results[region.name] = (Outcome.PARTIAL if losses else Outcome.OK, losses)
        target.flush()
    job.written = target.ids


def take_table_off(device: BlockDevice, clear: Callable[[BlockDevice], None]) -> None:
    """Take the old table off, and the old partitions out of the kernel, so that nobody mounts one meanwhile."""
    clear(device)
    with suppress(RescueError):  # a kernel that keeps them does no harm: the disk is claimed
        settle(device.path, Table(TableKind.NONE, device.logical_sector_size, device.size), deadline=_CLEAR_SECONDS)


def _commit(job: _Job[RawT]) -> None:
    """Write the new table, and agree with the kernel and with libparted about it.

    What is only copied is left to the kernel: it makes of it what it can.
    """
    table, path = job.plan.table, job.plan.target.path
    if table is None or not table.sectors:
        return
    with BlockDevice.open(path, write=True, exclusive=True) as device:
        write_table(device, table)
    if table.kind is TableKind.NONE:
        reread(path)
        return
    for text in second_opinion(path, table):
        job.sink(Note("", text))
    settle(path, table)  # last: libparted opens the disk for writing, which makes the kernel look again


def _compare(job: _Job[RawT]) -> None:
    """Read the target back from the medium; a region that differs is FAILED, and so is the job: VerifyError."""
    if job.plan.verify:
        meter = Meter(job.sink, Phase.VERIFY, job.plan.used_bytes)
        with BlockDevice.open(job.plan.target.path) as device:
            device.drop_cache()
            source = DeviceSource(device, job.starts, job.origin.pool, job.cancel)
            compared = CompareSink(job.written)
            for region in job.regions:
                try:
                    copy_region(region, source, compared, meter=meter, cancel=job.cancel)
                except SourceReadError as error:
                    job.results[region.name] = (Outcome.FAILED, (error.message,))
                    continue
                if region.name in compared.differing:
                    count = compared.differing[region.name]
                    text = ngettext(
                        "{count} chunk read back differs from what was written.",
                        "{count} chunks read back differ from what was written.",
                        count,
                    ).format(count=count)
                    job.results[region.name] = (Outcome.FAILED, (text,))
            if job.plan.table is not None:
                verify_table(device, job.plan.table)
    for region in job.regions:
        job.sink(RegionFinished(region.describe(), *job.results[region.name]))
    failed = [name for name, (outcome, _) in job.results.items() if outcome is Outcome.FAILED]
    if failed:
        raise VerifyError(
            _("{path} does not give back what was written to it ({parts}).").format(
                path=job.plan.target.path, parts=", ".join(failed)
            ),
            hint=_("The drive, its cable or the memory of this computer is faulty. Do not use the copy."),
        )


def _finish(job: _Job[RawT]) -> Outcome:
    outcome = Outcome.worst([result for result, _ in job.results.values()])
    _report(job, outcome)
    return outcome


def _tell_failure(job: _Job[RawT], error: BaseException) -> None:
    """Say, on screen and in the report, in which state the target is now."""
    for region in job.regions:
        reason = _("It was not written, or not to its end.")
        job.results.setdefault(region.name, (Outcome.FAILED, (reason,)))
    state = job.plan.unfinished()
    if isinstance(error, RescueError):
        error.hint = f"{error.hint} {state}".strip()
    if isinstance(error, CancelledError):
        stopped = _("The job was stopped on request.")
    elif isinstance(error, RescueError):
        stopped = error.message
    else:
        stopped = _("The program failed: {error!r}").format(error=error)
    job.sink(Note("", stopped))
    job.sink(Note("", state))
    _report(job, Outcome.FAILED)


def _report(job: _Job[RawT], outcome: Outcome) -> None:
    """Send the result, and keep it in a file."""
    regions = [(name, result, reasons) for name, (result, reasons) in job.results.items()]
    lines = write_report(job.plan.job, outcome, job.plan.describe(), regions)
    detail: dict[str, object] = {
        "target": job.plan.target.path,
        "target_identity": job.plan.target.identity.to_json(),
        "source": job.plan.source,
        "used_bytes": job.plan.used_bytes,
        "verified": job.plan.verify,
        "seconds": int(time.monotonic() - job.began),
        "regions": {name: {"outcome": result.value, "reasons": list(reasons)} for name, result, reasons in regions},
    }
    detail["report"] = save_report(job.plan.job, lines, {"outcome": outcome.value, **detail})
    job.sink(JobFinished(job.plan.job, outcome, detail))
