"""Preferences of a test are its own."""

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def _own_state(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("RESCUE_STATE_DIR", str(tmp_path / "state"))
