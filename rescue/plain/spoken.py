"""Questions as lines that can be listened to. Pure."""

from collections.abc import Iterator, Sequence

from rescue.devices.model import Disk, Partition
from rescue.flows.front import Danger, Estimate, Field, FieldKind, Option, Page, Picture, Row, Sheet, T
from rescue.language import _
from rescue.units import format_size


def options(found: Sequence[Option[T]], *, chosen: str) -> Iterator[str]:
    """Numbered lines; what is refused has no number, but its reason. `chosen` says what a chosen one is."""
    number = 0
    for option in found:
        title = option.title.strip()
        if option.refused:
            yield _("- Not possible: {title}. {reason}").format(title=title, reason=option.refused)
        else:
            number += 1
            yield f"{number}. {title}" + (f" ({chosen})" if option.chosen else "")
        yield from (f"   {line}" for line in option.detail)
        if option.disk is not None:
            yield f"   {contents(option.disk)}"


def contents(disk: Disk) -> str:
    """What is on a disk, in a sentence."""
    if not disk.readable:
        return _("It cannot be read: the drive, its cable or its case may be failing.")
    parts = [_partition(part) for part in disk.partitions]
    if parts:
        return _("It holds {parts}.").format(parts="; ".join(parts))
    if disk.filesystem is not None:
        return _("It holds {content}.").format(content=_content(disk.filesystem.type, disk.filesystem.label))
    return _("It is empty, or holds nothing that is known.")


def disk_page(disk: Disk) -> Page:
    """Everything that is known about a disk, a line each."""
    confirm = _("To overwrite it, somebody has to type: {text}").format(text=disk.confirm)
    lines = [
        ", ".join(filter(None, (disk.bus, _("removable") if disk.removable else "", disk.title or ""))),
        confirm if disk.confirm else _("It has no identity: Rescue never writes it."),
        *([] if disk.readable and disk.partitions else [contents(disk)]),
        *(_partition(part) + _uses(part) for part in disk.partitions),
        *(_("In use: {use}").format(use=use.describe()) for use in disk.uses),
    ]
    model = disk.model or _("Disk")
    return Page(
        f"{model}, {format_size(disk.size)}, {disk.path}",
        tuple(line[:1].upper() + line[1:] for line in lines if line),
        help="home",
    )


def _uses(part: Partition) -> str:
    return "".join(f"; {use.describe()}" for use in part.uses)


def _partition(part: Partition) -> str:
    info = part.filesystem
    content = _content(info.type, info.label) if info else _("unknown content")
    words = [_("partition {number}").format(number=part.number), content, format_size(part.size), part.system or ""]
    return ", ".join(filter(None, words))


def _content(filesystem: str, label: str | None) -> str:
    return f"{filesystem} “{label}”" if label else filesystem


def pictures(shown: Sequence[Picture]) -> Iterator[str]:
    """Disks before and after, a sentence each."""
    for picture in shown:
        model = picture.disk.model or _("Disk")
        yield f"{picture.heading}: {model}, {format_size(picture.disk.size)}. {contents(picture.disk)}"


def rows(found: Sequence[Row]) -> Iterator[str]:
    """The lines of a sheet, numbered."""
    for number, row in enumerate(found, 1):
        problem = _("still missing: {problem}").format(problem=row.problem) if row.problem else ""
        yield f"{number}. {row.label}: {'; '.join(filter(None, (row.value, problem)))}"


def estimate(told: Estimate) -> Iterator[str]:
    """What is known before a job starts."""
    yield from told.lines
    yield from pictures(told.pictures)
    if told.problem:
        yield _("It cannot start: {problem}").format(problem=told.problem)
        yield from filter(None, (told.hint,))


def why_not(sheet: Sheet) -> str:
    """Why a sheet without a button cannot be started."""
    missing = "; ".join(f"{row.label}: {row.problem}" for row in sheet.rows if row.problem)
    return _("It cannot start yet. {missing}").format(missing=missing).rstrip()


def danger(question: Danger) -> Iterator[str]:
    """What will happen."""
    yield from question.steps
    yield from pictures(question.pictures)


def answers(found: Sequence[tuple[str, str]]) -> Iterator[str]:
    """What can be done beside going back, numbered."""
    yield from (f"{number}. {what}" for number, (_letter, what) in enumerate(found, 1))


def field_value(field: Field, value: str) -> str:
    """What a line of a form holds, without telling a secret."""
    match field.kind:
        case FieldKind.HIDDEN:
            return _("typed") if value else _("nothing")
        case FieldKind.FLAG:
            return _("yes") if value else _("no")
        case FieldKind.CHOICE:
            return dict(field.choices).get(value, value)
        case FieldKind.TEXT:
            return value or _("nothing")
