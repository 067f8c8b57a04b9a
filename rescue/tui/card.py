"""A disk as a card: who it is, what is on it, and its bar. Every text from a disk is printable, and is no markup."""

from textual.content import Content
from textual.geometry import Size
from textual.markup import escape
from textual.widget import Widget

from rescue.devices.model import Disk, FilesystemInfo, Partition
from rescue.text import printable
from rescue.tui import bar
from rescue.units import format_size

_NAME = "$loud"
_LOUD = "bold $loud"
_ALARM = "$style-bad"
_COLUMN = 36  # the narrowest column of partitions


class DiskCard(Widget):
    """Shows one disk in as many lines as its width makes necessary. A state class `unreadable` is for the style."""

    def __init__(self, disk: Disk) -> None:
        super().__init__(classes="" if disk.readable else "unreadable")
        self.disk = disk
        self.border_title = escape(printable(f" {disk.path}  {format_size(disk.size)} "))

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """As many lines as `describe` makes."""
        del container, viewport
        return len(describe(self.disk, width))

    def render(self) -> Content:
        """The lines for the present width."""
        return Content("\n").join(describe(self.disk, self.content_size.width))


def describe(disk: Disk, width: int) -> list[Content]:
    """The card, each line at most `width` cells."""
    lines = [*_who(disk, width)]
    if not disk.readable:
        lines.append(Content.styled("It cannot be read: the drive, its cable or its case may be failing.", _ALARM))
    lines += [Content.styled(line, _LOUD) for line in _systems(disk, width)]
    lines.append(bar.draw(disk, width))
    lines += _legend(disk, width)
    return [line.truncate(width, ellipsis=True) for line in lines]


def _who(disk: Disk, width: int) -> list[Content]:
    """Model and kind, and the text to confirm: in one line, or in two where that is too long."""
    words = (disk.bus, "removable" * disk.removable, "read-only" * disk.read_only)
    model = Content.assemble(
        (printable(disk.model or "unknown model"), _LOUD), "  " + " ".join(filter(None, map(printable, words)))
    )
    name = "confirm ", (printable(disk.confirm), _LOUD)
    confirm = Content.assemble(*name) if disk.confirm else Content.styled("no identity: never written", _ALARM)
    space = width - model.cell_length - confirm.cell_length
    return [Content.assemble(model, " " * space, confirm)] if space >= 2 else [model, confirm]


def _systems(disk: Disk, width: int) -> list[str]:
    """The installed systems, with the number of their partition; a line each where they do not fit into one."""
    found = [f"{part.number}: {printable(part.system)}" for part in disk.partitions if part.system]
    found += [printable(disk.title)] if disk.title else []
    joined = "   ".join(found)
    return [joined] if found and len(joined) <= width else found


def _legend(disk: Disk, width: int) -> list[Content]:
    """What the pieces of the bar are, in as many columns as fit."""
    shown = [part for part in disk.partitions if not bar.is_frame(part)]
    items = [_item(part, f"{part.number:>2} ") for part in shown]
    if not shown:
        known = disk.filesystem or disk.uses
        items = [_item(disk, "") if known else Content(_nothing(disk))]
    longest = max(_COLUMN, *(item.cell_length + 2 for item in items))
    columns = max(1, min(len(items), width // longest))
    rows = -(-len(items) // columns)
    cell = width // columns
    lines = []
    for row in range(rows):
        line = [item.truncate(cell, pad=True) for item in items[row::rows]]
        lines.append(Content("").join(line))
    return lines


def _nothing(disk: Disk) -> str:
    if disk.table:
        return "A partition table without partitions."
    return "Empty, or nothing that is known." if disk.readable else "What is on it is not known."


def _item(node: Partition | Disk, number: str) -> Content:
    letter, style = bar.kind(node.filesystem.type if node.filesystem else None)
    uses = "; ".join(use.describe() for use in node.uses)
    return Content.assemble(
        (f" {letter} ", style),
        " ",
        (printable(f"{number}{_content(node.filesystem)}"), _NAME),
        f"  {format_size(node.size)}",
        (f"  * {printable(uses)}" if uses else "", _LOUD),
    )


def _content(info: FilesystemInfo | None) -> str:
    if info is None:
        return "unknown"
    return f"{info.type} “{info.label}”" if info.label else info.type
