"""A button: one thing to do, with the cursor on it or with the mouse."""

from collections.abc import Callable
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content

from rescue.tui.lines import Lines, hang, styled


class Act(Lines, can_focus=True):
    """Does `act` on Enter and Space. It is as wide as its text."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter,space", "act")]

    def __init__(self, text: str, act: Callable[[], None]) -> None:
        super().__init__()
        self._text, self._act = text, act

    def draw(self, width: int) -> list[Content]:
        """The text between brackets; reversed where the cursor stands."""
        style = "$style-cursor" if self.has_focus else "bold $loud"
        return hang(Content("> " if self.has_focus else "  "), styled(f"[ {self._text} ]", style), width)

    def action_act(self) -> None:
        """Do it."""
        self._act()

    def on_click(self) -> None:
        """Do it."""
        self._act()
