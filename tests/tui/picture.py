"""What is on the screen as a small SVG: a line of it for each line of the screen, so that a change is read in a review.

Colours are those of a PC's text console. Nothing in it depends on the machine or the day.
"""

from collections.abc import Iterable
from html import escape

from rich.segment import Segment
from rich.style import Style

from rescue.tui.app import RescueApp

_WIDTH, _HEIGHT = 8, 16
_COLOURS = (
    *("#000", "#a00", "#0a0", "#a50", "#00a", "#a0a", "#0aa", "#aaa"),  # the first eight
    *("#555", "#f55", "#5f5", "#ff5", "#55f", "#f5f", "#5ff", "#fff"),
)
_INK, _PAPER = _COLOURS[7], _COLOURS[0]


def picture(app: RescueApp) -> str:
    """The screen as SVG."""
    strips = app.screen._compositor.render_strips()
    width, height = app.size
    box = f"0 0 {width * _WIDTH} {height * _HEIGHT}"
    font = 'font-family="monospace" font-size="13" xml:space="preserve" shape-rendering="crispEdges"'
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}" {font}>',
        f'<rect width="100%" height="100%" fill="{_PAPER}"/>',
    ]
    for row, strip in enumerate(strips):
        lines.append("".join(_row(row, strip)))
    return "\n".join([*lines, "</svg>"]) + "\n"


def _row(row: int, segments: Iterable[Segment]) -> Iterable[str]:
    column, top = 0, row * _HEIGHT
    for text, style, length in _runs(segments):
        ink, paper = _colours(style)
        left, width = column * _WIDTH, length * _WIDTH
        if paper != _PAPER:
            yield f'<rect x="{left}" y="{top}" width="{width}" height="{_HEIGHT}" fill="{paper}"/>'
        if text.strip():
            lead = len(text) - len(text.lstrip(" "))
            shown = text.strip(" ")
            weight = ' font-weight="bold"' if style.bold else ""
            line = ' text-decoration="underline"' if style.underline else ""
            yield (
                f'<text x="{left + lead * _WIDTH}" y="{top + 12}" textLength="{len(shown) * _WIDTH}" '
                f'fill="{ink}"{weight}{line}>{escape(shown)}</text>'
            )
        column += length


def _runs(segments: Iterable[Segment]) -> Iterable[tuple[str, Style, int]]:
    """Neighbours of one look together."""
    for segment in Segment.simplify(segments):
        yield segment.text, segment.style or Style.null(), segment.cell_length


def _colours(style: Style) -> tuple[str, str]:
    ink = _INK if style.color is None or style.color.number is None else _COLOURS[style.color.number]
    paper = _PAPER if style.bgcolor is None or style.bgcolor.number is None else _COLOURS[style.bgcolor.number]
    return (paper, ink) if style.reverse else (ink, paper)
