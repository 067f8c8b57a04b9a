"""What comes up over the home screen: a notice to read, and a question to answer. Both change nothing by themselves."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from rescue.language import _
from rescue.tui import keys
from rescue.tui.keybar import KeyBar


class Dialog(ModalScreen[str]):
    """A text in a box. The result is the key that was pressed, as one of `answers`, or "" for going back."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,enter,space,q,Q", "answer('')", "Back"),
        Binding("up,k", "scroll(-1)"),
        Binding("down,j", "scroll(1)"),
        Binding("pageup", "scroll(-10)"),
        Binding("pagedown", "scroll(10)"),
    ]

    def __init__(self, title: str, text: Content, answers: dict[str, str]) -> None:
        """`answers` are small letters, each with what it does. Escape, Enter and Space go back, and do nothing."""
        super().__init__()
        self._title = title
        self._text = text
        self._answers = answers
        for key in answers:
            keys.bind(self, key, f"answer('{key}')")

    def compose(self) -> ComposeResult:
        """Text that scrolls where it is too long, and the keys."""
        with VerticalScroll(id="box", can_focus=False) as box:
            box.border_title = self._title
            yield Static(self._text, id="text")
        yield KeyBar(id="keybar")

    def on_mount(self) -> None:
        """Show the keys."""
        self.query_one(KeyBar).show({**{key.upper(): what for key, what in self._answers.items()}, "Esc": _("Back")})

    def action_answer(self, key: str) -> None:
        """Close with a result."""
        self.dismiss(key)

    def action_scroll(self, lines: int) -> None:
        """Move the text."""
        self.query_one("#box").scroll_relative(y=lines, animate=False)
