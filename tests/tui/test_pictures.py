"""Every screen as a picture, compared with the one that somebody has looked at.

`RESCUE_PICTURES=write` draws them anew; look at them before they are committed.
"""

import os
from itertools import zip_longest
from pathlib import Path

import pytest
from textual.pilot import Pilot

import rescue
from rescue import preferences
from rescue.tui.app import RescueApp
from tests.tui import fakes
from tests.tui.picture import picture
from tests.tui.shots import NAMES, shots
from tests.tui.stage import LARGE, SMALL, act, walk

PICTURES = Path(__file__).with_name("pictures")


def compare(name: str, drawn: str) -> None:
    """The picture is the one that is kept."""
    path = PICTURES / f"{name}.svg"
    if os.environ.get("RESCUE_PICTURES") == "write":
        path.parent.mkdir(exist_ok=True)
        path.write_text(drawn)
    changed = differences(path.read_text(), drawn)
    assert not changed, f"{path.name} looks different now:\n" + "\n".join(changed)


def differences(kept: str, drawn: str) -> list[str]:
    """Lines that are not alike, both."""
    pairs = zip_longest(kept.splitlines(), drawn.splitlines(), fillvalue="")
    return [f"- {old}\n+ {new}" for old, new in pairs if old != new]


def draw(name: str, folder: Path, size: tuple[int, int]) -> str:
    """One screen."""
    drawn: list[str] = []

    async def scene(pilot: Pilot[None]) -> None:
        if name != "home":
            await shot.act(pilot)
        assert isinstance(pilot.app, RescueApp)
        drawn.append(picture(pilot.app))

    if name == "home":
        act(fakes.app(fakes.several()), scene, size=size)
    else:
        shot = shots(folder)[name]
        walk(shot, scene, size=size, app=fakes.app(fakes.several(), flow=shot, power_off=lambda: None))
    return drawn[0]


@pytest.fixture(autouse=True)
def _same_version(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rescue, "__version__", "1.0.0")


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["80x24", "120x40"])
@pytest.mark.parametrize("name", ["home", *NAMES])
def test_a_screen(name: str, size: tuple[int, int], tmp_path: Path) -> None:
    compare(f"{name}-{size[0]}x{size[1]}", draw(name, tmp_path, size))


@pytest.mark.parametrize("theme", ["light", "high-contrast", "mono"])
@pytest.mark.parametrize("name", ["pick", "progress", "result"])
def test_a_theme(name: str, theme: str, tmp_path: Path) -> None:
    preferences.remember("theme", theme)
    compare(f"{name}-{theme}", draw(name, tmp_path, SMALL))


def test_another_picture_is_noticed() -> None:
    kept = (PICTURES / "pick-80x24.svg").read_text()
    assert differences(kept, kept) == []
    assert len(differences(kept, kept.replace("cannot be chosen", "can be chosen"))) == 1
    assert len(differences(kept, kept + "more\n")) == 1
