"""A line to type into, between brackets, so that it is seen without colours. Its cursor stands still: no timer runs."""

from textual.containers import Horizontal
from textual.widgets import Input

from rescue.tui.lines import Words


def entry(name: str, value: str = "", *, hidden: bool = False, placeholder: str = "") -> Input:
    """The line itself, with the id `name`."""
    line = Input(value, id=name, password=hidden, placeholder=placeholder, compact=True, select_on_focus=False)
    line.cursor_blink = False
    return line


def bracketed(line: Input) -> Horizontal:
    """The line between its brackets."""
    return Horizontal(Words(["["], classes="edge"), line, Words(["]"], classes="edge"), classes="typed")
