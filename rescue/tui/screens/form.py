"""Lines to fill in, and a check that tries them. What is wrong is told here, and nothing typed is lost."""

import asyncio
from collections.abc import Callable, Iterable
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input

from rescue.flows.front import Field, FieldKind, Form
from rescue.language import _
from rescue.tui.entry import bracketed, entry
from rescue.tui.lines import Lines, Words, hang, styled
from rescue.tui.screens.act import Act
from rescue.tui.screens.asked import Asked


class ChoiceField(Lines, can_focus=True):
    """One of a few values; a sign marks it. Space and the arrows to the side move the mark."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space,right", "move(1)"),
        Binding("left", "move(-1)"),
    ]

    def __init__(self, field: Field) -> None:
        super().__init__(id=f"field-{field.name}")
        self._choices = field.choices
        self._place = next((n for n, (value, _label) in enumerate(field.choices) if value == field.value), 0)

    @property
    def value(self) -> str:
        """What is chosen."""
        return self._choices[self._place][0] if self._choices else ""

    def draw(self, width: int) -> list[Content]:
        """A line a choice."""
        lines = []
        for place, (_value, label) in enumerate(self._choices):
            here = place == self._place
            style = "$style-cursor" if here and self.has_focus else "bold $loud" if here else ""
            lines += hang(Content("  (•) " if here else "  ( ) "), styled(label, style), width)
        return lines

    def action_move(self, direction: int) -> None:
        """Choose the next one, round and round."""
        if self._choices:
            self._place = (self._place + direction) % len(self._choices)
            self.refresh()

    def on_click(self) -> None:
        """The same as Space."""
        self.action_move(1)


class FlagField(Lines, can_focus=True):
    """Yes or no."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("space,left,right", "turn")]

    def __init__(self, field: Field) -> None:
        super().__init__(id=f"field-{field.name}")
        self._label, self._yes = field.label, bool(field.value)

    @property
    def value(self) -> str:
        """ "yes" or ""."""
        return "yes" if self._yes else ""

    def draw(self, width: int) -> list[Content]:
        """The box and what it is about."""
        style = "$style-cursor" if self.has_focus else "bold $loud" if self._yes else ""
        lead = f"{'>' if self.has_focus else ' '} [{'x' if self._yes else ' '}] "
        return hang(Content(lead), styled(self._label, style), width)

    def action_turn(self) -> None:
        """From yes to no, or back."""
        self._yes = not self._yes
        self.refresh()

    def on_click(self) -> None:
        """The same as Space."""
        self.action_turn()


class FieldBox(Vertical):
    """A field with its label above and its hint below."""

    def __init__(self, field: Field) -> None:
        super().__init__(classes="field")
        self.field = field

    def compose(self) -> ComposeResult:
        """Label, field, hint."""
        field = self.field
        if field.kind is not FieldKind.FLAG:
            yield Words([field.label], classes="label")
        match field.kind:
            case FieldKind.CHOICE:
                yield ChoiceField(field)
            case FieldKind.FLAG:
                yield FlagField(field)
            case FieldKind.TEXT | FieldKind.HIDDEN:
                hidden = field.kind is FieldKind.HIDDEN
                yield bracketed(entry(f"field-{field.name}", field.value, hidden=hidden))
        if field.hint:
            yield Words([field.hint], classes="hint")

    def on_descendant_focus(self) -> None:
        """The cursor stands here."""
        self._mark("$style-cursor")

    def on_descendant_blur(self) -> None:
        """It stands elsewhere."""
        self._mark("")

    def _mark(self, style: str) -> None:
        for label in self.query(".label").results(Words):
            label.say([styled(self.field.label, style)])

    @property
    def value(self) -> str:
        """What is filled in."""
        found = self.query_one(f"#field-{self.field.name}")
        return found.value if isinstance(found, Input | ChoiceField | FlagField) else ""


class FormScreen(Asked[dict[str, str]]):
    """Answers with the value of each field, once the check finds nothing wrong."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "step(-1)"),
        Binding("down", "step(1)"),
        Binding("enter", "enter"),
    ]

    def __init__(self, form: Form) -> None:
        super().__init__(form.title, form.help)
        self._form = form
        self._checking = False

    def above(self) -> Iterable[Widget]:
        """What the form is for."""
        return [Words([self._form.text], classes="text")] if self._form.text else []

    def content(self) -> Iterable[Widget]:
        """The fields, and the button."""
        return [*map(FieldBox, self._form.fields), Act(self._form.submit or _("Go on"), self.submit)]

    def keys(self) -> dict[str, str]:
        """The way through the fields."""
        kinds = {field.kind for field in self._form.fields}
        space = {"Space": _("Change")} if kinds & {FieldKind.CHOICE, FieldKind.FLAG} else {}
        return {"↑↓": _("Move"), "Enter": _("Next, at the end go on"), **space}

    def values(self) -> dict[str, str]:
        """What is filled in now."""
        return {box.field.name: box.value for box in self.query(FieldBox)}

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter in a field."""
        event.stop()
        self.action_enter()

    def action_enter(self) -> None:
        """Go to the next field, and be done after the last one."""
        fields = [widget for widget in self.focus_chain if not isinstance(widget, Act)]
        if self.focused in fields and self.focused is not fields[-1]:
            self.action_step(1)
        else:
            self.submit()

    def submit(self) -> None:
        """Be done, if the check says so."""
        if self._checking:
            return
        if self._form.check is None:
            self.give(self.values())
            return
        self._checking = True
        self.say(self._form.working or _("Trying …"), style="")
        self._check(self._form.check, self.values())

    @work
    async def _check(self, check: Callable[[dict[str, str]], str | None], values: dict[str, str]) -> None:
        wrong = await asyncio.to_thread(check, values)
        if self.over:
            return
        self._checking = False
        if wrong is None:
            self.give(values)
        else:
            self.say(*wrong.splitlines(), style="$style-bad")
            self.refresh(layout=True)
