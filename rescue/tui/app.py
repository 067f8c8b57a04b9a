"""The full-screen program: brings what goes on in threads to the screen, and keys to what they do."""

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import ClassVar, Protocol

from textual import work
from textual.app import App
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.scrollbar import ScrollBar, ScrollBarRender
from textual.worker import get_current_worker

from rescue.cancel import CancelToken
from rescue.devices.model import Inventory
from rescue.errors import RescueError
from rescue.operations.seat import Holder, Standing
from rescue.text import printable
from rescue.tui import advice, texts
from rescue.tui.dialogs import Dialog
from rescue.tui.home import HomeScreen

_ADVICE = {
    "back-up": ("Back up", advice.back_up),
    "restore": ("Restore", advice.restore),
    "clone": ("Clone", advice.clone),
}
_NO_MOUSE = ("linux", "vt")


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


class Changed(Message):
    """Disks may have come or gone."""


class Found(Message):
    """A scan has ended."""

    def __init__(self, result: Inventory | RescueError) -> None:
        super().__init__()
        self.result = result


class Seated(Message):
    """Another one leads now, or nobody does."""


class Refused(Message):
    """Taking over was not possible."""

    def __init__(self, error: RescueError) -> None:
        super().__init__()
        self.error = error


class RescueApp(App[None]):
    """The engine comes in as functions. Colours are the terminal's own sixteen, and nothing moves by itself."""

    CSS_PATH = Path(__file__).with_name("rescue.tcss")
    TITLE = "Rescue"
    ENABLE_COMMAND_PALETTE = False
    VERTICAL_BREAKPOINTS = [(0, "-short"), (32, "-tall")]  # noqa: RUF012 - not annotated as a ClassVar in Textual
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("b,B", "advise('back-up')", "Back up", id="back-up"),
        Binding("r,R", "advise('restore')", "Restore", id="restore"),
        Binding("c,C", "advise('clone')", "Clone", id="clone"),
        Binding("s,S", "shell", "Shell", id="shell"),
        Binding("t,T", "take_over", "Take over", id="take-over"),
        Binding("f5,ctrl+r", "rescan", "Rescan", id="rescan"),
        Binding("f1,question_mark", "help", "Help", id="help"),
        Binding("q,Q,ctrl+c", "quit", "Quit", id="quit"),
    ]

    def __init__(
        self,
        look: Callable[[], Inventory],
        watch: Callable[[Callable[[], None], CancelToken], None],
        seat: Seating,
        shell: Callable[[], None],
    ) -> None:
        super().__init__(ansi_color=True)
        self.set_reactive(App.theme, "ansi-dark")  # from the start: a change later draws everything once more
        self.animation_level = "none"
        ScrollBar.renderer = WholeCells
        self._look, self._watch_disks, self._seat, self._shell = look, watch, seat, shell
        self._stop = CancelToken()
        self.home = HomeScreen()

    def get_default_screen(self) -> HomeScreen:
        """The home screen lies under everything."""
        return self.home

    def on_ready(self) -> None:
        """The frame is shown; now look."""
        self.home.standing = self._seat.sit(lambda: self._post(Seated()))
        self._watch()

    def on_unmount(self) -> None:
        """Let the watching thread end."""
        self._stop.cancel()

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
            result = RescueError(f"The machine refused something: {error.strerror or error}.")
        if not get_current_worker().is_cancelled:
            self._post(Found(result))

    @work(thread=True, exclusive=True, group="seat")
    def _take_over(self, leader: Holder) -> None:
        try:
            self._seat.take_over(leader)
        except RescueError as error:
            self._post(Refused(error))

    def on_changed(self) -> None:
        """Disks may have come or gone."""
        self.action_rescan()

    def on_found(self, message: Found) -> None:
        """Show what was found."""
        self.home.busy = False
        self.home.found = message.result

    def on_seated(self) -> None:
        """Show who leads. What was open for the one who led is closed. What this screen did itself it shows already."""
        if self.home.standing == self._seat.standing:
            return
        self.home.standing = self._seat.standing
        while isinstance(self.screen, Dialog):
            self.pop_screen()

    def on_refused(self, message: Refused) -> None:
        """Say why this screen goes on looking."""
        self._notice("Not taken over", f"{message.error.message}\n{message.error.hint}")

    def action_rescan(self) -> None:
        """Look again."""
        self.home.busy = True
        self._scan()

    def action_help(self) -> None:
        """Keys, letters, colours."""
        if not isinstance(self.screen, Dialog):
            self.push_screen(Dialog("Help", Content(texts.HELP), {}))

    def action_advise(self, wish: str) -> None:
        """The commands for a wish; nothing is done."""
        if self._may_act():
            title, steps = _ADVICE[wish]
            found = self.home.found
            inventory = found if isinstance(found, Inventory) else Inventory(())
            self.push_screen(Dialog(title, texts.steps(steps(inventory)), {"s": "Open a shell"}), self._after_advice)

    def _after_advice(self, key: str | None) -> None:
        if key == "s":
            self.action_shell()

    def action_shell(self) -> None:
        """A shell on this terminal. What it changed is looked at afterwards."""
        if not self._may_act():
            return
        try:
            with self.suspend():
                self._shell()
        except RescueError as error:
            self._notice("No shell", error.message)
        self.action_rescan()

    def action_take_over(self) -> None:
        """Ask once; no is the default."""
        leader = self.home.leader
        if leader is None or isinstance(self.screen, Dialog):
            return
        text = Content(printable_lines(texts.question(leader)))
        self.push_screen(Dialog("Take over", text, {"y": "Yes", "n": "No"}), partial(self._after_question, leader))

    def _after_question(self, leader: Holder, key: str | None) -> None:
        if key == "y":
            self._take_over(leader)

    def _may_act(self) -> bool:
        """True where this screen leads, or does so from now on; else say why not."""
        if isinstance(self.screen, Dialog):
            return False
        self.home.standing = self._seat.claim()
        leader = self.home.leader
        if leader is not None:
            self._notice(
                "This screen only looks", f"Rescue is open on {leader.tty}, and that screen leads.\nT takes over."
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
