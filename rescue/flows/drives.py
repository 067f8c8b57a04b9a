"""Tools for one drive: its health, a read test, undo, wipe, and making it a drive for backups."""

import uuid
from collections.abc import Callable

from rescue.devices.health import Health
from rescue.devices.model import Disk, Inventory
from rescue.events import Outcome
from rescue.flows import closings, words
from rescue.flows.asking import look
from rescue.flows.ending import Closing, Ending
from rescue.flows.engine import Engine
from rescue.flows.front import Front, Option, Page, Pick
from rescue.flows.overwrite import overwrite, target_question
from rescue.flows.reading import run_reading
from rescue.language import _
from rescue.operations.commands import FormatRequest, SurfaceRequest, UndoRequest, WipeRequest

_HELP = "tools"


def disk_question(inventory: Inventory, title: str, text: str, *, readable: bool = False) -> Pick[Disk]:
    """Every disk; where it has to be `readable`, those that are not are refused."""
    options = tuple(
        Option(disk, words.disk_title(disk), disk=disk, refused=_unreadable(disk) if readable else "")
        for disk in inventory.disks
    )
    return Pick(title, options, help=_HELP, text=text, empty=_("No disk was found."))


def _unreadable(disk: Disk) -> str:
    return "" if disk.readable else _("Its first sectors cannot be read.")


def done_closing(headline: str, *lines: str) -> Callable[[Ending], Closing]:
    """What is said after a job that writes: this when all is well, else what is on the target now."""

    def close(ending: Ending) -> Closing:
        return Closing(headline, lines) if ending.outcome is Outcome.OK else closings.write_closing(ending)

    return close


async def health(front: Front, engine: Engine) -> None:
    """What a drive tells of itself. RescueError."""
    text = _("A drive that sleeps is not woken for this. Nothing is changed.")
    disk = await front.pick(disk_question(await look(front, engine), _("Which drive"), text))
    if disk is not None:
        told = await front.busy(_("Asking the drive …"), lambda: engine.health(disk.path))
        await front.read(health_page(disk, told))


def health_page(disk: Disk, told: Health | None) -> Page:
    """The verdict first, then everything that the drive counts."""
    title = _("Health of {disk}").format(disk=words.disk_title(disk))
    if told is None:
        unknown = _("Nobody can tell: the drive, or the box that it is in, does not say.")
        return Page(title, (unknown,), help=_HELP)
    verdict = f"{told.state.sign} {told.word}"
    lines = [verdict, *told.reasons, *filter(None, (told.facts(),))]
    return Page(title, (*lines, *(("", *told.lines) if told.lines else ())), help=_HELP, search=True)


async def surface(front: Front, engine: Engine) -> None:
    """Read every sector of a drive. RescueError."""
    text = _("Every sector is read, and nothing is changed. That takes hours on a large drive, and can be stopped.")
    question = disk_question(await look(front, engine), _("Which drive"), text)
    disk = await front.pick(question)
    if disk is not None:
        title = _("Read test of {disk}").format(disk=words.disk_title(disk))
        await run_reading(front, engine, SurfaceRequest(disk.path), title=title, close=surface_closing)


def surface_closing(ending: Ending) -> Closing:
    """After a read test: what cannot be read is a reason to act now."""
    if ending.outcome is Outcome.PARTIAL:
        lines = (_("The parts above tell where. Back this drive up now, and replace it soon."),)
        return Closing(_("Some sectors cannot be read."), lines)
    return closings.reading_closing(_("Every sector can be read."))(ending)


async def undo(front: Front, engine: Engine) -> None:
    """Table and headers of a disk, as they were before Rescue wrote it last. RescueError."""
    inventory = await look(front, engine)
    target = await front.pick(await target_question(front, engine, inventory, UndoRequest(""), whole=True))
    if target is None:
        return
    title = _("Undo the last write on {disk}").format(disk=words.disk_title(inventory.disk(target)))
    close = done_closing(
        _("Partition table and headers are back."),
        _("Files that were overwritten did not come back. Look what is there before you write to the disk."),
    )
    await overwrite(front, engine, UndoRequest(target), inventory, title=title, close=close)


async def wipe(front: Front, engine: Engine) -> None:
    """Zeros over a disk. RescueError."""
    inventory = await look(front, engine)
    target = await front.pick(await target_question(front, engine, inventory, WipeRequest(""), whole=True))
    if target is None:
        return
    disk = inventory.disk(target)
    quick = await front.pick(wipe_question(disk))
    if quick is None:
        return
    title = _("Wipe {disk}").format(disk=words.disk_title(disk))
    await overwrite(front, engine, WipeRequest(target, quick), inventory, title=title, close=wipe_closing(quick=quick))


def wipe_question(disk: Disk) -> Pick[bool]:
    """All of it, or only what makes it look used."""
    everything = [_("Zeros over every sector. Takes {time}.").format(time=words.duration(disk.size, times=2))]
    if not disk.rotational:
        everything.append(_("A flash drive keeps spare sectors that no computer can reach; they may hold old data."))
    options = (
        Option(
            value=True,
            title=_("Quick: it looks empty"),
            detail=(_("Tables and headers go. The files stay on it, and tools can bring them back."),),
            key="s",
            chosen=True,
        ),
        Option(value=False, title=_("Everything: before it is given away"), detail=tuple(everything), key="e"),
    )
    return Pick(_("How thoroughly"), options, help=_HELP, text=_("Nothing happens yet: you are asked once more."))


def wipe_closing(*, quick: bool) -> Callable[[Ending], Closing]:
    """After a wipe, without promising more than was done."""
    if quick:
        return done_closing(
            _("The disk looks empty."), _("Its old files are still on it, and tools can bring them back.")
        )
    return done_closing(_("The disk is wiped."), _("Every sector that a computer can reach holds zeros."))


async def format_drive(front: Front, engine: Engine) -> None:
    """Make a whole disk a drive for backups, after its identity was typed. RescueError."""
    inventory = await look(front, engine)
    target = await front.pick(await target_question(front, engine, inventory, FormatRequest(""), whole=True))
    if target is None:
        return
    filesystem = await front.pick(filesystem_question())
    if filesystem is None:
        return
    # The plan that is shown and the command that runs it agree about the id of the disk.
    request = FormatRequest(target, filesystem, disk_id=str(uuid.uuid4()))
    title = _("Format {disk}").format(disk=words.disk_title(inventory.disk(target)))
    close = done_closing(
        _("The drive is ready for backups."), _("Back up, on the first page, proposes it from now on.")
    )
    await overwrite(front, engine, request, inventory, title=title, close=close)


def filesystem_question() -> Pick[str]:
    """Who else can read the drive."""
    options = (
        Option("ext4", "ext4", (_("safe when the power fails; Linux reads it"),), key="e", chosen=True),
        Option("exfat", "exFAT", (_("Windows and macOS read it, too"),), key="x"),
    )
    return Pick(_("Which file system"), options, help=_HELP, text=_("Nothing happens yet: you are asked once more."))
