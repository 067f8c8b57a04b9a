"""Questions as numbered lines on a plain terminal: the front of `rescue.flows` for screen readers, braille, any line.

Only a number, a word that the prompt names, or `s` on a sheet does anything.
"""

from collections.abc import Callable

from rescue.flows.ending import Closing, Ending
from rescue.flows.front import START, Danger, Estimate, Form, Option, Page, Pick, Sheet, T
from rescue.language import _
from rescue.operations.jobs import Job
from rescue.plain import spoken
from rescue.plain.asking import BACK, HELP, Asking
from rescue.plain.forms import fill
from rescue.plain.reading import read
from rescue.plain.watching import watch

_START = "s"
_MARKED = "m"


class PlainFront(Asking):
    """Shows questions as lines, one after the other, and brings answers."""

    async def pick(self, question: Pick[T]) -> T | None:
        """A number chooses."""
        possible = self._list(question, _("proposed"))
        prompt = _("Number;") if possible else ""
        while (typed := await self.ask(prompt, question.help)) is not None:
            chosen = self.number(typed, len(possible))
            if chosen is not None:
                return possible[chosen - 1].value
        return None

    async def pick_many(self, question: Pick[T]) -> tuple[T, ...] | None:
        """Numbers between blanks choose; `m` those that are marked."""
        possible = self._list(question, _("marked"))
        marked = tuple(option.value for option in possible if option.chosen)
        prompt = _("Numbers, with blanks between them;") if possible else ""
        if marked:
            prompt += " " + _("m takes the marked ones;")
        while (typed := await self.ask(prompt, question.help)) is not None:
            if marked and typed.lower() == _MARKED:
                return marked
            chosen = self.numbers(typed, len(possible))
            if chosen:
                return tuple(possible[number - 1].value for number in sorted(set(chosen)))
        return None

    def _list(self, question: Pick[T], chosen: str) -> list[Option[T]]:
        """Say what there is; what of it can be chosen."""
        self.title(question.title, question.text)
        self.console.say(*spoken.options(question.options, chosen=chosen))
        if not question.options:
            self.console.say(question.empty)
        return [option for option in question.options if not option.refused]

    async def fill(self, form: Form) -> dict[str, str] | None:
        """One question a line."""
        return await fill(self, form)

    async def sheet(self, sheet: Sheet) -> str | None:
        """Numbered lines to change; `s` starts, and nothing else does."""
        self.title(sheet.title, sheet.text)
        self.console.say(*spoken.rows(sheet.rows))
        told = await self._estimate(sheet)
        self.command(sheet.command)
        start = _("s: {start};").format(start=sheet.start) if sheet.start and not told.problem else ""
        prompt = " ".join(filter(None, (_("Number of a line to change;"), start)))
        while (typed := await self.ask(prompt, sheet.help)) is not None:
            if typed.lower() == _START:
                if start:
                    return START
                self.console.say(*(spoken.estimate(told) if sheet.start else (spoken.why_not(sheet),)))
                continue
            chosen = self.number(typed, len(sheet.rows))
            if chosen is not None:
                return sheet.rows[chosen - 1].name
        return None

    async def _estimate(self, sheet: Sheet) -> Estimate:
        if sheet.estimate is None or self.stopped:
            return Estimate()
        told = await self.busy(_("Looking how much it is …"), sheet.estimate)
        self.console.say(*spoken.estimate(told))
        return told

    async def confirm(self, danger: Danger) -> str | None:
        """The text has to be typed, letter by letter."""
        self.title(danger.title, *spoken.danger(danger))
        self.command(danger.command)
        self.console.say(_("To go on with {target}, type exactly this:").format(target=danger.target))
        self.console.say_whole(f"  {danger.confirm}")
        prompt = _("Anything else changes nothing; b or an empty line goes back, ? is help:")
        while (typed := await self.line(prompt)) is not None:
            word = typed.strip()
            if word.lower() in ("", BACK):
                return None
            if word == danger.confirm:
                return word
            if word == HELP:
                self.speak_help(danger.help)
            else:
                self.console.say(_("“{typed}” is not the text. Nothing was changed.").format(typed=word))
        return None

    async def read(self, page: Page) -> str | None:
        """Some lines at a time."""
        return await read(self, page)

    async def watch(self, job: Job, close: Callable[[Ending], Closing]) -> str | None:
        """A sentence now and then, and the result in full ones."""
        return await watch(self, job, close)

    async def terminal(self, work: Callable[[], None]) -> None:
        """In this thread, which alone may have the terminal's signals. Nothing is read meanwhile."""
        if not self.stopped:
            work()
            self.console.say("", _("Back in Rescue."))
