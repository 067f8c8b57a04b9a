"""Preferences are kept, beside each other, and nothing fails where that is not possible."""

from pathlib import Path

import pytest

from rescue import preferences


@pytest.fixture(autouse=True)
def state(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("RESCUE_STATE_DIR", str(tmp_path / "state"))
    return tmp_path / "state"


def test_they_are_kept_beside_each_other(state: Path) -> None:
    assert preferences.read() == {}
    preferences.remember("theme", "mono")
    preferences.remember("language", "de")
    preferences.remember("theme", "light")
    assert preferences.read() == {"theme": "light", "language": "de"}
    assert [path.name for path in state.iterdir()] == ["preferences.json"]


@pytest.mark.parametrize("content", [b"", b"[1]", b"{", b"\xff\xfe", b'"x"'])
def test_a_file_that_makes_no_sense_is_none(state: Path, content: bytes) -> None:
    state.mkdir()
    (state / "preferences.json").write_bytes(content)
    assert preferences.read() == {}
    preferences.remember("theme", "mono")
    assert preferences.read() == {"theme": "mono"}


def test_what_is_no_text_is_left_out(state: Path) -> None:
    state.mkdir()
    (state / "preferences.json").write_text('{"theme": 3, "language": "de"}')
    assert preferences.read() == {"language": "de"}


def test_where_nothing_can_be_kept_the_program_goes_on(state: Path) -> None:
    state.write_text("a file where the directory should be")
    preferences.remember("theme", "mono")
    assert preferences.read() == {}
