"""The surface read test: which sectors of a disk cannot be read, and where it is slow. Nothing is written."""

import time
from collections.abc import Iterator
from dataclasses import replace

from rescue.buffers import BufferPool
from rescue.cancel import CancelToken
from rescue.devices.blockdev import BlockDevice
from rescue.devices.model import Disk
from rescue.errors import CancelledError, RescueError, UsageError
from rescue.events import JobStarted, Meter, Note, Outcome, Phase, RegionFinished, Sink
from rescue.extents import Extent, Extents
from rescue.images.base import Task
from rescue.images.device import DeviceSource
from rescue.images.layout import Region
from rescue.images.scan_layout import whole_regions
from rescue.language import _
from rescue.operations.commands import SurfaceRequest
from rescue.operations.parts import parts_of
from rescue.operations.prepare import look
from rescue.operations.surface_report import Findings, finish, reasons, tell_stop
from rescue.units import MiB, align_down, format_size

_READ = MiB
SLOW_SECONDS = 1.0
# A drive can take minutes for each sector that it cannot read. So much is spent on a MiB; where that was not enough,
# what follows is left out, and twice as much each time until something can be read again.
PATIENCE_SECONDS = 30.0
_LARGEST_JUMP = 256 * MiB


class _Test:
    """Reads a disk chunk after chunk. For one thread."""

    def __init__(self, source: DeviceSource, found: Findings, meter: Meter, cancel: CancelToken) -> None:
        self._source = source
        self._found = found
        self._meter = meter
        self._cancel = cancel
        self._jump = 0
        self._jump_end = 0

    def read(self, region: Region) -> None:
        """Read what is to be read of a region."""
        for task in self._source.tasks(region):
            self._cancel.raise_if_cancelled()
            (wanted,) = task.used()
            where = Extent(region.start + wanted.start, region.start + wanted.end)
            if where.start < self._jump_end:
                self._found.untried |= Extents([where])
            else:
                self._read_chunk(task, where)
            self._meter.advance(where.length, region.describe())
            self._found.position = where.end

    def _read_chunk(self, task: Task, where: Extent) -> None:
        """Read one chunk, and learn from how it went: whether it was slow, and whether to leave out what follows."""
        self._source.bad.clear()
        self._source.untried.clear()
        began = time.monotonic()
        self._source.read(task).release()
        seconds = time.monotonic() - began
        start = task.region.start
        bad, untried = (
            Extents(found.get(task.region.name, ())).shift(start) for found in (self._source.bad, self._source.untried)
        )
        if bad or untried:
            self._found.unreadable |= bad
            self._found.untried |= untried
        self._found.read_bytes += where.length - bad.total - untried.total
        if untried:
            self._jump = min(max(2 * self._jump, _READ), _LARGEST_JUMP)
            self._jump_end = where.end + self._jump
        elif not bad:
            self._jump = 0
            if seconds > SLOW_SECONDS:
                self._found.slow_reads += 1
                self._found.slow |= Extents([where])


def run_surface(request: SurfaceRequest, *, sink: Sink, cancel: CancelToken) -> Outcome:
    """Read every sector of a disk from the medium, and tell what cannot be read: OK, or PARTIAL with the extents.

    DeviceNotFoundError; SourceReadError where the disk is gone in the middle. The report of a test that ended early,
    on request too, says how far it came.
    """
    disk = look().disk(request.disk)
    start = align_down(request.start, disk.logical_sector_size)
    if start >= disk.size:
        raise UsageError(_("{path} ends at byte {size}.").format(path=disk.path, size=disk.size))
    regions = tuple(_regions(disk, start))
    found = Findings(disk, start, tuple(_steps(disk, start)), position=start, began=time.monotonic())
    sink(JobStarted("surface", found.steps, parts_of(regions)))
    for path, use in disk.all_uses():
        sink(Note("", _("{path} is in use ({use}): that makes the test slower.").format(path=path, use=use.describe())))
    with BlockDevice.open(disk.path) as device:
        starts = {region.name: region.start for region in regions}
        pool = BufferPool(1, _READ, cancel)
        source = DeviceSource(device, starts, pool, cancel, allow_bad=True, patience=PATIENCE_SECONDS)
        test = _Test(source, found, Meter(sink, Phase.SURFACE, disk.size - start), cancel)
        try:
            for region in regions:
                test.read(region)
                _tell_region(found, region, sink)
        except RescueError as error:
            tell_stop(found, error, sink)
            if isinstance(error, CancelledError):
                how = _("`rescue surface {path} --from {position}` goes on there.")
                error.hint = how.format(path=disk.path, position=found.position)
            raise
    return finish(found, sink)


def _regions(disk: Disk, start: int) -> Iterator[Region]:
    """What of the disk is read, by partition."""
    for region in whole_regions(disk):
        if region.end > start:
            yield replace(region, used=Extents([(max(start - region.start, 0), region.size)]))


def _steps(disk: Disk, start: int) -> Iterator[str]:
    what = _("Read every sector of {path} ({model}, {size}), which is not changed.")
    yield what.format(path=disk.path, model=disk.model or _("disk"), size=format_size(disk.size))
    if start:
        yield "  " + _("Begin at byte {start}.").format(start=start)


def _tell_region(found: Findings, region: Region, sink: Sink) -> None:
    """The verdict over one partition."""
    why = reasons(found, region)
    lost = any(next(each.between(region.start, region.end), None) for each in (found.unreadable, found.untried))
    outcome = Outcome.PARTIAL if lost else Outcome.OK
    found.results.append((region.describe(), outcome, why))
    sink(RegionFinished(region.describe(), outcome, why))
