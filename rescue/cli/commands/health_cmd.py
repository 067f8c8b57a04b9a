"""`rescue health`: what a drive tells about its own health."""

import argparse

from rescue import process
from rescue.cli.text import say, say_json
from rescue.devices.health import Health
from rescue.devices.model import Disk
from rescue.devices.smart import health
from rescue.language import _
from rescue.operations.prepare import look
from rescue.units import format_size


def run(options: argparse.Namespace) -> int:
    """Print verdict, reasons and counters. A failing drive is no failure of the command; MissingToolError."""
    disk = look().disk(options.disk)
    process.find("smartctl")
    told = health(disk.path)
    if options.json:
        say_json(as_json(disk, told))
    else:
        say(*describe(disk, told))
    return 0


def as_json(disk: Disk, told: Health | None) -> dict[str, object]:
    """The health for scripts; `health` is null where nobody can tell."""
    who: dict[str, object] = {"path": disk.path, "model": disk.model, "serial": disk.identity.serial}
    return {**who, "health": told.to_json() if told else None}


def describe(disk: Disk, told: Health | None) -> list[str]:
    """The health in lines: the disk, the verdict and why, and everything that the drive counts."""
    model = disk.model or _("unknown model")
    head = f"{disk.path}  {format_size(disk.size)}  {model}"
    if told is None:
        return [head, "    ? " + _("This drive does not tell how it is.")]
    lines = [head, f"    {told.state.sign} {told.word}", *(f"      {reason}" for reason in told.reasons)]
    lines += [f"    {told.facts()}"] if told.facts() else []
    return [*lines, *([""] if told.lines else []), *told.lines]
