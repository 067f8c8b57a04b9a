"""The first page as a numbered list, and who may act on it."""

import asyncio
from functools import partial
from typing import Protocol

from rescue.errors import RescueError
from rescue.flows.front import Choice
from rescue.flows.offer import Offer
from rescue.language import _
from rescue.operations.jobs import Job
from rescue.operations.seat import Holder, Standing
from rescue.plain.asking import BACK, HELP
from rescue.plain.front import PlainFront

_QUIT = "q"
_YES = ("y", "yes")
_HELP_PAGE = "home"


class Seating(Protocol):
    """What is wanted of `rescue.operations.seat.Seat`."""

    @property
    def standing(self) -> Standing:
        """Who leads now."""

    def claim(self) -> Standing:
        """Lead if nobody does."""

    def take_over(self, leader: Holder) -> None:
        """Lead instead; SeatRefusedError."""


class Leading:
    """Whether this screen leads. It leads from its first action on, until another one takes over."""

    def __init__(self, seat: Seating) -> None:
        self.seat = seat
        self._led = False

    def claim(self) -> Holder | None:
        """Lead if nobody else does; else who does."""
        standing = self.seat.claim()
        self._led = standing.leads
        return None if standing.leads else standing.leader

    def lost(self) -> str:
        """Why this screen may not go on with what it does; said once, empty while all is well."""
        standing = self.seat.standing
        if not self._led or standing.leads:
            return ""
        self._led = False
        where = standing.leader.tty if standing.leader else _("another terminal")
        return _("The screen on {tty} took over. This one only looks from now on.").format(tty=where)


async def home(front: PlainFront, offer: Offer, leading: Leading) -> None:
    """Let the person choose what to do until they quit, or the input ends. Jobs go on without it."""
    front.console.say(_("Rescue, line by line. Every answer ends with Enter."))
    while not front.ended:
        front.resume()
        choices = (*offer.choices, *(await asyncio.to_thread(_jobs, offer)))
        _show(front, choices, leading)
        choice = await _choose(front, choices)
        if choice is not None and await _may_act(front, leading):
            if await _go(front, choice):
                return
        elif choice is None and not front.stopped:
            return


def _jobs(offer: Offer) -> tuple[Choice, ...]:
    """Jobs to look after, as things to do."""

    def state(job: Job) -> str:
        return _("{title}; it runs") if job.alive else _("{title}; it has ended")

    return tuple(
        Choice("", _("Job"), state(job).format(title=job.title), partial(offer.attend, job)) for job in offer.jobs()
    )


async def _choose(front: PlainFront, choices: tuple[Choice, ...]) -> Choice | None:
    """What to do; None for leaving, and where nobody may go on."""
    while (typed := await front.line(_("Number; q leaves Rescue, ? is help:"))) is not None:
        word = typed.strip().lower()
        if word == _QUIT:
            return None
        if word == HELP:
            front.speak_help(_HELP_PAGE)
        elif word in ("", BACK):
            front.console.say(_("This is the first page. q leaves Rescue."))
        elif (number := front.number(word, len(choices))) is not None:
            return choices[number - 1]
    return None


def _show(front: PlainFront, choices: tuple[Choice, ...], leading: Leading) -> None:
    front.title(_("What do you want to do?"))
    front.console.say(*(f"{number}. {choice.title}: {choice.what}" for number, choice in enumerate(choices, 1)))
    standing = leading.seat.standing
    if standing.looks and standing.leader is not None:
        told = _("Rescue is open on {tty}, and that screen leads. This one only looks.")
        front.console.say(told.format(tty=standing.leader.tty))


async def _may_act(front: PlainFront, leading: Leading) -> bool:
    """True where this screen leads, or does so from now on; taking over is asked for."""
    leader = await asyncio.to_thread(leading.claim)
    if leader is None:
        return True
    told = _("The screen on {tty} leads now, and somebody may be sitting there.").format(tty=leader.tty)
    front.console.say(told)
    typed = await front.line(_("Take over? It then only looks. y takes over, anything else does not:"))
    if typed is None or typed.strip().lower() not in _YES:
        front.console.say(_("Nothing was changed."))
        return False
    try:
        await front.busy(_("Taking over …"), lambda: leading.seat.take_over(leader))
    except RescueError as error:
        front.console.say(*filter(None, (error.message, error.hint)))
        return False
    return await asyncio.to_thread(leading.claim) is None


async def _go(front: PlainFront, choice: Choice) -> bool:
    """Do what was chosen; True where the program ends with it. What went wrong is said, and the first page comes
    again."""
    try:
        return await choice.flow() is True
    except RescueError as error:
        front.console.say("", *filter(None, (error.message, error.hint)))
        return False
