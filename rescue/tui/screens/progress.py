"""A job while it runs, and its result when it has ended, until somebody has read that.

The job is another process: this screen only looks on. It may come later, and it may be left.
"""

import asyncio
import shlex
import time
from collections.abc import Callable, Iterable
from typing import ClassVar

from textual import work
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget

from rescue.events import Event, JobFinished, Outcome, Progress
from rescue.flows.ending import Closing, Ending, ending_of
from rescue.flows.progress import Course
from rescue.language import _
from rescue.operations import jobs
from rescue.operations.jobs import Follower, Job
from rescue.tui import keys
from rescue.tui.dialogs import Dialog
from rescue.tui.lines import Words, plain, styled
from rescue.tui.pace import Pace
from rescue.tui.screens.asked import Asked
from rescue.tui.screens.course import Gauge, Parts, result_lines, verdict
from rescue.tui.screens.picture import CommandLines

POWER_OFF_SECONDS = 60
_LOG_LINES = 100


class ProgressScreen(Asked[str]):
    """Answers "" when the result was read, with the letter of one of its answers, or None when the job goes on."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "scroll(-1)"),
        Binding("down", "scroll(1)"),
        Binding("home", "edge(-1)"),
        Binding("end", "edge(1)"),
        Binding("h,H", "home"),
        Binding("c,C", "cancel"),
        Binding("p,P", "power"),
        Binding("enter", "read"),
    ]
    AUTO_FOCUS = ""

    def __init__(
        self,
        job: Job,
        close: Callable[[Ending], Closing],
        *,
        power_off: Callable[[], None] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`close` says what an ending means; `power_off` is None where that cannot be wished."""
        super().__init__(job.title, "progress")
        self._job, self._close, self._power_off, self._clock = job, close, power_off, clock
        self._follower = Follower(job)
        self._course = Course(job.words)
        self._pace = Pace()
        self._kept: list[Event] = []
        self._stops = 0
        self._power = False
        self._seconds = POWER_OFF_SECONDS
        self._conclusion = Closing("", ())
        self.ending: Ending | None = None

    def above(self) -> Iterable[Widget]:
        """What goes on now, in a sentence and in numbers."""
        yield Words([_("Looking what the job has said so far …")], id="sentence")
        yield Gauge(self._course)

    def content(self) -> Iterable[Widget]:
        """Parts, and what was said."""
        yield Parts(self._course)
        yield Words(id="result")
        yield Words(id="log")

    def below(self) -> Iterable[Widget]:
        """The job as a command."""
        yield Words(id="power")
        yield CommandLines([shlex.join(("rescue", *self._job.words))])

    def keys(self) -> dict[str, str]:
        """Those of a job, or those of its result."""
        if self.ending is not None:
            return {**{key.upper(): what for key, what in self._conclusion.answers}, "Enter": _("I have read this")}
        stop = {"C": _("Stop the job")} if self._stops == 0 else {"C": _("Stop at once")}
        power = {"P": _("Power off when done")} if self._power_off else {}
        return {**stop, **power, "↑↓": _("Scroll"), "H": _("First screen")}

    def back_text(self) -> str:
        """Leaving harms nothing."""
        return _("Close") if self.ending is not None else _("Leave; the job goes on")

    def on_mount(self) -> None:
        """All that it said until now may be much: a thread reads that."""
        self._begin()

    @work
    async def _begin(self) -> None:
        said = await asyncio.to_thread(self._follower.read)
        if self.over:
            return
        self._hear(said)
        self.look()
        self._wait()

    def _wait(self) -> None:
        """Look again after a while."""
        if self.ending is None:
            self.set_timer(self._pace.next(), self._look_again)

    def _look_again(self) -> None:
        self.look()
        self._wait()

    def look(self) -> None:
        """See what is new. Whether it lives is asked first: what it said last is then already there."""
        if self.ending is not None:
            return
        alive = self._job.alive
        self._hear(self._follower.read())
        self._show()
        if not alive:
            self._end()

    def _hear(self, events: list[Event]) -> None:
        self._kept += [event for event in events if not isinstance(event, Progress)]
        self._course.hear(events, self._clock())

    def _show(self) -> None:
        course = self._course
        finished = any(isinstance(event, JobFinished) for event in self._kept)
        sentence = _("Finishing …") if finished else _("Stopping …") if self._stops else course.sentence()
        self.query_one("#sentence", Words).say([styled(sentence, "bold $loud")])
        gauge = self.query_one(Gauge)
        gauge.left = course.time_left(self._clock())
        gauge.refresh(layout=True)
        self.query_one(Parts).refresh(layout=True)
        log = course.log[-_LOG_LINES:]
        self.query_one("#log", Words).say(["", *(f"  {line}" for line in log)] if log else [])

    def _end(self) -> None:
        """Show the result in place of the progress."""
        self.ending = ending_of(self._job, self._kept)
        self._conclusion = self._close(self.ending)
        self.topic = "result"
        for widget in (self.query_one(Gauge), self.query_one(Parts), self.query_one("#log")):
            widget.display = False
        self.query_one("#sentence", Words).say([verdict(self.ending.outcome, self._conclusion.headline)])
        self.query_one("#result", Words).say([*result_lines(self.ending, self._conclusion), *self._last_words()])
        for key, _what in self._conclusion.answers:
            keys.bind(self, key, f"answer('{key}')")
        self.query_one("#body").scroll_home(animate=False)
        self._show_power()
        self.show_keys()
        if self._power and self.ending.outcome is Outcome.OK:
            self.set_interval(1.0, self._count)

    def _last_words(self) -> list[Content]:
        """What a job that died without a result printed last."""
        ending = self.ending
        if ending is None or ending.finished is not None or ending.error is not None:
            return []
        printed = self._follower.errors().splitlines()[-8:]
        return (
            [Content(""), plain(_("What it printed last:")), *(plain(f"  {line}") for line in printed)]
            if printed
            else []
        )

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Some keys are those of a running job, others those of its result."""
        del parameters
        if action in ("cancel", "power", "home"):
            return self.ending is None
        return self.ending is not None if action in ("read", "answer") else True

    def action_scroll(self, lines: int) -> None:
        """Move through parts and log."""
        self.query_one("#body").scroll_relative(y=lines, animate=False)

    def action_home(self) -> None:
        """Leave the job to itself."""
        self.give(None)

    def action_back(self) -> None:
        """Leave the job to itself, or close the result."""
        self.give(None if self.ending is None else "")

    def action_read(self) -> None:
        """The result was read."""
        self.give("")

    def action_answer(self, key: str) -> None:
        """The result was read, and this is what to do next."""
        self.give(key)

    def action_cancel(self) -> None:
        """Ask once; no is the default."""
        if self._stops:
            title, text = _("Stop at once"), _("The job is ending in good order. Stop it at once instead?")
        else:
            title = _("Stop the job")
            text = _("Stop this job? It ends in good order, and says in what state everything is.")
        question = Dialog(title, plain(text), {"y": _("Yes, stop it"), "n": _("No, go on")})
        self.app.push_screen(question, self._after_question)

    def _after_question(self, key: str | None) -> None:
        if key == "y" and self.ending is None:
            self._stops += 1
            jobs.cancel(self._job)
            self._show()
            self.show_keys()

    def action_power(self) -> None:
        """Wish that the computer is switched off at the end, or no more."""
        if self._power_off is not None:
            self._power = not self._power
            self._show_power()

    def _show_power(self) -> None:
        text = ""
        if self._power and self.ending is None:
            text = _(
                "[x] The computer is switched off at the end, but only if the result is OK and this screen is open."
            )
        elif self._power and self.ending is not None and self.ending.outcome is Outcome.OK:
            text = _("The computer is switched off in {seconds} s. Any key stops that.").format(seconds=self._seconds)
        elif self._power:
            text = _("The computer stays on, because the result is not OK.")
        self.query_one("#power", Words).say([styled(text, "$style-warn")] if text else [])

    def _count(self) -> None:
        """A second of the countdown has gone."""
        ok = self.ending is not None and self.ending.outcome is Outcome.OK
        if not (ok and self._power) or self.answer.done() or self._power_off is None:
            return
        self._seconds -= 1
        self._show_power()
        if self._seconds <= 0:
            self._power = False
            self._power_off()

    def on_key(self) -> None:
        """Somebody is there: the computer stays on."""
        if self.ending is not None and self._power:
            self._power = False
            self._show_power()
