"""The last question before something is overwritten. Only the exact text goes on; no key stands for it."""

from collections.abc import Iterable
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input

from rescue.flows.front import Danger
from rescue.language import _
from rescue.text import printable
from rescue.tui.entry import bracketed, entry
from rescue.tui.lines import Words, plain, styled
from rescue.tui.screens.asked import Asked
from rescue.tui.screens.picture import CommandLines, PictureView


class DangerScreen(Asked[str]):
    """Answers with the text to confirm, exactly as it has to be, or goes back."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "scroll(-1)"),
        Binding("down", "scroll(1)"),
        Binding("enter", "nothing"),
    ]
    AUTO_FOCUS = "#confirm"

    def __init__(self, danger: Danger) -> None:
        super().__init__(danger.title, danger.help)
        self._danger = danger

    def content(self) -> Iterable[Widget]:
        """What will happen."""
        yield Words(
            (plain(step) if step.startswith(" ") else styled(step, "bold $loud") for step in self._danger.steps),
            id="steps",
        )
        yield from map(PictureView, self._danger.pictures)
        yield CommandLines(self._danger.command)

    def below(self) -> Iterable[Widget]:
        """What is asked, and where it is typed."""
        yield Words(self._question(), id="question")
        if self._danger.confirm:
            yield bracketed(entry("confirm"))

    def keys(self) -> dict[str, str]:
        """No key overwrites anything by itself."""
        return {"↑↓": _("Scroll"), "PgDn": _("Next page")}

    def back_text(self) -> str:
        """The safe way."""
        return _("Back, nothing is written")

    def _question(self) -> list[Content]:
        target = printable(self._danger.target)
        if not self._danger.confirm:
            return [
                plain(
                    _("{target} has no identity that could be typed, so it is not overwritten.").format(target=target)
                )
            ]
        before, _mark, after = (
            _("To overwrite {target}, type {confirm} and press Enter.")
            .format(target=target, confirm="\0")
            .partition("\0")
        )
        return [Content.assemble(before, (printable(self._danger.confirm), "bold $loud"), after)]

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Compare what was typed."""
        event.stop()
        self.check(event.value)

    def check(self, typed: str) -> None:
        """Go on with the exact text, and with nothing else."""
        if self._danger.confirm and typed == self._danger.confirm:
            self.give(typed)
        elif not typed.strip():
            self.say(_("Nothing was typed, and nothing is written."))
        else:
            self.say(_("This is not the text, and nothing is written. Compare it letter by letter."))

    def action_nothing(self) -> None:
        """Enter outside of the field."""
        self.say(_("Nothing was typed, and nothing is written."))

    def action_scroll(self, lines: int) -> None:
        """Move through the steps."""
        self.query_one("#body").scroll_relative(y=lines, animate=False)
