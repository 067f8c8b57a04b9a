"""Something takes a moment. It is shown only where the moment is a long one."""

from collections.abc import Iterable

from textual.widget import Widget

from rescue.language import _
from rescue.tui.lines import Words
from rescue.tui.screens.asked import Asked


class WorkingScreen(Asked[None]):
    """Says what goes on. It cannot be left: what was begun, ends by itself, and every part of it has a time limit."""

    def __init__(self, text: str) -> None:
        super().__init__(_("One moment"), "keys")
        self._text = text

    def content(self) -> Iterable[Widget]:
        """What goes on."""
        return [Words([self._text], classes="text")]

    def back_text(self) -> str:
        """Nothing can be left here."""
        return _("Please wait")

    def action_back(self) -> None:
        """Say why nothing happens."""
        self.say(_("This ends by itself and cannot be stopped on the way."))
