"""`rescue disks`: what is there."""

import argparse

from rescue.cli.text import say, say_json
from rescue.devices.model import Disk, Partition
from rescue.language import _
from rescue.operations.prepare import look
from rescue.units import format_size


def run(options: argparse.Namespace) -> int:
    """Print every disk, for people or as a JSON list."""
    inventory = look()
    if options.json:
        say_json([as_json(disk) for disk in inventory.disks])
        return 0
    for disk in inventory.disks:
        say(*describe(disk))
    if not inventory.disks:
        say(_("There is no disk.") if inventory.visible is None else _("RESCUE_DEVICES hides every disk."))
    return 0


def as_json(disk: Disk) -> dict[str, object]:
    """A disk for scripts: `path`, `model`, `serial`, `size`, `parts` and `confirm` are names that stay."""
    plain = disk.to_json()
    parts = plain.pop("partitions")
    return {**plain, "serial": disk.identity.serial, "wwn": disk.identity.wwn, "parts": parts}


def describe(disk: Disk) -> list[str]:
    """A disk in a few lines."""
    kind = [disk.bus]
    kind += [_("removable")] if disk.removable else []
    kind += [_("read-only")] if disk.read_only else []
    model = disk.model or _("unknown model")
    lines = [f"{disk.path}  {format_size(disk.size)}  {model}  {' '.join(kind)}"]
    confirm = disk.confirm or _("- (it has no identity and is never written)")
    lines.append("    " + _("confirm: {text}").format(text=confirm))
    if not disk.readable:
        lines.append("    " + _("it cannot be read"))
    if disk.title:
        lines.append(f"    {disk.title}")
    if disk.filesystem:
        lines.append("    " + _("whole disk: {content}").format(content=_content(disk)))
    lines += ["    " + _("in use: {use}").format(use=use.describe()) for use in disk.uses]
    for part in disk.partitions:
        lines.append(f"    {part.path}  {format_size(part.size)}  {_content(part)}")
        lines += ["        " + _("in use: {use}").format(use=use.describe()) for use in part.uses]
    return lines


def _content(part: Disk | Partition) -> str:
    info = part.filesystem
    if info is None:
        return _("no known file system")
    words = [info.type, f"“{info.label}”" if info.label else "", part.system or ""]
    return "  ".join(word for word in words if word)
