"""Another language is one key away: the screen is opened anew with it, and the choice is remembered."""

from pathlib import Path

import pytest
from textual.pilot import Pilot

from rescue import language, preferences
from tests.tui import fakes
from tests.tui.stage import act

AVAILABLE = {"en": "English", "de": "Deutsch"}


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RESCUE_STATE_DIR", str(tmp_path))
    monkeypatch.setattr(language, "available", lambda: AVAILABLE)


def test_the_next_language() -> None:
    app = fakes.app()

    async def scene(pilot: Pilot[None]) -> None:
        await pilot.press("f3")

    act(app, scene)
    assert app.spoken_next == "de"
    assert preferences.read()["language"] == "de"


def test_the_same_language_changes_nothing() -> None:
    app = fakes.app()

    async def scene(pilot: Pilot[None]) -> None:
        app.speak("en")
        await pilot.pause()
        assert app.is_running

    act(app, scene)
    assert app.spoken_next == ""
    assert "language" not in preferences.read()
