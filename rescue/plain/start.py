"""Opens the program as lines on this terminal, with the real engine."""

import asyncio
import importlib
import signal
import sys
from collections.abc import Callable, Coroutine
from dataclasses import replace
from functools import partial

from rescue.flows import menu, words
from rescue.flows.engine import Engine
from rescue.flows.front import Choice, Front, Option, Page, Pick
from rescue.flows.offer import Offer
from rescue.language import _
from rescue.operations.privilege import require_root
from rescue.operations.seat import Seat
from rescue.plain import pages, spoken
from rescue.plain.front import PlainFront
from rescue.plain.home import Leading, home

_HELP = "h"  # the key of the help on the first screen


def open_plain(offer: Callable[[Front], Offer] | None = None) -> int:
    """Run it until somebody quits, or the input ends; the exit code. NotRootError before anything is said."""
    require_root()
    seat = Seat()
    seat.sit(lambda: None)  # who leads is asked after each line
    leading = Leading(seat)
    front = PlainFront(sys.stdin, sys.stdout, leading.lost)
    found = (offer or _offer)(front)
    front.power_off = found.power_off
    try:
        asyncio.run(_until_interrupted(home(front, found, leading)))
    except asyncio.CancelledError:
        front.console.say("", _("Rescue is left. A job that runs goes on."))
        return 130
    return 0


async def _until_interrupted(walk: Coroutine[object, object, None]) -> None:
    """CancelledError at Ctrl-C. By a handler of the loop, which wakes it: one of Python alone may come just before the
    loop goes to sleep, and is noticed only with the next event."""
    task = asyncio.current_task()
    assert task is not None  # noqa: S101 - it is what runs here
    asyncio.get_running_loop().add_signal_handler(signal.SIGINT, task.cancel)
    await walk


def _offer(front: Front) -> Offer:
    """What every screen offers, and what a full one shows all the time: the disks, and the key for a shell."""
    found = menu.offer(front)
    choices = (replace(each, flow=partial(_help, front)) if each.key == _HELP else each for each in found.choices)
    more = (
        Choice("", _("Disks"), _("what is there, and what is on it"), partial(_disks, front)),
        Choice("", _("Shell"), _("type commands"), partial(_shell, front)),
    )
    return replace(found, choices=(*choices, *more))


def _engine() -> Engine:
    """It is imported when it is needed: the first page is there before it."""
    engine: Engine = importlib.import_module("rescue.flows.local").LocalEngine()
    return engine


async def _help(front: Front) -> None:
    title, lines = pages.page("home")
    await front.read(Page(title, lines))


async def _disks(front: Front) -> None:
    inventory = await front.busy(_("Looking at the disks …"), lambda: _engine().look())
    options = tuple(Option(disk, words.disk_title(disk), disk=disk) for disk in inventory.disks)
    text = _("A number tells more about a disk.")
    question = Pick(_("Disks"), options, help="home", text=text if options else "", empty=_("No disk was found."))
    while (disk := await front.pick(question)) is not None:
        await front.read(spoken.disk_page(disk))


async def _shell(front: Front) -> None:
    await front.terminal(_engine().shell())
