"""The first screen: every disk, the things to do, and whether another screen leads. Nothing here writes."""

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Horizontal, VerticalScroll
from textual.content import Content
from textual.reactive import reactive
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Static

import rescue
from rescue.devices.model import Inventory
from rescue.errors import RescueError
from rescue.flows.front import Choice
from rescue.language import _, ngettext
from rescue.operations.facts import NOTHING, Facts
from rescue.operations.jobs import Job
from rescue.operations.seat import Holder, Standing
from rescue.text import printable
from rescue.tui import texts
from rescue.tui.card import DiskCard
from rescue.tui.keybar import KeyBar, key_text
from rescue.tui.lines import Lines, Words, hang, plain, styled

_BIG = 3  # so many things to do are shown large, the others in rows below them
_BETWEEN = 2


class Field(Lines, can_focus=True):
    """One of the big things. Enter does what its key does."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter,space", "choose")]

    def __init__(self, choice: Choice, beside: Sequence[Choice]) -> None:
        """`beside` are all that stand in its row: they are of one height."""
        super().__init__(classes="choice")
        self._choice, self._beside = choice, beside
        self._may_act = True

    def show(self, *, may_act: bool) -> None:
        """Say what it does, or why it does nothing."""
        self._may_act = may_act
        self.set_class(not may_act, "idle")
        self.refresh(layout=True)

    def draw(self, width: int) -> list[Content]:
        """Key, title, and what it does."""
        height = max(len(self._lines(choice, width)) for choice in self._beside)
        lines = self._lines(self._choice, width)
        return lines + [Content("")] * (height - len(lines))

    def _lines(self, choice: Choice, width: int) -> list[Content]:
        key = Content.assemble((f" {choice.key.upper()} ", "$style-key"), "  ")
        top = hang(key, styled(choice.title, "bold $loud"), width)
        return [*top, *plain(choice.what if self._may_act else _("T takes over first")).wrap(max(1, width))]

    async def action_choose(self) -> None:
        """The same as the key."""
        await self.run_action(f"app.choose('{self._choice.key}')")

    async def on_click(self) -> None:
        """The same as the key."""
        await self.action_choose()


class SmallField(Static, can_focus=True):
    """One of the other things: key and title. Enter does what its key does."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter,space", "choose")]

    def __init__(self, choice: Choice) -> None:
        super().__init__(classes="small")
        self._choice = choice
        self.text = key_text(choice.key.upper(), choice.title)

    def render(self) -> Content:
        """Under the cursor all of it is marked, by signs as well."""
        if not self.has_focus:
            return self.text
        return Content.styled(f">{self._choice.key.upper()}< {printable(self._choice.title)}", "$style-cursor")

    async def action_choose(self) -> None:
        """The same as the key."""
        await self.run_action(f"app.choose('{self._choice.key}')")

    async def on_click(self) -> None:
        """The same as the key."""
        await self.action_choose()


class More(Container):
    """The other things to do, in as few rows as the width allows, one below the other in columns."""

    def __init__(self, choices: Sequence[Choice]) -> None:
        self._fields = [SmallField(choice) for choice in choices]
        super().__init__(*self._fields, id="more")
        self.display = bool(choices)

    def on_resize(self) -> None:
        """Find the columns for the present width."""
        self.styles.grid_size_columns = columns([field.text.cell_length for field in self._fields], self.size.width)


def columns(lengths: Sequence[int], width: int) -> int:
    """The most columns in which texts of these lengths stand in even rows; each column is as wide as its longest."""
    for rows in range(1, len(lengths)):
        count = -(-len(lengths) // rows)
        widest = [max(lengths[place::count]) for place in range(count)]
        if sum(widest) + _BETWEEN * (count - 1) <= width:
            return count
    return 1


class HomeScreen(Screen[None]):
    """Shows what the App gives it. `found` is what the last scan told, an error of it too; None before the first."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "scroll(-1)"),
        Binding("down", "scroll(1)"),
        Binding("pageup", "page(-1)"),
        Binding("pagedown", "page(1)"),
        Binding("home", "edge(-1)"),
        Binding("end", "edge(1)"),
        Binding("left", "app.focus_previous"),
        Binding("right", "app.focus_next"),
    ]

    found: reactive[Inventory | RescueError | None] = reactive(None, init=False, always_update=True)
    busy: reactive[bool] = reactive(default=True)
    standing: reactive[Standing | None] = reactive(None)
    jobs: reactive[tuple[tuple[Job, bool], ...]] = reactive(())
    facts: reactive[Facts] = reactive(NOTHING)
    topic = "home"

    def __init__(self, choices: Sequence[Choice]) -> None:
        """`choices` are the things to do; the first ones are shown large."""
        super().__init__()
        self._big, self._small = choices[:_BIG], choices[_BIG:]

    def compose(self) -> ComposeResult:
        """Title, banner, disks, choices, keys; from top to bottom."""
        with Horizontal(id="title"):
            yield Static(f"Rescue {rescue.__version__}", id="name", markup=False)
            yield Static(id="state", markup=False)
        yield Static(id="banner", markup=False)
        yield Words(id="jobs")
        with VerticalScroll(id="disks", can_focus=False):
            yield Static(texts.looking(), id="message", markup=False)
        with Horizontal(id="choices") as row:
            row.display = bool(self._big)
            yield from (Field(choice, self._big) for choice in self._big)
        yield More(self._small)
        yield KeyBar(id="keybar")

    @property
    def leader(self) -> Holder | None:
        """The other screen that leads; None where this one may act."""
        return self.standing.leader if self.standing is not None and self.standing.looks else None

    def watch_standing(self) -> None:
        """Show banner, choices and keys for it."""
        for field in self.query(Field):
            field.show(may_act=self.leader is None)
        banner = self.query_one("#banner", Static)
        banner.display = self.leader is not None
        if self.standing is not None and self.leader is not None:
            banner.update(printable(texts.banner(self.leader, lost=self.standing.lost)))
        self._show_keys()

    def watch_jobs(self) -> None:
        """Tell of jobs that run, or have ended and nobody has read how."""
        running = [job.title for job, alive in self.jobs if alive]
        ended = [job.title for job, alive in self.jobs if not alive]
        lines = [_("> A job runs: {title}. J watches it.").format(title=title) for title in running]
        lines += [_("! A job has ended: {title}. J tells how.").format(title=title) for title in ended]
        self.query_one("#jobs", Words).say(styled(line, "bold $loud") for line in lines)
        self._show_keys()

    def _show_keys(self) -> None:
        first = {} if self.leader is None else {"T": _("Take over")}
        jobs = {"J": _("Jobs")} if self.jobs else {}
        last = {"F1": _("Help"), "F2": _("Colours"), "F5": _("Rescan"), "S": _("Shell")}
        self.query_one(KeyBar).show({**first, **jobs, **last, "Q": _("Quit")})

    def watch_busy(self) -> None:
        """Say at the top what goes on."""
        self._say_state()

    async def watch_found(self, before: Inventory | RescueError | None, now: Inventory | RescueError | None) -> None:
        """Replace the cards, and stay where the reader was. What is known of a disk is not shown with another one."""
        looks = [found if isinstance(found, Inventory) else Inventory(()) for found in (before, now)]
        self.facts = self.facts.still(*looks)
        disks = self.query_one("#disks")
        place = disks.scroll_offset
        with self.app.batch_update():
            await disks.remove_children()
            await disks.mount_all(self._content())
        disks.scroll_to(y=place.y, animate=False)
        self._say_state()

    def watch_facts(self) -> None:
        """What was learned about disks, to their cards; the reader stays where he was."""
        for card in self.query(DiskCard):
            card.facts = self.facts

    def _content(self) -> list[Widget]:
        match self.found:
            case Inventory(disks=()) as empty:
                return [
                    Static(texts.no_disks() if empty.visible is None else texts.hidden(), id="message", markup=False)
                ]
            case Inventory(disks=disks):
                return [DiskCard(disk, self.facts) for disk in disks]
            case RescueError() as error:
                told = "\n".join([_("The disks could not be looked at."), "", error.message, error.hint]).rstrip()
                lines = [printable(line) for line in [*told.splitlines(), "", _("F5 looks again.")]]
                return [Static("\n".join(lines), id="message", markup=False)]
        return [Static(texts.looking(), id="message", markup=False)]

    def _say_state(self) -> None:
        count = len(self.found.disks) if isinstance(self.found, Inventory) else 0
        told = ngettext("{count} disk", "{count} disks", count).format(count=count)
        told = told if isinstance(self.found, Inventory) else ""
        self.query_one("#state", Static).update(texts.looking() if self.busy else told)

    def action_scroll(self, lines: int) -> None:
        """Move through the disks."""
        self.query_one("#disks").scroll_relative(y=lines, animate=False)

    def action_page(self, direction: int) -> None:
        """Move by a page, and keep a line in sight."""
        disks = self.query_one("#disks")
        disks.scroll_relative(y=direction * max(1, disks.size.height - 1), animate=False)

    def action_edge(self, direction: int) -> None:
        """Move to the first or the last disk."""
        disks = self.query_one("#disks")
        disks.scroll_to(y=0 if direction < 0 else disks.max_scroll_y, animate=False)
