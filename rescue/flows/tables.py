"""A disk's partition table: keep it in a file, and put one back."""

from datetime import datetime
from pathlib import Path

from rescue.devices.model import Disk
from rescue.flows import closings, words
from rescue.flows.asking import look
from rescue.flows.drives import disk_question, done_closing
from rescue.flows.engine import Engine
from rescue.flows.front import Field, Form, Front, Option, Pick
from rescue.flows.overwrite import overwrite, target_question
from rescue.flows.place import choose_place
from rescue.flows.reading import run_reading
from rescue.language import _
from rescue.operations.commands import TableRestoreRequest, TableSaveRequest

_HELP = "tools"
_ENDING = ".json"
_LONGEST = 120


async def save_table(front: Front, engine: Engine) -> None:
    """Keep the table of a disk on a drive or a share. RescueError."""
    text = _("Only the table is kept: where partitions begin and end. No file is. Nothing on the disk is changed.")
    inventory = await look(front, engine)
    disk = await front.pick(disk_question(inventory, _("Whose partition table"), text, readable=True))
    folder = None if disk is None else await _folder(front, engine, writable=True)
    if disk is None or folder is None:
        return
    filled = await front.fill(name_form(file_name(disk, datetime.now().astimezone()), folder))
    if filled is None:
        return
    path = folder / filled["name"].strip()
    title = _("Save the partition table of {disk}").format(disk=words.disk_title(disk))
    close = closings.reading_closing(_("The table is in {file}.").format(file=path))
    await run_reading(front, engine, TableSaveRequest(disk.path, str(path)), title=title, close=close)


async def restore_table(front: Front, engine: Engine) -> None:
    """Put a table from a file on a disk, and nothing else. RescueError."""
    folder = await _folder(front, engine, writable=False)
    if folder is None:
        return
    found = await front.busy(_("Looking for partition tables …"), lambda: engine.table_files(folder))
    file = await front.pick(file_question(found, folder))
    if file is None:
        return
    inventory = await look(front, engine)
    question = await target_question(front, engine, inventory, TableRestoreRequest(str(file), ""), whole=True)
    target = await front.pick(question)
    if target is None:
        return
    title = _("Put the partition table of {file} on {disk}").format(
        file=file.name, disk=words.disk_title(inventory.disk(target))
    )
    close = done_closing(
        _("The partition table is written."),
        _("The contents of the partitions are as they were. Look whether they are what you expect."),
    )
    await overwrite(front, engine, TableRestoreRequest(str(file), target), inventory, title=title, close=close)


async def _folder(front: Front, engine: Engine, *, writable: bool) -> Path | None:
    """The directory of a place, opened; None for going back."""
    place = await choose_place(front, engine, writable=writable)
    if place is None:
        return None
    opened = await front.busy(_("Opening {place} …").format(place=place.name), lambda: engine.open_place(place))
    return opened.directory


def file_name(disk: Disk, now: datetime) -> str:
    """A name that tells the disk and the day, and that every file system takes."""
    told = f"table-{disk.model}-{disk.confirm}"
    plain = "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in told)
    words_of_it = "-".join(filter(None, plain.split("-")))[:_LONGEST]
    return f"{words_of_it}-{now:%Y%m%d-%H%M}{_ENDING}"


def name_form(proposed: str, folder: Path) -> Form:
    """The name of the file."""
    field = Field("name", _("File"), value=proposed, hint=_("in {folder}").format(folder=folder))
    return Form(_("Save as"), (field,), help=_HELP, submit=_("Save"), check=_name_problem)


def _name_problem(filled: dict[str, str]) -> str | None:
    name = filled["name"].strip()
    if not name.endswith(_ENDING) or name.startswith(".") or "/" in name or not name.isprintable():
        return _("Give it a name without a slash that ends with {ending}.").format(ending=_ENDING)
    return None


def file_question(found: tuple[Path, ...], folder: Path) -> Pick[Path]:
    """The saved tables, the newest first."""
    options = tuple(Option(path, path.name) for path in found)
    empty = _("There is no saved partition table in {folder}.").format(folder=folder)
    return Pick(_("Which partition table"), options, help=_HELP, empty=empty)
