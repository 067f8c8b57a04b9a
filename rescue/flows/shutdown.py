"""Restart, switch off, or leave the program; with what has to be done before."""

from collections.abc import Sequence
from enum import Enum
from functools import partial

from rescue.errors import RescueError
from rescue.flows import words
from rescue.flows.engine import Engine
from rescue.flows.front import Danger, Front, Option, Page, Pick
from rescue.flows.reading import tried
from rescue.language import _
from rescue.operations.jobs import Job
from rescue.places.model import Place, PlaceKind

_HELP = "home"
_ALL_THE_SAME = "a"


class Way(Enum):
    """How to end."""

    OFF = "off"
    RESTART = "restart"
    QUIT = "quit"


async def shut_down(front: Front, engine: Engine) -> bool:
    """True when the program should end now: the computer goes down, or the person leaves."""
    return bool(await tried(front, partial(_shut_down, front, engine), _HELP))


async def _shut_down(front: Front, engine: Engine) -> bool:
    running = [job for job in await front.busy(_("Looking for jobs …"), engine.jobs) if job.alive]
    way = await front.pick(question(running))
    if way is None or way is Way.QUIT:
        return way is Way.QUIT
    if running and await front.confirm(danger(way, running)) is None:
        return False
    if not await _close_places(front, engine):
        return False
    await front.busy(_doing(way), engine.power_off if way is Way.OFF else engine.restart)
    return True


def question(running: Sequence[Job]) -> Pick[Way]:
    """The ways, and what stands against them."""
    told = [_("A job runs: {title}").format(title=job.title) for job in running]
    leave = _("the job goes on") if running else _("nothing is lost by it")
    options = (
        Option(Way.OFF, _("Switch the computer off"), (_("open drives and shares are closed first"),), key="s"),
        Option(Way.RESTART, _("Restart the computer"), (_("take the stick out when the screen goes dark"),), key="r"),
        Option(Way.QUIT, _("Leave Rescue"), (leave,), key="q", chosen=bool(running)),
    )
    return Pick(_("Shut down"), options, help=_HELP, text="\n".join(told))


def danger(way: Way, running: Sequence[Job]) -> Danger:
    """A job that is cut off leaves its work half done: a person has to write that they want it."""
    steps = [
        *(_("This job is cut off: {title}").format(title=job.title) for job in running),
        _("A backup that is cut off is not there. A disk that is being written is not usable then."),
        _("Better wait until the job has ended, or stop it on its own page."),
    ]
    return Danger(
        title=_("A job runs"),
        steps=tuple(steps),
        target=_("switching the computer off") if way is Way.OFF else _("restarting the computer"),
        confirm=_("cut it off"),
        help="progress",
    )


async def _close_places(front: Front, engine: Engine) -> bool:
    """Unmount what is open; True for going on. Where that fails the person decides."""
    inventory = await front.busy(_("Looking for open drives …"), engine.look)
    places = await front.busy("", lambda: engine.places(inventory))
    for place in places:
        if place.open and place.kind is not PlaceKind.FOLDER and not await _closed(front, engine, place):
            return False
    return True


async def _closed(front: Front, engine: Engine, place: Place) -> bool:
    title = words.place_title(place)
    try:
        await front.busy(_("Closing {place} …").format(place=title), lambda: engine.close_place(place))
    except RescueError as error:
        lines = (error.message, error.hint, _("What was not written to it yet may be lost."))
        anyway = (_ALL_THE_SAME, _("Go on all the same"))
        heading = _("{place} cannot be closed").format(place=title)
        shown = Page(heading, tuple(filter(None, lines)), (anyway,), help="place")
        return await front.read(shown) == _ALL_THE_SAME
    return True


def _doing(way: Way) -> str:
    return _("Switching off …") if way is Way.OFF else _("Restarting …")
