"""The keys that work here and what they do, at the lower edge of every screen. With a mouse they can be clicked."""

from textual import events
from textual.content import Content
from textual.reactive import reactive

from rescue.text import printable
from rescue.tui.lines import Lines

_NAMES = {"Esc": "escape", "/": "slash", "Space": "space", "Enter": "enter", "?": "question_mark"}
_BETWEEN = 2


class KeyBar(Lines):
    """As many lines as the keys need; no key is torn from what it does unless that alone is too long for a line."""

    keys: reactive[tuple[tuple[str, str], ...]] = reactive((), layout=True)

    def show(self, keys: dict[str, str]) -> None:
        """Show these keys: as they are printed on the keyboard, and what they do."""
        self.keys = tuple(keys.items())

    def draw(self, width: int) -> list[Content]:
        """The keys in lines."""
        lines: list[Content] = []
        for line in rows(self.keys, width):
            shown = Content(" " * _BETWEEN).join(key_text(key, what) for key, what in line)
            lines += shown.wrap(width) if shown.cell_length > width else [shown]
        return lines

    def on_click(self, event: events.Click) -> None:
        """The same as the key."""
        offset = event.get_content_offset(self)
        lines = rows(self.keys, max(1, self.content_size.width))
        if offset is None or offset.y >= len(lines):
            return
        start = 0
        for key, what in lines[offset.y]:
            end = start + key_text(key, what).cell_length
            if start <= offset.x < end:
                self.app.simulate_key(_NAMES.get(key, key.lower()))
            start = end + _BETWEEN


def rows(keys: tuple[tuple[str, str], ...], width: int) -> list[list[tuple[str, str]]]:
    """The keys, as many in a line as fit."""
    lines: list[list[tuple[str, str]]] = []
    used = width
    for key, what in keys:
        length = key_text(key, what).cell_length
        if lines and used + _BETWEEN + length <= width:
            lines[-1].append((key, what))
            used += _BETWEEN + length
        else:
            lines.append([(key, what)])
            used = length
    return lines


def key_text(key: str, what: str) -> Content:
    """One key and what it does."""
    return Content.assemble((f" {key} ", "$style-key"), f" {printable(what)}")
