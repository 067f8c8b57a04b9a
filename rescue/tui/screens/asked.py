"""What all screens of a flow have in common: a title, a body that scrolls, a line that answers back, keys."""

import asyncio
from collections.abc import Iterable
from typing import ClassVar, Generic, TypeVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import Screen
from textual.widget import Widget

from rescue.language import _
from rescue.tui.keybar import KeyBar
from rescue.tui.lines import Words, styled

R = TypeVar("R")


class Body(VerticalScroll, can_focus=False, inherit_bindings=False):
    """Scrolls as its screen tells it: it has no keys of its own, which would come before those of the screen."""


class Asked(Screen[None], Generic[R]):
    """Asks once. `answer` is done when the person has answered, None for going back; the screen is deaf from then on.

    It is made in the event loop. Who pushed it takes it away: so nothing else is seen, and no key falls through to the
    first screen, while a flow thinks between two questions.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,ctrl+c", "back"),
        Binding("pageup", "page(-1)"),
        Binding("pagedown", "page(1)"),
        Binding("ctrl+home", "edge(-1)"),
        Binding("ctrl+end", "edge(1)"),
    ]

    def __init__(self, title: str, topic: str) -> None:
        """`topic` names the page of the help; empty where there is none."""
        super().__init__()
        self.heading = title
        self.topic = topic
        self.answer: asyncio.Future[R | None] = asyncio.get_running_loop().create_future()

    def compose(self) -> ComposeResult:
        """From top to bottom."""
        yield Words([self.heading], id="head")
        yield from self.above()
        with Body(id="body"):
            yield from self.content()
        yield from self.below()
        yield Words(id="say")
        yield KeyBar(id="keybar")

    def above(self) -> Iterable[Widget]:
        """What stands still over the body."""
        return ()

    def content(self) -> Iterable[Widget]:
        """What scrolls."""
        return ()

    def below(self) -> Iterable[Widget]:
        """What stands still under the body."""
        return ()

    def keys(self) -> dict[str, str]:
        """The keys that are shown, before Esc and F1."""
        return {}

    def on_mount(self) -> None:
        """Show the keys."""
        self.show_keys()

    def show_keys(self) -> None:
        """Show the keys as they are now."""
        more = {"F1": _("Help")} if self.topic else {}
        self.query_one(KeyBar).show({**self.keys(), "Esc": self.back_text(), **more})

    def back_text(self) -> str:
        """What Escape does."""
        return _("Back")

    def say(self, *lines: str, style: str = "$style-warn") -> None:
        """Answer the person in the line above the keys; without a text it is empty again."""
        self.query_one("#say", Words).say(styled(line, style) for line in lines if line)

    @property
    def over(self) -> bool:
        """True once it was answered or taken away: what a thread finds out then has no place to be shown."""
        return self.answer.done() or not self.is_attached

    def give(self, value: R | None) -> None:
        """Answer. Only the first answer counts."""
        if not self.answer.done():
            self.answer.set_result(value)
            self.set_focus(None)

    def action_back(self) -> None:
        """Go back; nothing has happened."""
        self.give(None)

    def action_page(self, direction: int) -> None:
        """Move by a page, and keep a line in sight."""
        body = self.query_one("#body")
        body.scroll_relative(y=direction * max(1, body.size.height - 1), animate=False)

    def action_edge(self, direction: int) -> None:
        """Move to the beginning or the end."""
        body = self.query_one("#body")
        body.scroll_to(y=0 if direction < 0 else body.max_scroll_y, animate=False)

    def action_step(self, direction: int) -> None:
        """Move the cursor to the next thing, or the one before; not round and round."""
        chain = self.focus_chain
        if not chain:
            self.query_one("#body").scroll_relative(y=direction, animate=False)
            return
        place = chain.index(self.focused) + direction if self.focused in chain else 0
        if 0 <= place < len(chain):
            self.set_focus(chain[place])  # at once: the next key may be there already
        else:
            self.query_one("#body").scroll_relative(y=direction * 3, animate=False)
