"""A job as sentences: now and then while it runs, and its result in full. Lines that are typed meanwhile are heard."""

import asyncio
import time
from collections.abc import Callable

from rescue.events import Event, JobStarted, Note, Outcome, Progress, RegionFinished
from rescue.flows.ending import Closing, Ending, ending_of
from rescue.language import _
from rescue.operations import jobs
from rescue.operations.jobs import Follower, Job
from rescue.plain import spoken
from rescue.plain.asking import BACK, HELP, Asking
from rescue.plain.progress import Teller

_POLL_SECONDS = 0.5
_CANCEL = "c"
_HOW_FAR = "h"
_POWER = "p"
_COUNTDOWN_SECONDS = 30.0
_HELP_PAGE = "progress"


class _Watch:
    """One job, and what was heard of it so far. `kept` are its events without those that only tell how far it is."""

    def __init__(self, asking: Asking, job: Job) -> None:
        self.asking, self.job = asking, job
        self.follower = Follower(job)
        self.teller = Teller(job.words)
        self.kept: list[Event] = []
        self.asked_to_stop = False
        self.power_off = False

    async def hear(self) -> bool:
        """Say what is new; False once the job has ended, and all of it was heard."""
        alive = self.job.alive  # before reading: what it says at its end is then in what is read
        for event in await asyncio.to_thread(self.follower.read):
            self._tell(event)
        return alive

    def _tell(self, event: Event) -> None:
        self._say(self.teller.hear(event, time.monotonic()))
        if isinstance(event, Progress):
            return
        self.kept.append(event)
        match event:
            case JobStarted(steps=steps):
                self.asking.console.say(*steps)
            case Note():
                self._say(event.line)
            case RegionFinished(region=region, outcome=outcome, reasons=reasons) if outcome is not Outcome.OK:
                self._say(" ".join([f"{region}: {outcome.word}.", *reasons]))

    def _say(self, text: str | None) -> None:
        if text:
            self.asking.console.say(text)


async def watch(asking: Asking, job: Job, close: Callable[[Ending], Closing]) -> str | None:
    """Follow a job to its end and tell how it was; the letter of an answer. None where the person went elsewhere: then
    the job goes on."""
    asking.title(job.title)
    asking.console.say(*_ways(asking))
    watched = _Watch(asking, job)
    if not await _until_end(watched):
        if not asking.stopped:
            asking.console.say(_("The job goes on. The first page leads back to it."))
        return None
    ending = ending_of(job, watched.kept)
    closing = close(ending)
    asking.title(closing.headline, *closing.lines)
    if watched.power_off:
        await _power_off(asking, ending)
    return await _choose_next(asking, closing)


async def _power_off(asking: Asking, ending: Ending) -> None:
    """Switch the computer off where the result is OK and nobody types anything for a while."""
    if ending.outcome is not Outcome.OK or asking.power_off is None:
        asking.console.say(_("The computer stays on, because the result is not OK."))
        return
    told = _("The computer is switched off in {seconds} s. Any line stops that.")
    asking.console.say(told.format(seconds=int(_COUNTDOWN_SECONDS)))
    try:
        async with asyncio.timeout(_COUNTDOWN_SECONDS):
            await asking.next_line()
    except TimeoutError:
        await asking.busy(_("Switching off …"), asking.power_off)
    else:
        asking.console.say(_("The computer stays on."))


async def _choose_next(asking: Asking, closing: Closing) -> str | None:
    """The letter of what the person wants to do next."""
    asking.console.say(*spoken.answers(closing.answers))
    prompt = _("Number;") if closing.answers else ""
    while (typed := await asking.ask(prompt, _HELP_PAGE)) is not None:
        chosen = asking.number(typed, len(closing.answers))
        if chosen is not None:
            return closing.answers[chosen - 1][0]
    return None


async def _until_end(watched: _Watch) -> bool:
    """True when the job has ended, False when the person went elsewhere."""
    typing: asyncio.Task[str | None] | None = None
    try:
        while await watched.hear():
            typing = typing or asyncio.create_task(watched.asking.next_line())
            if (await asyncio.wait({typing}, timeout=_POLL_SECONDS))[0]:
                typed, typing = typing.result(), None
                if typed is None or not await _answered(watched, typed.strip().lower()):
                    return False
    finally:
        if typing is not None:
            typing.cancel()
            await asyncio.wait({typing})
    return True


async def _answered(watched: _Watch, word: str) -> bool:
    """Do what was typed; False for going elsewhere."""
    asking = watched.asking
    if word in ("", BACK):
        return False
    if word == _HOW_FAR:
        asking.console.say(watched.teller.tell(time.monotonic()))
    elif word == _CANCEL:
        await _ask_to_stop(watched)
    elif word == _POWER and asking.power_off is not None:
        _wish_power_off(watched)
    elif word == HELP:
        asking.speak_help(_HELP_PAGE)
    else:
        asking.console.say(*_ways(asking))
    return True


def _wish_power_off(watched: _Watch) -> None:
    watched.power_off = not watched.power_off
    watched.asking.console.say(
        _("The computer is switched off at the end, but only if the result is OK and this screen is open.")
        if watched.power_off
        else _("The computer stays on.")
    )


async def _ask_to_stop(watched: _Watch) -> None:
    """Stop the job when the person says so in a word; a second time it stops at once."""
    asking = watched.asking
    if watched.asked_to_stop:
        question = _("It is stopping already. Stop it at once, wherever it is?")
    else:
        question = _("Stop the job? What it has written is then not complete.")
    typed = await asking.line(question + " " + _("Type yes to stop it; anything else lets it go on:"))
    if typed is None or typed.strip().lower() not in ("yes", _("yes")):
        asking.console.say(_("The job goes on."))
        return
    jobs.cancel(watched.job)
    watched.asked_to_stop = True
    asking.console.say(_("It stops now, and tells its result."))


def _ways(asking: Asking) -> tuple[str, ...]:
    """What can be typed while a job runs."""
    ways = _("While it runs: h tells how far it is, c stops it after a question, b or an empty line goes elsewhere.")
    power = _("p switches the computer off at the end, if all went well.")
    return (ways, power) if asking.power_off is not None else (ways,)
