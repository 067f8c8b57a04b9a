"""Tools: what is needed now and then, one page a tool."""

from collections.abc import Awaitable, Callable
from functools import partial

from rescue.flows import drives, tables
from rescue.flows.asking import look
from rescue.flows.catalogue import choose_catalogue
from rescue.flows.engine import Engine
from rescue.flows.front import Front, Option, Pick
from rescue.flows.reading import check, tried, verify
from rescue.flows.restore import Draft, image_question
from rescue.language import _

_HELP = "tools"

Tool = Callable[[Front, Engine], Awaitable[None]]


async def tools(front: Front, engine: Engine) -> None:
    """Tool after tool, until the person goes back."""
    while (tool := await front.pick(menu())) is not None:
        await tried(front, partial(tool, front, engine), _HELP)


def menu() -> Pick[Tool]:
    """Those that only read come first."""
    entries: tuple[tuple[str, str, str, Tool], ...] = (
        ("v", _("Verify an image"), _("read it back and compare every byte"), _verify),
        ("c", _("Check a repository"), _("is everything there that its images need"), _check),
        ("h", _("Health of a drive"), _("what it says of itself (SMART)"), drives.health),
        ("r", _("Read test of a drive"), _("read every sector, change nothing"), drives.surface),
        ("p", _("Save a partition table"), _("keep it in a file"), tables.save_table),
        (
            "t",
            _("Restore a partition table"),
            _("put one back; overwrites the table"),
            tables.restore_table,
        ),
        ("u", _("Undo the last write"), _("table and headers as before Rescue wrote a disk"), drives.undo),
        ("f", _("Format a backup drive"), _("make a drive ready for backups; overwrites it"), drives.format_drive),
        ("w", _("Wipe a disk"), _("before it is given away; overwrites it"), drives.wipe),
        ("s", _("Shell"), _("type commands"), _shell),
    )
    options = tuple(Option(tool, title, (what,), key=key) for key, title, what, tool in entries)
    return Pick(_("Tools"), options, help=_HELP, text=_("What overwrites something asks before it does."))


async def _verify(front: Front, engine: Engine) -> None:
    found = await choose_catalogue(front, engine)
    if found is None:
        return
    catalogue = found[1]
    inventory = await look(front, engine)
    stored = await front.pick(image_question(Draft(inventory, catalogue=catalogue)))
    if stored is not None:
        await verify(front, engine, catalogue.repository, stored)


async def _check(front: Front, engine: Engine) -> None:
    found = await choose_catalogue(front, engine)
    if found is not None:
        await check(front, engine, found[1].repository)


async def _shell(front: Front, engine: Engine) -> None:
    await front.terminal(engine.shell())
