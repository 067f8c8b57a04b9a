"""Zeros over a disk: over all of it, or over what makes it look used."""

import errno
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from rescue.cancel import CancelToken
from rescue.devices.blockdev import BlockDevice, aligned_buffer
from rescue.errors import CancelledError, RescueError, TargetWriteError, VerifyError, reason_of
from rescue.events import (
    JobFinished,
    JobStarted,
    Meter,
    Note,
    Outcome,
    Part,
    Phase,
    RegionFinished,
    Sink,
    Touched,
    job_word,
)
from rescue.extents import Extent, Extents
from rescue.language import _
from rescue.operations import machine
from rescue.operations.claims import require_unlocked
from rescue.operations.commands import WipeRequest
from rescue.operations.prepare import look
from rescue.operations.recheck import recheck_target
from rescue.operations.report import save_report
from rescue.operations.undo import end_kit, forget_kits, save_kit
from rescue.operations.write import take_table_off, told_locks
from rescue.plans.safety import require_target
from rescue.plans.token import Confirmation
from rescue.plans.wipe import WipePlan, plan_wipe
from rescue.tables.commit import clear_table
from rescue.tables.settle import reread
from rescue.units import KiB, MiB

_STEP = 4 * MiB
_RETRY = 4 * KiB
_GONE = (errno.ENXIO, errno.ENODEV, errno.ENOMEDIUM)
_MOST_SENT = 1000


@dataclass
class _Job:
    """What all steps of one wipe share. `kept` was not overwritten, `unread` could not be read back."""

    plan: WipePlan
    sink: Sink
    cancel: CancelToken
    kept: Extents = field(default_factory=Extents)
    unread: Extents = field(default_factory=Extents)
    began: float = field(default_factory=time.monotonic)
    touched: bool = False
    overwritten: bool = False


def prepare_wipe(request: WipeRequest) -> WipePlan:
    """What a wipe would do. DeviceNotFoundError for what is no whole disk, TargetRefusedError."""
    inventory = look()
    disk = inventory.disk(request.target)
    require_unlocked(disk)
    require_target(inventory, disk, None)
    return plan_wipe(disk, quick=request.quick, verify=request.verify)


def run_wipe(plan: WipePlan, confirmation: Confirmation, *, sink: Sink, cancel: CancelToken) -> Outcome:
    """Overwrite what the plan says and read it back: OK, or PARTIAL where sectors take no write or cannot be read.

    The table goes first: a disk whose wipe was interrupted has none. TargetWriteError where the disk takes nothing any
    more, VerifyError where it gives back something else than zeros. A kit for an undo is kept of a quick wipe only.
    """
    confirmation.require(plan)
    inventory = recheck_target(plan)
    disk = inventory.disk(plan.target.path)
    job = _Job(plan, sink, cancel)
    sink(JobStarted("wipe", plan.describe(), (Part("disk", disk.path, plan.zeros.total),)))
    with told_locks(inventory, disk.path, sink):
        kit = save_kit(disk, "wipe --quick", plan.zeros) if plan.quick else None
        try:
            _overwrite(job)
            if not plan.quick:
                forget_kits(disk)
            reread(disk.path)
            _read_back(job)
        except (RescueError, OSError) as error:
            if job.touched:
                _tell_failure(job, error)
            raise
    if kit is not None:
        end_kit(kit)
    return _finish(job)


def _overwrite(job: _Job) -> None:
    zeros = aligned_buffer(_STEP)
    meter = Meter(job.sink, Phase.WIPE, job.plan.zeros.total)
    with BlockDevice.open(job.plan.target.path, write=True, exclusive=True) as device:
        job.touched = True
        job.sink(Touched(job.plan.target.path))
        with suppress(TargetWriteError):  # then a sector there takes no write, which is found again below
            take_table_off(device, clear_table)
        for piece in _pieces(job.plan.zeros, _STEP):
            job.cancel.raise_if_cancelled()
            failed = _try(device, piece, lambda start, end: device.pwrite(zeros[: end - start], start), job.cancel)
            if failed.total == piece.length:
                _require_answer(device, piece)
            job.kept |= failed
            meter.advance(piece.length, device.path)
        try:
            device.flush()
        except OSError as error:
            raise TargetWriteError(
                _("{path} did not take all data: {why}.").format(path=device.path, why=reason_of(error))
            ) from error
    job.overwritten = True


def _read_back(job: _Job) -> None:
    """Read from the medium what was overwritten; VerifyError at the first byte that is not zero."""
    if not job.plan.verify:
        return
    buffer, zeros = aligned_buffer(_STEP), bytes(_STEP)
    written = job.plan.zeros - job.kept
    meter = Meter(job.sink, Phase.VERIFY, written.total)

    def compare(start: int, end: int) -> None:
        view = buffer[: end - start]
        device.pread_into(view, start)
        if bytes(view) != zeros[: end - start]:
            raise VerifyError(
                _("{path} does not give back the zeros that were written to it, from byte {start} on.").format(
                    path=device.path, start=start
                ),
                hint=_("The drive, its cable or the memory of this computer is faulty. Destroy the drive itself."),
            )

    with BlockDevice.open(job.plan.target.path) as device:
        device.drop_cache()
        for piece in _pieces(written, _STEP):
            job.cancel.raise_if_cancelled()
            failed = _try(device, piece, compare, job.cancel)
            if failed.total == piece.length:
                _require_answer(device, piece)
            job.unread |= failed
            meter.advance(piece.length, device.path)


def _pieces(extents: Extents, step: int) -> Iterator[Extent]:
    for start, end in extents:
        yield from (Extent(at, min(at + step, end)) for at in range(start, end, step))


def _try(device: BlockDevice, piece: Extent, work: Callable[[int, int], None], cancel: CancelToken) -> Extents:
    """Work on a piece at once or, where the device fails, in small pieces; what has failed of these."""
    try:
        work(*piece)
        return Extents()
    except OSError:
        failed = []
    for small in _pieces(Extents([piece]), max(_RETRY, device.logical_sector_size)):
        cancel.raise_if_cancelled()
        try:
            work(*small)
        except OSError as error:
            if error.errno in _GONE or not Path(device.path).exists():
                raise TargetWriteError(_("{path} is gone.").format(path=device.path)) from error
            failed.append(small)
    return Extents(failed)


def _require_answer(device: BlockDevice, piece: Extent) -> None:
    """TargetWriteError where a disk that has taken nothing of a whole piece does not even give its first sector."""
    try:
        device.pread_into(aligned_buffer(device.logical_sector_size), 0)
    except OSError as error:
        raise TargetWriteError(
            _("{path} does not answer any more, from byte {start} on.").format(path=device.path, start=piece.start)
        ) from error


def _tell_failure(job: _Job, error: RescueError | OSError) -> None:
    """Say, on screen and in the report, in which state the disk is now."""
    path = job.plan.target.path
    if job.overwritten:
        state = _("{path} was overwritten to its end, but nobody has seen that it is empty. Run the job again.")
    else:
        state = _("{path} has no partition table now, and is not wiped to its end. Run the job again.")
    state = state.format(path=path)
    if job.plan.quick:
        state = f"{state} " + _("Or `rescue undo {path}` takes it back.").format(path=path)
    stopped = str(error)
    if isinstance(error, RescueError):
        error.hint = f"{error.hint} {state}".strip()
    if isinstance(error, CancelledError):
        stopped = _("The job was stopped on request.")
    job.sink(Note("", stopped))
    job.sink(Note("", state))
    _report(job, Outcome.FAILED, [stopped, state])


def _finish(job: _Job) -> Outcome:
    outcome = Outcome.PARTIAL if job.kept or job.unread else Outcome.OK
    lines = list(_result(job))
    job.sink(RegionFinished(job.plan.target.path, outcome, () if outcome is Outcome.OK else tuple(lines)))
    _report(job, outcome, lines)
    return outcome


def _result(job: _Job) -> Iterator[str]:
    """What came of it, for people."""
    if job.kept:
        text = _("{count} bytes took no zeros, and what was there may still be read. Destroy the drive itself.")
        yield text.format(count=job.kept.total)
    if job.unread:
        yield _("{count} bytes cannot be read back: nobody knows what they hold.").format(count=job.unread.total)
    if job.kept or job.unread:
        return
    yield _("The disk looks empty.") if job.plan.quick else _("Every sector was overwritten.")
    yield _("All of it was read back.") if job.plan.verify else _("It was not read back.")


def _report(job: _Job, outcome: Outcome, lines: list[str]) -> None:
    """Send the result, and keep it in a file."""
    plan = job.plan
    verdict = f"{outcome.word}: {job_word('wipe')}. " + " ".join(lines)
    detail: dict[str, object] = {
        "target": plan.target.path,
        "target_identity": plan.target.identity.to_json(),
        "quick": plan.quick,
        "bytes": plan.zeros.total,
        "verified": plan.verify,
        "not_overwritten": [[start, end - start] for start, end in job.kept][:_MOST_SENT],
        "not_read_back": [[start, end - start] for start, end in job.unread][:_MOST_SENT],
        "seconds": int(time.monotonic() - job.began),
    }
    text = [f"{job_word('wipe')}, {machine.now():%Y-%m-%d %H:%M} UTC", *plan.describe(), verdict]
    report = save_report("wipe", text, {"outcome": outcome.value, **detail})
    job.sink(JobFinished("wipe", outcome, {**detail, "lines": [verdict], "report": report}))
