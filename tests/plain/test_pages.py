"""The help as it is spoken names no keys that are not there."""

import pytest

from rescue.flows import help as full
from rescue.plain.pages import page


@pytest.mark.parametrize("topic", ["home", "progress", "keys"])
def test_pages_about_the_screen_are_about_lines(topic: str) -> None:
    text = " ".join(page(topic)[1])
    for key in ("F1", "Esc", "F5", "PgUp", "asterisk"):
        assert key not in text
    assert "empty line goes" in text


@pytest.mark.parametrize("topic", [topic for topic in full.topics() if topic not in ("home", "progress", "keys")])
def test_others_are_those_of_every_screen_with_a_note(topic: str) -> None:
    title, lines = page(topic)
    assert title == full.page(topic)[0]
    assert lines[: len(full.page(topic)[1])] == full.page(topic)[1]
    assert "the prompt here says what to type" in lines[-1]
