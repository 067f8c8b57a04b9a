"""There is a page for every screen, and it fits a console."""

import re

import pytest

from rescue.flows import help as help_pages

TOPICS = (
    *("home", "backup", "restore", "clone", "place", "share", "image", "partitions", "target", "confirm"),
    *("progress", "result", "tools", "network", "log", "images", "keys"),
)


def test_every_topic_has_a_page() -> None:
    assert set(TOPICS) == set(help_pages.topics())
    assert len({help_pages.page(topic)[0] for topic in TOPICS}) == len(TOPICS)


@pytest.mark.parametrize("topic", TOPICS)
def test_a_page_is_plain_text(topic: str) -> None:
    title, lines = help_pages.page(topic)
    assert title
    assert len(lines) >= 3
    assert len(" ".join(lines).split()) > 40
    for line in lines:
        assert line == line.rstrip()
        assert line.isprintable()
        assert not re.search(r"\w!", line), "calm pages cry nothing out; a sign stands by itself"


def test_an_unknown_topic_tells_of_the_keys() -> None:
    assert help_pages.page("nothing") == help_pages.page("keys")
