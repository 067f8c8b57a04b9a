"""The result of a job in words: the same text on screen, in the snapshot and in the report file."""

import json
import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from rescue import settings
from rescue.errors import RescueError, reason_of
from rescue.events import Outcome, job_word
from rescue.language import _
from rescue.operations import machine
from rescue.repository.repository import Stored
from rescue.repository.snapshot import DiskRecord, RegionKind
from rescue.units import format_duration, format_size

_STAMP = "%Y%m%dT%H%M%S"


@dataclass(frozen=True, slots=True)
class Report:
    """A report that is kept. `name` is a file name without ending, `date` is for people: `2026-11-22 20:48 UTC`."""

    name: str
    title: str
    date: str
    lines: tuple[str, ...]


def backup_report(disks: Iterable[DiskRecord], outcome: Outcome, seconds: int) -> tuple[str, ...]:
    """One line a region, and the verdict."""
    lines = []
    for disk in disks:
        lines.append(f"{disk.path} {disk.model} {format_size(disk.size)}".replace("  ", " "))
        for region in disk.regions:
            if region.kind is RegionKind.GAP and region.outcome is Outcome.OK:
                continue
            label = f" “{region.label}”" if region.label else ""
            verdict = region.outcome.word if region.included else _("not chosen")
            lines.append(
                f"  {region.name:5} {region.filesystem}{label}, "
                + _("{used} of {size}: {verdict}").format(
                    used=format_size(region.used_bytes), size=format_size(region.size), verdict=verdict
                )
            )
            remarks = [
                *region.reasons,
                *([_("All blocks: {reason}").format(reason=region.raw_reason)] if region.raw_reason else []),
            ]
            lines += [f"        {text}" for text in (*remarks, *region.notes)]
    lines.append(
        _("{verdict} after {time}. {meaning}").format(
            verdict=outcome.word, time=format_duration(seconds), meaning=outcome.meaning
        )
    )
    return tuple(lines)


def write_report(
    job: str, outcome: Outcome, steps: Iterable[str], regions: Iterable[tuple[str, Outcome, Iterable[str]]]
) -> tuple[str, ...]:
    """The plan that ran, one line a region, and the verdict."""
    lines = [f"{job_word(job)}, {machine.now():%Y-%m-%d %H:%M} UTC", *steps]
    for name, result, reasons in regions:
        lines.append(f"  {name}: {result.word}" + "".join(f"; {reason}" for reason in reasons))
    return (*lines, f"{outcome.word}. {outcome.meaning}")


def save_report(job: str, lines: Iterable[str], detail: dict[str, object]) -> str | None:
    """Keep a report, for people and as JSON, in the state directory; its path, or None where nothing can be kept."""
    base = settings.state_directory() / "reports" / f"{machine.now():%Y%m%dT%H%M%S.%fZ}-{job.replace(' ', '-')}"
    with suppress(OSError):
        base.parent.mkdir(parents=True, exist_ok=True)
        text = Path(f"{base}.txt")
        text.write_text("\n".join(lines) + "\n")
        Path(f"{base}.json").write_text(json.dumps(detail, indent=1, default=str) + "\n")
        return str(text)
    return None


def saved_reports() -> tuple[Report, ...]:
    """The reports in the state directory, the newest first. What cannot be read is left out."""
    found = sorted((settings.state_directory() / "reports").glob("*.txt"), reverse=True)
    return tuple(report for report in map(_read, found) if report is not None)


def snapshot_report(stored: Stored) -> Report:
    """The report that a snapshot carries."""
    snapshot = stored.snapshot
    name = f"{snapshot.created[:19].replace('-', '').replace(':', '')}Z-backup-{stored.id[:12]}"
    return Report(name, _("Backup “{name}”").format(name=snapshot.name), snapshot.date, snapshot.report)


def export_reports(reports: Sequence[Report], directory: Path) -> Path:
    """Write reports as text files, synced, into a new folder of `directory`; the folder.

    RescueError where that is not possible; some of them may be there then.
    """
    folder = directory / f"rescue-reports-{machine.now():%Y%m%dT%H%M%S.%f}Z"
    try:
        folder.mkdir(parents=True)
        for report in reports:
            _write(folder / f"{_file_name(report.name)}.txt", report.lines)
    except OSError as error:
        raise RescueError(
            _("The reports cannot be saved in {directory}: {reason}.").format(
                directory=directory, reason=reason_of(error)
            ),
            hint=_("Choose another place, with some space, where files can be written."),
        ) from error
    return folder


def _read(path: Path) -> Report | None:
    with suppress(OSError, ValueError):
        stamp, job = path.stem.split("-", 1)
        date = datetime.strptime(stamp.partition(".")[0], _STAMP).replace(tzinfo=UTC)
        lines = tuple(path.read_text(errors="replace").splitlines())
        return Report(path.stem, job.replace("-", " "), f"{date:%Y-%m-%d %H:%M} UTC", lines)
    return None


def _file_name(text: str) -> str:
    """A name that every file system of a backup drive takes."""
    return "".join(letter if letter.isalnum() or letter in "-._" else "-" for letter in text)[:100]


def _write(path: Path, lines: Iterable[str]) -> None:
    with path.open("w", errors="replace") as stream:
        stream.write("\n".join(lines) + "\n")
        stream.flush()
        os.fsync(stream.fileno())
