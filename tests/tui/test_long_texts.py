"""No text is cut: not in English, and not in a language whose texts are 40 % longer."""

import gettext
import re
from pathlib import Path

import pytest
from textual.pilot import Pilot

from rescue import language
from rescue.flows import help as help_pages
from rescue.flows.front import Front, Page
from tests.tui import fakes
from tests.tui.shots import NAMES, shots
from tests.tui.stage import LARGE, SMALL, act, press, seen, walk

FILLER = "zu lang gewordene Wörter, wie sie in anderen Sprachen stehen und gelesen werden sollen"
PLACE = re.compile(r"\{[^}]*\}")


class Longer(gettext.NullTranslations):
    """Every text is as long as its English one and two fifths more, and remembered."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: set[str] = set()

    def gettext(self, message: str) -> str:
        longer = "\n".join(map(self._line, message.split("\n")))
        self.texts.add(longer)
        return longer

    def _line(self, line: str) -> str:
        missing = -(-len(line) * 2 // 5)
        filler = (FILLER * (missing // len(FILLER) + 1))[:missing]
        return f"{line} {filler}".rstrip() if line.strip() else line


@pytest.fixture
def longer(monkeypatch: pytest.MonkeyPatch) -> Longer:
    texts = Longer()
    monkeypatch.setattr(language._Chosen, "texts", texts)
    return texts


async def everything(pilot: Pilot[None]) -> str:
    """What is on the screen, from the top of what scrolls to its end."""
    shown = [await press(pilot, "ctrl+home")]
    while (page := await press(pilot, "pagedown")) != shown[-1]:
        shown.append(page)
    return "\n".join(shown)


def missing(texts: tuple[str, ...] | set[str], shown: str) -> list[str]:
    """Words of texts that are not on the screen. What the person fills in later is no word."""
    there = set(shown.casefold().split())
    solid = re.sub(r"\s+", "", shown.casefold())
    wanted = [word for text in texts for piece in PLACE.split(text) for word in piece.casefold().split()]
    return [word for word in wanted if word not in there and word not in solid]


@pytest.mark.parametrize("name", NAMES)
def test_what_is_shown_is_shown_whole_in_little_room(name: str, tmp_path: Path) -> None:
    shot = shots(tmp_path)[name]

    async def scene(pilot: Pilot[None]) -> None:
        await shot.act(pilot)
        assert missing(shot.texts, await everything(pilot)) == []

    walk(shot, scene, size=(60, 20))


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["80x24", "120x40"])
@pytest.mark.parametrize("name", NAMES)
def test_longer_texts_are_shown_whole(name: str, size: tuple[int, int], tmp_path: Path, longer: Longer) -> None:
    shot = shots(tmp_path)[name]

    async def scene(pilot: Pilot[None]) -> None:
        longer.texts.clear()  # of the first screen
        await shot.act(pilot)
        longer.texts.clear()  # of states that are gone
        screen = pilot.app.screen
        screen.show_keys()  # type: ignore[attr-defined]
        pilot.app.refresh(layout=True)
        shown = await everything(pilot)
        assert missing(shot.texts, shown) == []
        assert longer.texts
        assert missing(longer.texts, shown) == []

    walk(shot, scene, size=size)


@pytest.mark.parametrize("topic", help_pages.topics())
def test_the_help_is_shown_whole(topic: str, longer: Longer) -> None:
    title, lines = help_pages.page(topic)
    page = Page(title, lines)
    assert any(text.startswith(title[:5]) for text in longer.texts)

    async def flow(front: Front) -> None:
        await front.read(page)

    async def scene(pilot: Pilot[None]) -> None:
        assert missing((title, *lines), await everything(pilot)) == []

    walk(flow, scene)


def test_the_first_screen_is_shown_whole(longer: Longer) -> None:
    longer_big = tuple((key, longer.gettext(title), longer.gettext(what)) for key, title, what in fakes.BIG)

    async def scene(pilot: Pilot[None]) -> None:
        shown = seen(pilot)
        for _key, title, what in longer_big:
            assert missing((title, what), shown) == []
        for text in ("Quit", "Rescan", "Help", "Shell"):
            assert longer.gettext(text) in shown

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fakes, "BIG", longer_big)
        act(fakes.app(fakes.several()), scene)


def test_a_text_that_is_cut_is_noticed() -> None:
    assert missing(("Writing it back to {part} now",), "Writing it ba to /dev/sda now") == ["back"]
    assert missing(("a long/path/that/is/folded",), "a long/path/th\nat/is/folded") == []
