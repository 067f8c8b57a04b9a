"""A disk as a card: who it is, what is on it, and its bar. Every text from a disk is printable, and is no markup."""

from textual.content import Content
from textual.reactive import reactive

from rescue.devices.health import State
from rescue.devices.model import Disk, FilesystemInfo, Partition
from rescue.language import _
from rescue.operations.facts import NOTHING, Facts, nodes_of
from rescue.text import printable
from rescue.tui import bar
from rescue.tui.lines import Lines, hang, styled
from rescue.units import format_size

_NAME = "$loud"
_LOUD = "bold $loud"
_ALARM = "$style-bad"
_GAP = 2  # between columns of partitions
_SIGNS = {State.GOOD: "$style-good", State.WARNING: "$style-warn", State.FAILING: "$style-bad", State.UNKNOWN: ""}


class DiskCard(Lines):
    """Shows one disk in as many lines as its width makes necessary. State classes `unreadable` and `failing` are for
    the style. `facts` may come later, from the App."""

    facts: reactive[Facts] = reactive(NOTHING, layout=True)

    def __init__(self, disk: Disk, facts: Facts = NOTHING) -> None:
        super().__init__(classes="" if disk.readable else "unreadable")
        self.disk = disk
        self.set_reactive(DiskCard.facts, facts)
        self._show_title()

    def watch_facts(self) -> None:
        """What stands in the frame is drawn with it."""
        self._show_title()

    def _show_title(self) -> None:
        health = self.facts.health.get(self.disk.path)
        self.set_class(health is not None and health.state is State.FAILING, "failing")
        self.border_title = Content.assemble(" ", title(self.disk, self.facts), " ")

    def draw(self, width: int) -> list[Content]:
        """The lines for a width."""
        return describe(self.disk, width, self.facts)


def title(disk: Disk, facts: Facts = NOTHING) -> Content:
    """Name and size, and as far as they are known how full it is and how it is, in one line."""
    used, health = facts.used_of(disk), facts.health.get(disk.path)
    told = [Content(printable(f"{disk.path}  {format_size(disk.size)}"))]
    if used is not None:
        told.append(Content(_("{size} used").format(size=format_size(used))))
    if health is not None:
        word = f"{health.state.sign} {printable(health.word)}"
        told.append(Content.styled(word, _SIGNS[health.state]))
        if health.temperature is not None and health.state is State.GOOD:  # else the words need the room
            told.append(Content(_("{degrees} °C").format(degrees=health.temperature)))
    return Content("  ").join(told)


def describe(disk: Disk, width: int, facts: Facts = NOTHING) -> list[Content]:
    """The card without its title, each line at most `width` cells. Without facts it only says less."""
    lines = [*_who(disk, width)]
    if not disk.readable:
        lines.append(styled(_("It cannot be read: the drive, its cable or its case may be failing."), _ALARM))
    lines += _reasons(disk, facts, width)
    lines += [Content.styled(line, _LOUD) for line in _systems(disk, width)]
    lines.append(bar.draw(disk, width, facts))
    lines += _legend(disk, width, facts)
    return [line.truncate(width, ellipsis=True) for line in lines]


def _who(disk: Disk, width: int) -> list[Content]:
    """Model and kind, and the text to confirm: in one line, or in two where that is too long."""
    words = (disk.bus, _("removable") if disk.removable else "", _("read-only") if disk.read_only else "")
    model = Content.assemble(
        (printable(disk.model or _("unknown model")), _LOUD), "  " + " ".join(filter(None, map(printable, words)))
    )
    name = _("confirm") + " ", (printable(disk.confirm), _LOUD)
    confirm = Content.assemble(*name) if disk.confirm else styled(_("no identity: never written"), _ALARM)
    space = width - model.cell_length - confirm.cell_length
    return [Content.assemble(model, " " * space, confirm)] if space >= 2 else [model, confirm]


def _reasons(disk: Disk, facts: Facts, width: int) -> list[Content]:
    """Why the drive is not well, in sentences. That nothing is known is no reason."""
    health = facts.health.get(disk.path)
    if health is None or health.state not in (State.WARNING, State.FAILING):
        return []
    lead = Content.styled(f"{health.state.sign} ", _SIGNS[health.state])
    return [line for reason in health.reasons for line in hang(lead, styled(reason, _SIGNS[health.state]), width)]


def _systems(disk: Disk, width: int) -> list[str]:
    """The installed systems, with the number of their partition; a line each where they do not fit into one."""
    found = [f"{part.number}: {printable(part.system)}" for part in disk.partitions if part.system]
    found += [printable(disk.title)] if disk.title else []
    joined = "   ".join(found)
    return [joined] if found and len(joined) <= width else found


def _legend(disk: Disk, width: int, facts: Facts) -> list[Content]:
    """What the pieces of the bar are, in as few lines as the width allows, and how full they are in as many words as
    cost no more than a line."""
    shown = nodes_of(disk)
    if shown == (disk,) and not (disk.filesystem or disk.uses):
        return [Content(_nothing(disk))]
    plain, *longer = ([_item(node, facts, words) for node in shown] for words in range(5))
    rows = _fewest_rows(plain, width)
    for count in (rows, rows + 1):
        for items in reversed(longer):
            if _room(items, count) <= width:
                return _in_columns(items, count)
    return _in_columns(plain, rows)


def _fewest_rows(items: list[Content], width: int) -> int:
    return next(rows for rows in range(1, len(items) + 1) if rows == len(items) or _room(items, rows) <= width)


def _room(items: list[Content], rows: int) -> int:
    """Cells that the items need in so many rows, one below the other in columns."""
    columns = [items[place : place + rows] for place in range(0, len(items), rows)]
    return sum(max(item.cell_length for item in column) for column in columns) + _GAP * (len(columns) - 1)


def _in_columns(items: list[Content], rows: int) -> list[Content]:
    columns = [items[place : place + rows] for place in range(0, len(items), rows)]
    widest = [max(item.cell_length for item in column) for column in columns]
    lines = []
    for row in range(rows):
        cells = [
            column[row].pad_right(wide - column[row].cell_length)
            for column, wide in zip(columns, widest, strict=True)
            if row < len(column)
        ]
        lines.append(Content(" " * _GAP).join(cells))
    return lines


def _nothing(disk: Disk) -> str:
    if disk.table:
        return _("A partition table without partitions.")
    return _("Empty, or nothing that is known.") if disk.readable else _("What is on it is not known.")


def _item(node: Partition | Disk, facts: Facts, words: int) -> Content:
    """One node: letter, number, content, and size, with how much of it is used in more and more `words` (0 to 4)."""
    letter, style = bar.kind(node.filesystem.type if node.filesystem else None)
    number = f"{node.number:>2} " if isinstance(node, Partition) else ""
    uses = "; ".join(use.describe() for use in node.uses)
    used = facts.used.get(node.path)
    return Content.assemble(
        (f" {letter} ", style),
        " ",
        (printable(f"{number}{_content(node.filesystem)}"), _NAME),
        f"  {_fullness(used, node.size, words)}",
        (f"  * {printable(uses)}" if uses else "", _LOUD),
    )


def _fullness(used: int | None, size: int, words: int) -> str:
    """How much of a size is used: `200.0 GiB`, `200.0 GiB 19 %`, `38.2/200.0 GiB`, `38.2 of 200.0 GiB`, and `used`."""
    whole = format_size(size)
    if used is None or used >= size or not words:
        return whole
    part = format_size(used)
    if part.rpartition(" ")[2] == whole.rpartition(" ")[2]:
        part = part.rpartition(" ")[0]
    texts = ("", "{whole} {percent} %", "{part}/{whole}", _("{part} of {whole}"), _("{part} of {whole} used"))
    return texts[words].format(part=part, whole=whole, percent=100 * used // size)


def _content(info: FilesystemInfo | None) -> str:
    if info is None:
        return _("unknown")
    return f"{info.type} “{info.label}”" if info.label else info.type
