"""What every question on plain lines has in common: a title, a prompt, going back, help, numbers.

`b` or an empty line goes back, `?` speaks the page of the help, and the end of the input goes back all the way: it
never means yes.
"""

import asyncio
from collections.abc import Callable
from typing import TextIO, TypeVar

from rescue.language import _
from rescue.plain import pages
from rescue.plain.console import Console

T = TypeVar("T")

BACK = "b"
HELP = "?"
_STILL_SECONDS = 10.0


class Asking:
    """Asks on `source` and `target`. `interrupted` is asked after each line and says why this screen may not go on,
    as because another one has taken over; every question is answered with going back from then on, until `resume`.

    `power_off` switches the computer off; None where that is not this program's business."""

    def __init__(self, source: TextIO, target: TextIO, interrupted: Callable[[], str] = str) -> None:
        self.console = Console(source, target)
        self._interrupted = interrupted
        self._stopped = False
        self.power_off: Callable[[], None] | None = None

    @property
    def ended(self) -> bool:
        """True once the input has ended: nobody is there any more."""
        return self.console.ended

    @property
    def stopped(self) -> bool:
        """True while every question is answered with going back."""
        return self._stopped

    def resume(self) -> None:
        """Ask again, on the first page."""
        self._stopped = False

    async def line(self, prompt: str, *, hidden: bool = False) -> str | None:
        """What is typed behind a prompt; None where nobody may answer any more."""
        if self._stopped:
            return None
        self.console.prompt(prompt)
        return self._heard(await (self.console.hidden_line() if hidden else self.console.line()))

    async def next_line(self) -> str | None:
        """The same without a prompt. May be cancelled: what is typed later is heard by the next one who asks."""
        return None if self._stopped else self._heard(await self.console.line())

    def _heard(self, typed: str | None) -> str | None:
        reason = self._interrupted()
        if typed is None or reason:
            self._stopped = True
            self.console.say("", *filter(None, (reason,)))
            return None
        return typed

    async def ask(self, prompt: str, topic: str) -> str | None:
        """A word, as one that the prompt names; None for going back. The help is spoken as often as it is wanted."""
        ways = _("b or an empty line goes back, ? is help:") if topic else _("b or an empty line goes back:")
        while (typed := await self.line(f"{prompt} {ways}".strip())) is not None:
            word = typed.strip()
            if word.lower() in ("", BACK):
                return None
            if word != HELP or not topic:
                return word
            self.speak_help(topic)
        return None

    def speak_help(self, topic: str) -> None:
        """Speak a page of the help."""
        title, lines = pages.page(topic)
        self.console.say("", title, *lines, "")

    def title(self, title: str, *texts: str) -> None:
        """Begin a question."""
        self.console.say("", title, *(line for text in texts for line in text.splitlines()))

    def numbers(self, typed: str, count: int) -> list[int]:
        """The numbers that were typed, each from 1 to `count`; empty, and a sentence, where anything else was."""
        words = typed.replace(",", " ").split()
        found = [int(word) for word in words if word.isascii() and word.isdecimal() and 1 <= int(word) <= count]
        if len(found) == len(words):
            return found
        if count:
            told = _("“{typed}” is not a number from 1 to {count}.").format(typed=typed, count=count)
        else:
            told = _("There is nothing to choose here.")
        self.console.say(told)
        return []

    def number(self, typed: str, count: int) -> int | None:
        """The same for exactly one number."""
        found = self.numbers(typed, count)
        if len(found) > 1:
            self.console.say(_("Only one can be chosen."))
        return found[0] if len(found) == 1 else None

    def command(self, lines: tuple[str, ...]) -> None:
        """Say the command lines that do the same."""
        if lines:
            self.console.say(_("The same as a command:"))
            self.console.say_whole(*(f"  {line}" for line in lines))

    async def busy(self, text: str, work: Callable[[], T]) -> T:
        """Run something in a thread; say `text`, and that it goes on, every ten seconds. What it raises comes out."""
        self.console.say(*filter(None, (text,)))
        running = asyncio.ensure_future(asyncio.to_thread(work))
        while not (await asyncio.wait({running}, timeout=_STILL_SECONDS))[0]:
            self.console.say(_("Still at it."))
        return running.result()
