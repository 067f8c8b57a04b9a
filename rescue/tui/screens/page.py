"""A text to read, which can be searched, and answers to it."""

from collections.abc import Iterable
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input

from rescue.flows.front import Page
from rescue.language import _
from rescue.tui import keys
from rescue.tui.entry import entry
from rescue.tui.lines import Words, indented, plain
from rescue.tui.screens.asked import Asked

_PIECE = 100  # lines


class PageScreen(Asked[str]):
    """Answers with the letter of an answer."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "step(-1)"),
        Binding("down,j,enter", "step(1)"),
        Binding("space", "page(1)"),
        Binding("home", "edge(-1)"),
        Binding("end", "edge(1)"),
        Binding("q,Q", "back"),
        Binding("slash", "search"),
        Binding("n", "next(1)"),
        Binding("N", "next(-1)"),
    ]
    AUTO_FOCUS = ""

    def __init__(self, page: Page) -> None:
        super().__init__(page.title, page.help)
        self._page = page
        self._found: list[int] = []
        self._place = -1
        for key, _what in page.answers:
            keys.bind(self, key, f"answer('{key}')")

    def content(self) -> Iterable[Widget]:
        """The text."""
        return [Words(lines) for lines in _pieces(self._page.lines)]

    def below(self) -> Iterable[Widget]:
        """The search."""
        if not self._page.search:
            return []
        field = entry("search", placeholder=_("Search for …"))
        field.display = False
        return [field]

    def keys(self) -> dict[str, str]:
        """Answers first."""
        search = {"/": _("Search")} if self._page.search else {}
        return {**{key.upper(): what for key, what in self._page.answers}, "↑↓": _("Scroll"), **search}

    def action_step(self, direction: int) -> None:
        """Move the text by a line."""
        self.query_one("#body").scroll_relative(y=direction, animate=False)

    def action_answer(self, key: str) -> None:
        """Answer."""
        self.give(key)

    def action_back(self) -> None:
        """End the search, or go back."""
        if self._page.search and self.query_one("#search", Input).display:
            self._close_search()
        else:
            super().action_back()

    def action_search(self) -> None:
        """Ask for a text to look for."""
        if self._page.search:
            field = self.query_one("#search", Input)
            field.value = ""
            field.display = True
            self.set_focus(field)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Look for it, whatever its capitals."""
        event.stop()
        wanted = event.value.casefold()
        self._close_search()
        self._found = [n for n, text in enumerate(self._page.lines) if wanted and wanted in text.casefold()]
        self._place = -1
        self.say()
        for piece, lines in zip(self._shown(), _pieces(self._page.lines), strict=True):
            piece.say(_marked(text, wanted) for text in lines)
        if self._found:
            self.action_next(1)
        elif wanted:
            self.say(_("“{text}” is not in this text.").format(text=event.value))

    def action_next(self, direction: int) -> None:
        """Go to the next place where the text is, or the one before."""
        if not self._found:
            return
        self._place = (self._place + direction) % len(self._found)
        lines = [line for piece in self._shown() for line in piece.lines]
        width = self._shown()[0].content_size.width
        above = sum(len(indented(line, width)) for line in lines[: self._found[self._place]])
        self.query_one("#body").scroll_to(y=max(0, above - 2), animate=False)
        place, count = self._place + 1, len(self._found)
        self.say(_("Found {place} of {count}. N goes to the next one.").format(place=place, count=count))

    def _shown(self) -> list[Words]:
        return list(self.query_one("#body").query(Words))

    def _close_search(self) -> None:
        field = self.query_one("#search", Input)
        field.display = False
        self.set_focus(None)


def _pieces(lines: tuple[str, ...]) -> list[tuple[str, ...]]:
    """A long text in pieces, of which only those in sight are drawn. At least one."""
    return [lines[start : start + _PIECE] for start in range(0, max(1, len(lines)), _PIECE)]


def _marked(text: str, wanted: str) -> Content:
    """The line, with what was looked for in it."""
    line = plain(text)
    start = line.plain.casefold().find(wanted) if wanted else -1
    return line.stylize("$style-cursor", start, start + len(wanted)) if start >= 0 else line
