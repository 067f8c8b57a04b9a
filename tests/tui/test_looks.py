"""Every screen draws with what a text console has, and every theme can be read."""

from collections.abc import Callable
from pathlib import Path

import pytest
from rich.color import ColorType
from rich.style import Style
from textual.pilot import Pilot

from rescue.tui import themes
from rescue.tui.app import RescueApp
from tests.tui import fakes
from tests.tui.shots import NAMES, shots
from tests.tui.stage import SMALL, act, press, seen, walk

# What the Linux console's fonts have, of what this program draws (Terminus in Uni2 and Lat15).
GLYPHS = set("─│┌┐└┘═║╔╗╚╝█▄░·…“”•—↑↓�")
DARK_INK = {0, 1, 2, 4, 5, 8}  # no bright black, dark blue or dark red on black
PALE_INK = {3, 6, 7, *range(9, 16)}  # not on light grey


KEYS = {"home": (), "palette": ("ctrl+p",), "question": ("t",)}


def look(name: str, folder: Path, check: Callable[[Pilot[None]], None]) -> None:
    """Show a screen, and check it in each theme."""
    seat = fakes.FakeSeat(fakes.LOOKS if name == "question" else fakes.FREE)
    shot = shots(folder).get(name)

    async def scene(pilot: Pilot[None]) -> None:
        app = pilot.app
        assert isinstance(app, RescueApp)
        if shot:
            await shot.act(pilot)
        for theme in themes.names():
            app.look_like(theme)
            await press(pilot, *KEYS.get(name, ()))
            check(pilot)
            await press(pilot, *["escape"] * (name in KEYS))

    app = fakes.app(fakes.several(), seat, shot or fakes.nothing, power_off=lambda: None)
    (walk(shot, scene, app=app) if shot else act(app, scene, size=SMALL))


def styles(pilot: Pilot[None]) -> list[Style]:
    """The style of every piece of text that is not blank."""
    strips = pilot.app.screen._compositor.render_strips()
    return [segment.style for strip in strips for segment in strip if segment.style and segment.text.strip()]


@pytest.mark.parametrize("name", [*KEYS, *NAMES])
def test_a_console_can_show_it_and_a_person_can_read_it(name: str, tmp_path: Path) -> None:
    seen_themes: list[str] = []

    def check(pilot: Pilot[None]) -> None:
        theme = pilot.app.theme
        seen_themes.append(theme)
        assert {letter for letter in seen(pilot) if not letter.isascii()} <= GLYPHS
        assert len(set(seen(pilot))) > 20
        for style in styles(pilot):
            (check_mono if theme == "mono" else check_colours)(style)
        if theme == "mono" and name in ("pick", "pick-many", "form", "sheet"):
            assert any(style.reverse and style.bold for style in styles(pilot))  # the cursor

    look(name, tmp_path, check)
    assert seen_themes == ["dark", "light", "high-contrast", "mono"]


def check_mono(style: Style) -> None:
    """No colour at all."""
    assert {colour.type for colour in (style.color, style.bgcolor) if colour} <= {ColorType.DEFAULT}


def check_colours(style: Style) -> None:
    """Ink that can be read on its paper; backgrounds of the first eight colours."""
    assert style.color is not None
    assert style.bgcolor is not None
    assert {style.color.type, style.bgcolor.type} == {ColorType.STANDARD}
    assert (style.bgcolor.number or 0) < 8
    ink, paper = (style.bgcolor, style.color) if style.reverse else (style.color, style.bgcolor)
    assert ink.number != paper.number
    assert ink.number not in {0: DARK_INK, 7: PALE_INK}.get(paper.number or 0, set()), style
