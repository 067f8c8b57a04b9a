"""A line to type into, between brackets, so that it is seen without colours. Its cursor stands still: no timer runs."""

from textual.binding import Binding
from textual.containers import Horizontal
from textual.events import Key
from textual.widgets import Input

from rescue.tui.lines import Words

_OWN = {key: bound.action for bound in Binding.make_bindings(Input.BINDINGS) for key in bound.key.split(",")}


class Line(Input):
    """An Input whose own keys act at once.

    Elsewhere in Textual a key with a binding goes up to the app first and acts when it comes down again; letters that
    are typed meanwhile overtake it. On a slow computer, Backspace then deletes a letter that was typed after it.
    """

    async def _on_key(self, event: Key) -> None:
        action = _OWN.get(event.key)
        if action is None or event.is_printable:
            await super()._on_key(event)
            return
        event.stop()
        event.prevent_default()
        await self.run_action(action)


def entry(name: str, value: str = "", *, hidden: bool = False, placeholder: str = "") -> Input:
    """The line itself, with the id `name`."""
    line = Line(value, id=name, password=hidden, placeholder=placeholder, compact=True, select_on_focus=False)
    line.cursor_blink = False
    return line


def bracketed(line: Input) -> Horizontal:
    """The line between its brackets."""
    return Horizontal(Words(["["], classes="edge"), line, Words(["]"], classes="edge"), classes="typed")
