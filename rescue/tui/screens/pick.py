"""Choose one of several things, or several of them. What cannot be chosen says why, where it stands."""

from collections.abc import Iterable
from typing import Any, ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget

from rescue.flows.front import Option, Pick, first
from rescue.language import _
from rescue.tui import card, keys
from rescue.tui.lines import Lines, Words, hang, plain, styled
from rescue.tui.screens.asked import Asked

_INDENT = 6


class OptionRow(Lines, can_focus=True):
    """One thing to choose: title, details, the picture of its disk, and why it cannot be chosen."""

    def __init__(self, option: Option[Any], place: int, *, many: bool) -> None:
        super().__init__()
        self.option, self.place, self._many = option, place, many
        self.marked = many and option.chosen and not option.refused

    def draw(self, width: int) -> list[Content]:
        """The title is marked where the cursor stands, by a sign as well."""
        option = self.option
        style = "$style-cursor" if self.has_focus else ("" if option.refused else "bold $loud")
        lines = hang(self._lead(), styled(option.title, style), width)
        indent = Content(" " * _INDENT)
        for text in option.detail:
            lines += hang(indent, plain(text), width)
        if option.disk is not None:
            lines += [Content.assemble(indent, line) for line in card.describe(option.disk, max(1, width - _INDENT))]
        if option.refused:
            lines += hang(Content.assemble("    ", ("x ", "$style-bad")), styled(option.refused, "$style-bad"), width)
        return [*lines, Content("")] if option.disk is not None else lines

    def _lead(self) -> Content:
        sign = "> " if self.has_focus else "  "
        if self._many:
            box = "    " if self.option.refused else "[x] " if self.marked else "[ ] "
            return Content.assemble(sign, (box, "$loud"))
        key = self.option.key.upper()
        return Content.assemble(sign, (f" {key} ", "$style-key") if key else ("   ", ""), " ")

    def on_focus(self) -> None:
        """Draw the cursor."""
        self.refresh()

    def on_blur(self) -> None:
        """Take the cursor away."""
        self.refresh()

    def toggle(self) -> None:
        """Choose it as well, or no more."""
        self.marked = not self.marked
        self.refresh()

    def on_click(self) -> None:
        """Choose it with the mouse."""
        if isinstance(self.screen, PickScreen):
            self.screen.set_focus(self)
            self.screen.choose(self)


class PickScreen(Asked[tuple[int, ...]]):
    """Answers with the places of the chosen options."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "step(-1)"),
        Binding("down,j", "step(1)"),
        Binding("home", "end(0)"),
        Binding("end", "end(-1)"),
        Binding("enter", "enter"),
        Binding("space", "space"),
    ]

    def __init__(self, question: Pick[Any], *, many: bool) -> None:
        super().__init__(question.title, question.help)
        self._question, self._many = question, many
        for place, option in enumerate(question.options):
            if option.key:
                keys.bind(self, option.key, f"key({place})")

    def above(self) -> Iterable[Widget]:
        """What is asked."""
        return [Words([self._question.text], classes="text")] if self._question.text else []

    def content(self) -> Iterable[Widget]:
        """The options."""
        if not self._question.options:
            return [Words([self._question.empty or _("There is nothing to choose.")], classes="text")]
        return [OptionRow(option, place, many=self._many) for place, option in enumerate(self._question.options)]

    def keys(self) -> dict[str, str]:
        """The way of moving and choosing."""
        if not self._question.options:
            return {}
        if self._many:
            return {"↑↓": _("Move"), "Space": _("Mark"), "Enter": _("Go on")}
        return {"↑↓": _("Move"), "Enter": _("Choose")}

    def on_mount(self) -> None:
        """The cursor stands where most people want to go."""
        rows = self._rows()
        if rows:
            self.set_focus(rows[first(self._question.options)])

    def _rows(self) -> list[OptionRow]:
        return list(self.query(OptionRow))

    def action_end(self, place: int) -> None:
        """Move to the first or the last option."""
        rows = self._rows()
        if rows:
            self.set_focus(rows[place])

    def action_key(self, place: int) -> None:
        """Choose by the option's own key."""
        row = self._rows()[place]
        self.set_focus(row)
        self.choose(row)

    def action_space(self) -> None:
        """Mark or choose the option under the cursor."""
        if isinstance(self.focused, OptionRow):
            self.choose(self.focused)

    def action_enter(self) -> None:
        """Choose the option under the cursor, or go on with the marked ones."""
        if not self._many:
            self.action_space()
            return
        marked = tuple(row.place for row in self._rows() if row.marked)
        if marked:
            self.give(marked)
        elif self._question.options:
            self.say(_("Nothing is marked. Space marks what the cursor stands on."))

    def choose(self, row: OptionRow) -> None:
        """Choose or mark it, or say again why that is not possible."""
        if row.option.refused:
            self.say(_("This cannot be chosen. {reason}").format(reason=row.option.refused), style="$style-bad")
            return
        self.say()
        if self._many:
            row.toggle()
        else:
            self.give((row.place,))
