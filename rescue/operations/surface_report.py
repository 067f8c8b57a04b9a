"""What a surface test has found, in words and for scripts."""

import time
from dataclasses import dataclass, field

from rescue.devices.model import Disk
from rescue.errors import RescueError
from rescue.events import JobFinished, Note, Outcome, Sink, job_word
from rescue.extents import Extent, Extents
from rescue.images.layout import Region
from rescue.language import _, ngettext
from rescue.operations import machine
from rescue.operations.report import save_report
from rescue.units import format_duration, format_size

_MOST_TOLD = 12
_MOST_SENT = 1000


@dataclass
class Findings:
    """What is known about a disk so far. Extents are bytes of the disk; what comes before `position` has been tested.
    `began` is a moment of the monotonic clock.

    `unreadable` was tried, piece by piece; `untried` was left out because the drive took too long around it.
    """

    disk: Disk
    start: int
    steps: tuple[str, ...]
    position: int
    began: float
    unreadable: Extents = field(default_factory=Extents)
    untried: Extents = field(default_factory=Extents)
    slow: Extents = field(default_factory=Extents)
    slow_reads: int = 0
    read_bytes: int = 0
    results: list[tuple[str, Outcome, tuple[str, ...]]] = field(default_factory=list)

    @property
    def seconds(self) -> int:
        """Since the test began."""
        return int(time.monotonic() - self.began)

    @property
    def rate(self) -> int:
        """Bytes a second that were read."""
        return int(self.read_bytes / max(time.monotonic() - self.began, 0.001))


def reasons(found: Findings, region: Region) -> tuple[str, ...]:
    """Why a region is not simply good: what it has lost, in bytes of the disk and in sectors, and where it is slow."""
    lost = list(found.unreadable.between(region.start, region.end))
    told = [
        _("Bytes {where} cannot be read.").format(where=_where(extent, found.disk.logical_sector_size))
        for extent in lost[:_MOST_TOLD]
    ]
    if len(lost) > _MOST_TOLD:
        told.append(_("{count} more places cannot be read.").format(count=len(lost) - _MOST_TOLD))
    left = sum(extent.length for extent in found.untried.between(region.start, region.end))
    if left:
        told.append(_("{count} bytes were left out, because the drive took too long there.").format(count=left))
    slow = sum(extent.length for extent in found.slow.between(region.start, region.end))
    if slow:
        told.append(_("The drive is slow in {size} of it.").format(size=format_size(slow)))
    return tuple(told)


def finish(found: Findings, sink: Sink) -> Outcome:
    """Send the result, and keep it in a file."""
    outcome = Outcome.worst([result for _name, result, _why in found.results])
    lines, detail = [*_lines(found), _verdict(outcome, found)], _detail(found)
    report = save_report("surface", lines, {"outcome": outcome.value, **detail})
    sink(JobFinished("surface", outcome, {**detail, "lines": lines[1 + len(found.steps) :], "report": report}))
    return outcome


def tell_stop(found: Findings, error: RescueError, sink: Sink) -> None:
    """Say, on screen and in the report, how far a test came that did not come to its end."""
    how = _("Tested up to byte {position} of {size}.").format(position=found.position, size=found.disk.size)
    lines = [*_lines(found), error.message, how]
    report = save_report("surface", lines, {"outcome": Outcome.FAILED.value, **_detail(found)})
    sink(Note("", how))
    if report:
        sink(Note("", _("The report is {path}.").format(path=report)))


def _verdict(outcome: Outcome, found: Findings) -> str:
    if outcome is Outcome.OK:
        return f"{outcome.word}. " + _("Every sector can be read.")
    text = _("{count} bytes cannot be read. Back up what is on this drive as soon as you can, and replace it.")
    return f"{outcome.word}. " + text.format(count=found.unreadable.total + found.untried.total)


def _lines(found: Findings) -> list[str]:
    """The plan that ran, the regions, and what came of it."""
    lines = [f"{job_word('surface')}, {machine.now():%Y-%m-%d %H:%M} UTC", *found.steps]
    for name, result, why in found.results:
        lines += [f"  {name}: {result.word}", *(f"      {text}" for text in why)]
    lines.append(
        _("{size} read in {duration}, {rate} a second.").format(
            size=format_size(found.read_bytes),
            duration=format_duration(found.seconds),
            rate=format_size(found.rate),
        )
    )
    if found.slow_reads:
        count = found.slow_reads
        text = ngettext("{count} read took longer than a second.", "{count} reads took longer than a second.", count)
        lines.append(text.format(count=count))
    return lines


def _where(extent: Extent, sector_size: int) -> str:
    """An extent in bytes and in sectors."""
    first, last = extent.start // sector_size, (extent.end - 1) // sector_size
    return _("{start} to {end} (sectors {first} to {last})").format(
        start=extent.start, end=extent.end - 1, first=first, last=last
    )


def _detail(found: Findings) -> dict[str, object]:
    """For scripts. Lists of extents are pairs of first byte and length, and not endless; the counts are whole."""
    return {
        "disk": found.disk.path,
        "identity": found.disk.identity.to_json(),
        "start": found.start,
        "tested_to": found.position,
        "read_bytes": found.read_bytes,
        "unreadable_bytes": found.unreadable.total,
        "unreadable": _pairs(found.unreadable),
        "untried_bytes": found.untried.total,
        "untried": _pairs(found.untried),
        "slow_reads": found.slow_reads,
        "slow": _pairs(found.slow),
        "bytes_per_second": found.rate,
        "seconds": found.seconds,
    }


def _pairs(extents: Extents) -> list[list[int]]:
    return [[start, end - start] for start, end in extents][:_MOST_SENT]
