"""The full-screen program: brings what goes on in threads to the screen, and keys to what they do."""

import os
from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, Protocol

from textual import work
from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.command import CommandPalette
from textual.content import Content
from textual.message import Message
from textual.screen import Screen
from textual.scrollbar import ScrollBar, ScrollBarRender
from textual.worker import Worker, get_current_worker

from rescue import language, preferences
from rescue.cancel import CancelToken
from rescue.devices.model import Inventory
from rescue.errors import RescueError, reason_of
from rescue.flows import help as help_pages
from rescue.flows.front import Front, Option, Page, Pick
from rescue.flows.offer import Offer
from rescue.language import _
from rescue.operations.facts import Facts
from rescue.operations.jobs import Job
from rescue.operations.seat import Holder, Standing
from rescue.text import printable
from rescue.tui import keys, palette, texts, themes
from rescue.tui.dialogs import Dialog
from rescue.tui.front import TuiFront
from rescue.tui.home import HomeScreen
from rescue.tui.messages import Changed, Found, Learned, Refused, Seated, Told
from rescue.tui.screens.page import PageScreen

_NO_MOUSE = ("linux", "vt")
_AT_HOME = ("choose", "shell", "take_over", "rescan", "jobs", "language", "leave")
_JOBS_SECONDS = 2.0


# The disks, whether to forget what is known of them, whom to tell, and when to stop: `FactFinder.look`.
Learn = Callable[[Inventory, bool, Callable[[Facts], None], CancelToken], None]


class Seating(Protocol):
    """What the App wants of `rescue.operations.seat.Seat`."""

    @property
    def standing(self) -> Standing:
        """Who leads now."""

    def sit(self, changed: Callable[[], None]) -> Standing:
        """Look who leads, and be told of changes."""

    def claim(self) -> Standing:
        """Lead if nobody does."""

    def take_over(self, leader: Holder) -> None:
        """Lead instead; SeatRefusedError."""


class WholeCells(ScrollBarRender):
    """Scroll bars without eighths of a cell, which console fonts do not have."""

    VERTICAL_BARS: ClassVar[list[str]] = [" "]
    HORIZONTAL_BARS: ClassVar[list[str]] = [" "]


class RescueApp(App[None]):
    """The engine comes in as functions. Colours are the terminal's own sixteen, and nothing moves by itself."""

    CSS_PATH = Path(__file__).with_name("rescue.tcss")
    TITLE = "Rescue"
    VERTICAL_BREAKPOINTS = [(0, "-short"), (32, "-tall")]  # noqa: RUF012 - not annotated as a ClassVar in Textual
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("t,T", "take_over", "Take over", id="take-over"),
        Binding("s,S", "shell", "Shell", id="shell"),
        Binding("j,J", "jobs", "Jobs", id="jobs"),
        Binding("f5,ctrl+r", "rescan", "Rescan", id="rescan"),
        Binding("f1,question_mark", "help", "Help", id="help"),
        Binding("f2", "colours", "Colours", id="colours"),
        Binding("f3", "language", "Language", id="language"),
        Binding("q,Q,ctrl+c", "leave", "Quit", id="quit"),
    ]

    def __init__(
        self,
        look: Callable[[], Inventory],
        watch: Callable[[Callable[[], None], CancelToken], None],
        seat: Seating,
        shell: Callable[[], None],
        offer: Callable[[Front], Offer] | None = None,
        learn: Learn | None = None,
    ) -> None:
        """`offer` gets the front on which its flows ask; `learn` runs in a thread after every scan.

        `spoken_next` is the language with which whoever runs the App opens it anew; empty when it was simply left.
        """
        super().__init__(ansi_color=True)
        for theme in themes.themes():
            self.register_theme(theme)
        self.set_reactive(App.theme, themes.chosen())  # from the start: a change later draws everything once more
        self.stylesheet.set_variables(self.get_css_variables())
        self.animation_level = "none"
        ScrollBar.renderer = WholeCells
        self._look, self._watch_disks, self._seat, self._shell = look, watch, seat, shell
        self._stop, self._learning, self._afresh = CancelToken(), CancelToken(), False
        self._learn_facts = learn
        self._flow: Worker[None] | None = None
        self.spoken_next = ""
        self.front = TuiFront(self)
        self.offer = offer(self.front) if offer else Offer()
        for choice in self.offer.choices:
            keys.bind(self, choice.key, f"choose('{choice.key}')", last=True)
        self.home = HomeScreen(self.offer.choices)

    def get_default_screen(self) -> HomeScreen:
        """The home screen lies under everything."""
        return self.home

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """What every theme has."""
        return themes.VARIABLES

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """What the palette offers over a screen."""
        return palette.commands(self, at_home=screen is self.home)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Keys of the first screen are keys of no other one."""
        del parameters
        if action in _AT_HOME and self.screen is not self.home:
            return False
        return self.home.leader is not None if action == "take_over" else True

    def on_ready(self) -> None:
        """The frame is shown; now look."""
        self.home.standing = self._seat.sit(lambda: self._post(Seated()))
        self._watch()
        self._count_jobs()
        self.set_interval(_JOBS_SECONDS, self._while_jobs_run)

    def on_unmount(self) -> None:
        """Let the threads end."""
        self._stop.cancel()
        self._learning.cancel()

    def _post(self, message: Message) -> None:
        """From any thread, at any time: an app that has ended hears nothing."""
        if not self._stop.cancelled:
            self.post_message(message)

    @work(thread=True, group="watch")
    def _watch(self) -> None:
        """Scan at the start, and whenever the kernel tells of a disk. Without that, F5 is left."""
        try:
            self._watch_disks(lambda: self._post(Changed()), self._stop)
        except (RescueError, OSError):
            self._post(Changed())

    @work(thread=True, exclusive=True, group="scan")
    def _scan(self) -> None:
        """Look at the disks. Of several scans at once the last one counts."""
        try:
            result: Inventory | RescueError = self._look()
        except RescueError as error:
            result = error
        except OSError as error:
            result = RescueError(_("The machine refused something: {reason}.").format(reason=reason_of(error)))
        if not get_current_worker().is_cancelled:
            self._post(Found(result))

    @work(thread=True, group="facts")
    def _learn(self, learn: "Learn", inventory: Inventory, stop: CancelToken, *, afresh: bool) -> None:
        """How full and how well the disks are."""
        learn(inventory, afresh, lambda facts: self._post(Learned(facts, stop)), stop)

    @work(thread=True, exclusive=True, group="seat")
    def _take_over(self, leader: Holder) -> None:
        try:
            self._seat.take_over(leader)
        except RescueError as error:
            self._post(Refused(error))

    @work(thread=True, exclusive=True, group="jobs")
    def _count_jobs(self) -> None:
        self._post(Told(tuple((job, job.alive) for job in self.offer.jobs())))

    def _while_jobs_run(self) -> None:
        """Only a job that runs can end by itself."""
        if self.screen is self.home and any(alive for _job, alive in self.home.jobs):
            self._count_jobs()

    def on_changed(self) -> None:
        """Disks may have come or gone."""
        self._rescan()

    def on_found(self, message: Found) -> None:
        """Show what was found."""
        self._learning.cancel()
        self.home.busy = False
        self.home.found = message.result
        if isinstance(message.result, Inventory) and self._learn_facts is not None:
            self._learning = CancelToken()
            self._learn(self._learn_facts, message.result, self._learning, afresh=self._afresh)
            self._afresh = False

    def on_learned(self, message: Learned) -> None:
        """Show what was learned, unless it is about disks of a former scan."""
        if not message.look.cancelled:
            self.home.facts = message.facts

    def on_told(self, message: Told) -> None:
        """Show which jobs there are."""
        self.home.jobs = message.jobs

    def on_seated(self) -> None:
        """Show who leads. What was open for the one who led is closed. What this screen did itself it shows already."""
        if self.home.standing == self._seat.standing:
            return
        self.home.standing = self._seat.standing
        if self._seat.standing.looks:
            self._clear_away()
        while isinstance(self.screen, Dialog):
            self.pop_screen()

    def _clear_away(self) -> None:
        """End the flow, and take away everything that lies over the home screen."""
        if self._flow is not None:
            self._flow.cancel()
        while self.screen is not self.home:
            self.pop_screen()

    def on_refused(self, message: Refused) -> None:
        """Say why this screen goes on looking."""
        self._notice(_("Not taken over"), f"{message.error.message}\n{message.error.hint}")

    def action_rescan(self) -> None:
        """Look again, at everything."""
        self._afresh = True
        self._rescan()
        self._count_jobs()

    def _rescan(self) -> None:
        self.home.busy = True
        self._scan()

    def action_help(self) -> None:
        """The help for the screen that is shown; none over a question that is modal, or over the help itself."""
        topic = getattr(self.screen, "topic", "")
        if topic:
            title, lines = help_pages.page(topic)
            screen = PageScreen(Page(title, lines))
            screen.answer.add_done_callback(lambda _answer: self._end_help(screen))
            self.push_screen(screen)

    def _end_help(self, screen: PageScreen) -> None:
        if self.screen is screen:
            self.pop_screen()

    def action_language(self) -> None:
        """The next language."""
        codes = list(language.available())
        self.speak(codes[(codes.index(language.code()) + 1) % len(codes)])

    def speak(self, code: str) -> None:
        """Speak another language, now and the next time: the screen is opened anew for that."""
        if code != language.code():
            preferences.remember("language", code)
            self.spoken_next = code
            self.exit()

    def action_colours(self) -> None:
        """The next theme."""
        self.look_like(themes.after(self.theme))

    def look_like(self, theme: str) -> None:
        """Use a theme, now and the next time."""
        self.theme = theme
        themes.choose(theme)

    def action_command_palette(self) -> None:
        """Everything that can be done here."""
        if not isinstance(self.screen, CommandPalette):
            self.push_screen(palette.palette())

    def action_choose(self, key: str) -> None:
        """Begin one of the things to do."""
        choice = next(each for each in self.offer.choices if each.key == key)
        if self._may_act():
            self._begin(choice.flow)

    def action_jobs(self) -> None:
        """Watch a job, or read how it ended."""
        if self.home.jobs and self._may_act():
            self._begin(self._attend)

    def _begin(self, flow: Callable[[], Awaitable[object]]) -> None:
        """One flow at a time: it ends before another one begins."""
        if self._flow is None or self._flow.is_finished:
            self._flow = self._run_flow(flow)

    @work(exclusive=True, group="flow")
    async def _run_flow(self, flow: Callable[[], Awaitable[object]]) -> None:
        """Walk through a flow. What went wrong in it and was not told there is told at its end."""
        wrong: RescueError | None = None
        try:
            if await flow() is True:
                self.exit()
                return
        except RescueError as error:
            wrong = error
        self.front.close()  # a flow that was cancelled is taken away by who did that
        if wrong is not None:
            self._notice(_("This did not work"), f"{wrong.message}\n{wrong.hint}")
        self.action_rescan()

    async def _attend(self) -> None:
        """Watch the only job, or the one that the person chooses."""
        jobs = self.home.jobs
        job: Job | None = jobs[0][0]
        if len(jobs) > 1:
            options = tuple(
                Option(job, job.title, (_("It runs.") if alive else _("It has ended."),)) for job, alive in jobs
            )
            job = await self.front.pick(Pick(_("Jobs"), options, "progress"))
        if job is not None:
            await self.offer.attend(job)

    def action_shell(self) -> None:
        """A shell on this terminal. What it changed is looked at afterwards."""
        if not self._may_act():
            return
        try:
            with self.suspend():
                self._shell()
        except RescueError as error:
            self._notice(_("No shell"), error.message)
        self.action_rescan()

    async def action_leave(self) -> None:
        """Quit from the first screen. Ctrl+Q quits from everywhere."""
        await self.action_quit()

    def action_take_over(self) -> None:
        """Ask once; no is the default."""
        leader = self.home.leader
        if leader is None:
            return
        text = Content(printable_lines(texts.question(leader)))
        self.push_screen(
            Dialog(_("Take over"), text, {"y": _("Yes"), "n": _("No")}), partial(self._after_question, leader)
        )

    def _after_question(self, leader: Holder, key: str | None) -> None:
        if key == "y":
            self._take_over(leader)

    def _may_act(self) -> bool:
        """True where this screen leads, or does so from now on; else say why not."""
        self.home.standing = self._seat.claim()
        leader = self.home.leader
        if leader is not None:
            self._notice(
                _("This screen only looks"),
                _("Rescue is open on {tty}, and that screen leads.").format(tty=leader.tty) + "\n" + _("T takes over."),
            )
        return leader is None

    def _notice(self, title: str, text: str) -> None:
        self.push_screen(Dialog(title, Content(printable_lines(text)), {}))


def printable_lines(text: str) -> str:
    """Several lines, each without control characters."""
    return "\n".join(printable(line) for line in text.splitlines())


def wants_mouse() -> bool:
    """False on consoles and serial lines, which have none, or tell every movement of it over the line."""
    return not os.environ.get("TERM", "").startswith(_NO_MOUSE)
