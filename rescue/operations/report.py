"""The result of a job in words: the same text on screen, in the snapshot and in the report file."""

import json
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from rescue import settings
from rescue.events import Outcome
from rescue.operations import machine
from rescue.repository.snapshot import DiskRecord, RegionKind
from rescue.units import format_duration, format_size


def backup_report(disks: Iterable[DiskRecord], outcome: Outcome, seconds: int) -> tuple[str, ...]:
    """One line a region, and the verdict."""
    lines = []
    for disk in disks:
        lines.append(f"{disk.path} {disk.model} {format_size(disk.size)}".replace("  ", " "))
        for region in disk.regions:
            if region.kind is RegionKind.GAP and region.outcome is Outcome.OK:
                continue
            label = f" “{region.label}”" if region.label else ""
            verdict = region.outcome.value if region.included else "not chosen"
            lines.append(
                f"  {region.name:5} {region.filesystem}{label}, {format_size(region.used_bytes)} of "
                f"{format_size(region.size)}: {verdict}"
            )
            remarks = [*region.reasons, *([f"All blocks: {region.raw_reason}"] if region.raw_reason else [])]
            lines += [f"        {text}" for text in (*remarks, *region.notes)]
    lines.append(f"{outcome.value} after {format_duration(seconds)}. {outcome.meaning}")
    return tuple(lines)


def write_report(
    job: str, outcome: Outcome, steps: Iterable[str], regions: Iterable[tuple[str, Outcome, Iterable[str]]]
) -> tuple[str, ...]:
    """The plan that ran, one line a region, and the verdict."""
    lines = [f"{job}, {machine.now():%Y-%m-%d %H:%M} UTC", *steps]
    for name, result, reasons in regions:
        lines.append(f"  {name}: {result.value}" + "".join(f"; {reason}" for reason in reasons))
    return (*lines, f"{outcome.value}. {outcome.meaning}")


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
