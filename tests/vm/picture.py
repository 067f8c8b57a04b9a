"""A serial terminal's screen as a picture for the documents."""

from __future__ import annotations

import io
import re
from itertools import groupby
from pathlib import Path

import pyte
from rich.console import Console
from rich.style import Style
from rich.text import Text

# Fonts that a picture would fetch from somewhere, and who has drawn it.
_ELSEWHERE = re.compile(r"@font-face \{.*?\}\s*|<!--.*?-->\s*", re.DOTALL)
# The emulation's names of colours; those of rich are those of the standard.
_NAMES = {"brown": "yellow", "brightbrown": "bright_yellow", "bfightmagenta": "bright_magenta"}


def save(screen: pyte.Screen, path: Path, title: str = "") -> Path:
    """Draw the screen, in its colours, as an SVG file."""
    console = Console(record=True, width=screen.columns, file=io.StringIO(), legacy_windows=False)
    for row in range(screen.lines):
        line = Text()
        for style, cells in groupby((screen.buffer[row][column] for column in range(screen.columns)), _style):
            line.append("".join(cell.data for cell in cells), style)
        console.print(line, no_wrap=True, overflow="crop", crop=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(_ELSEWHERE.sub("", console.export_svg(title=title)))
    return path


def _style(cell: pyte.screens.Char) -> Style:
    return Style(color=_colour(cell.fg), bgcolor=_colour(cell.bg), bold=cell.bold, reverse=cell.reverse)


def _colour(name: str) -> str:
    if name == "default" or name in _NAMES:
        return _NAMES.get(name, name)
    if name.startswith("bright"):
        return f"bright_{name.removeprefix('bright')}"
    return f"#{name}" if len(name) == 6 and all(letter in "0123456789abcdef" for letter in name) else name
