"""Text that is laid out for the width that there is: wrapped at words, never cut. Foreign texts are no markup here."""

from collections.abc import Iterable

from textual.content import Content
from textual.geometry import Region, Size
from textual.reactive import reactive
from textual.widget import Widget

from rescue.text import printable

_NARROWEST = 8


class Lines(Widget):
    """A widget as high as its lines, which `draw` makes for a width."""

    DEFAULT_CSS = "Lines { height: auto; width: 1fr; }"
    _height: tuple[int, int] | None = None  # a width, and the number of lines for it

    def draw(self, width: int) -> list[Content]:
        """The lines, each at most `width` cells."""
        raise NotImplementedError

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """As many lines as there are. Known from the last time, unless something has asked for a new layout since."""
        del container, viewport
        if self._height is None or self._height[0] != width:
            self._height = width, len(self.draw(max(1, width)))
        return self._height[1]

    def refresh(self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False) -> "Lines":
        """Draw again; with `layout`, with another number of lines."""
        if layout:
            self._height = None
        super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)
        return self

    def render(self) -> Content:
        """The lines for the present width."""
        return Content("\n").join(self.draw(max(1, self.content_size.width)))


class Words(Lines):
    """Lines of text, each wrapped by itself. Without any it takes no room."""

    lines: reactive[tuple[Content, ...]] = reactive((), layout=True, always_update=True)  # styles count, too

    def __init__(self, lines: Iterable[str | Content] = (), **options: str) -> None:
        """`options` are `id` and `classes`."""
        super().__init__(**options)  # type: ignore[arg-type]
        self._wrapped: tuple[tuple[Content, ...], int, list[Content]] = ((), 0, [])
        self.say(lines)

    def say(self, lines: Iterable[str | Content]) -> None:
        """Show other lines."""
        self.lines = tuple(line if isinstance(line, Content) else plain(line) for line in lines)
        self.display = bool(self.lines)

    def draw(self, width: int) -> list[Content]:
        """Each line wrapped; one that is indented stays indented. A long text is wrapped once for a width."""
        if self._wrapped[0] is not self.lines or self._wrapped[1] != width:  # equal ones may differ in style
            self._wrapped = self.lines, width, [piece for line in self.lines for piece in indented(line, width)]
        return self._wrapped[2]


def plain(text: str) -> Content:
    """A foreign text: no markup, no control characters."""
    return Content(printable(text))


def styled(text: str, style: str) -> Content:
    """A foreign text in a style."""
    return Content.styled(printable(text), style)


def hang(lead: Content, text: Content, width: int) -> list[Content]:
    """`lead`, and beside it `text` in a column of its own; below it where the column would be too narrow."""
    room = width - lead.cell_length
    if lead.cell_length and room < _NARROWEST:
        return [*lead.wrap(max(1, width)), *text.wrap(max(1, width))]
    first, *rest = text.wrap(max(1, room)) or [Content("")]
    return [Content.assemble(lead, first), *(line.pad_left(lead.cell_length) for line in rest)]


def indented(line: Content, width: int) -> list[Content]:
    """One line of text, wrapped; what it begins with of blanks, every piece begins with."""
    if line.cell_length <= width and line.plain.strip():
        return [line]
    blanks = len(line.plain) - len(line.plain.lstrip(" "))
    if not line.plain.strip():
        return [Content("")]
    return hang(Content(" " * blanks), line[blanks:], width)
