"""The screens of questions: their keys do what they show, and what cannot be chosen says why."""

import threading
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TypeVar

import pytest
from textual.pilot import Pilot

from rescue.errors import RepositoryFullError, RescueError
from rescue.flows.front import START, Estimate, Field, FieldKind, Form, Front, Option, Page, Pick
from tests.tui import scenes
from tests.tui.stage import press, seen, settle, walk

T = TypeVar("T")
HARMLESS = ("enter", "space", "tab", "delete", "backspace", "y", "j", "f5", "x", "0")


class Asked:
    """A flow that asks once, and keeps the answer."""

    def __init__(self, ask: Callable[[Front], Awaitable[object]]) -> None:
        self._ask = ask
        self.answers: list[object] = []

    async def __call__(self, front: Front) -> None:
        self.answers.append(await self._ask(front))


def answer(ask: Callable[[Front], Awaitable[object]], *keys: str, shows: str = "") -> object:
    """Ask, press keys; the answer. "open" where there is none yet. `shows` is on the screen before the last key."""
    flow = Asked(ask)

    async def scene(pilot: Pilot[None]) -> None:
        *first, last = keys or ("f12",)
        shown = await press(pilot, *first) if first else seen(pilot)
        assert " ".join(shows.split()) in " ".join(shown.split())
        await press(pilot, last)

    walk(flow, scene)
    return flow.answers[0] if flow.answers else "open"


def pick(question: Pick[str] | None = None) -> Callable[[Front], Awaitable[object]]:
    return lambda front: front.pick(question or scenes.pick())


def many(front: Front) -> Awaitable[object]:
    return front.pick_many(scenes.pick_many())


def danger(front: Front) -> Awaitable[object]:
    return front.confirm(scenes.danger())


@pytest.mark.parametrize(
    ("keys", "chosen"),
    [
        (["enter"], "sda"),  # the first one that is not refused
        (["space"], "sda"),
        (["n"], "nvme"),
        (["N"], "nvme"),
        (["down", "down", "enter"], "nvme"),
        (["end", "enter"], "nvme"),
        (["end", "up", "up", "enter"], "sda"),
        (["escape"], None),
        (["ctrl+c"], None),
        (["down", "escape"], None),
        (["x"], "open"),
        (["f2"], "open"),
    ],
)
def test_pick(keys: list[str], chosen: str | None) -> None:
    assert answer(pick(), *keys) == chosen


def test_what_is_refused_stands_there_with_its_reason_and_is_not_chosen() -> None:
    asked = Asked(pick())

    async def scene(pilot: Pilot[None]) -> None:
        shown = seen(pilot)
        assert "x It has no serial number to confirm it." in shown
        for keys in (["home", "enter"], ["space"], ["down", "down", "enter"]):
            shown = await press(pilot, *keys)
            assert "This cannot be chosen." in shown
        assert "/dev/sdb1 is mounted at /mnt/usb." in shown
        assert asked.answers == []

    walk(asked, scene)


def test_a_key_of_a_refused_option_chooses_nothing() -> None:
    question = Pick("Which", (Option("a", "A", refused="It is broken.", key="a"), Option("b", "B")), "target")
    assert answer(pick(question), "a") == "open"
    assert answer(pick(question), "a", "f12", shows="This cannot be chosen. It is broken.") == "open"


def test_the_keys_of_answers_come_before_those_of_moving() -> None:
    assert answer(lambda front: front.read(Page("Go on?", ("Text",), (("n", "No"), ("q", "Quiet")))), "n") == "n"
    assert answer(lambda front: front.read(Page("Go on?", ("Text",), (("n", "No"), ("q", "Quiet")))), "Q") == "q"
    question = Pick("Which", (Option("a", "A"), Option("b", "B", key="j")), "target")
    assert answer(pick(question), "j") == "b"


def test_nothing_to_choose() -> None:
    question: Pick[str] = Pick("Which", (), "place", empty="Connect a drive.")
    assert answer(pick(question), "enter", "space", "escape", shows="Connect a drive.") is None


@pytest.mark.parametrize(
    ("keys", "chosen"),
    [
        (["enter"], ("p1", "p3")),
        (["space", "enter"], ("p3",)),
        (["down", "space", "enter"], ("p1", "p2", "p3")),
        (["end", "space", "enter"], ("p1", "p3")),  # refused
        (["escape"], None),
    ],
)
def test_pick_many(keys: list[str], chosen: object) -> None:
    assert answer(many, *keys) == chosen


def test_none_of_many_is_no_answer() -> None:
    keys = ["space", "down", "down", "space", "enter"]
    assert answer(many, *keys, "f12", shows="Nothing is marked. Space marks what the cursor stands on.") == "open"


def test_a_form_is_filled_in() -> None:
    async def fill(front: Front) -> object:
        return await front.fill(scenes.form())

    found = answer(fill, "space", "enter", "x", "enter", "enter", "space", "enter")
    assert found == {"kind": "ssh", "server": "nas.examplex", "password": "secret", "guest": "yes"}
    assert answer(fill, "down", "q", "b", "f1", "escape", "escape") is None  # letters are text here


def test_a_form_keeps_what_was_typed_until_its_check_is_content() -> None:
    tried: list[dict[str, str]] = []
    threads: set[int] = set()

    def check(values: dict[str, str]) -> str | None:
        tried.append(values)
        threads.add(threading.get_ident())
        return None if values["server"] == "nas" else "The name na is not known.\nIs it written correctly?"

    form = Form("Connect", (Field("server", "Server", value="na"),), "share", check=check)
    asked = Asked(lambda front: front.fill(form))

    async def scene(pilot: Pilot[None]) -> None:
        shown = await press(pilot, "enter")
        assert "The name na is not known." in shown
        assert "Is it written correctly?" in shown
        assert asked.answers == []
        await press(pilot, "s", "enter")
        assert asked.answers == [{"server": "nas"}]

    walk(asked, scene)
    assert tried == [{"server": "na"}, {"server": "nas"}]
    assert threading.get_ident() not in threads


def test_a_form_says_what_it_tries_and_tries_once() -> None:
    go, tries = threading.Event(), []

    def check(values: dict[str, str]) -> str | None:
        tries.append(values)
        go.wait(10)
        return None

    form = replace(scenes.form(), check=check)
    asked = Asked(lambda front: front.fill(form))

    async def scene(pilot: Pilot[None]) -> None:
        await pilot.press("end", *["enter"] * 6)
        await pilot.pause()
        assert "Connecting to the server …" in seen(pilot)
        await pilot.press("enter", "escape")
        await pilot.pause()
        go.set()
        await settle(pilot)
        assert asked.answers == [None]  # left; what the check says later counts no more

    walk(asked, scene)
    assert len(tries) == 1


def test_a_password_is_not_shown() -> None:
    form = Form("Connect", (Field("password", "Password", FieldKind.HIDDEN, "hunter2"),), "share")
    asked = Asked(lambda front: front.fill(form))

    async def scene(pilot: Pilot[None]) -> None:
        shown = await press(pilot, "3")
        assert "hunter" not in shown
        assert "••••••••" in shown
        await press(pilot, "enter")
        assert asked.answers == [{"password": "hunter23"}]

    walk(asked, scene)


@pytest.mark.parametrize(
    ("keys", "name"),
    [
        (["enter"], START),
        (["space"], START),
        (["w"], "source"),
        (["P"], "place"),
        (["up", "enter"], "verify"),
        (["up", "up", "space"], "name"),
        (["escape"], None),
        (["z"], "open"),
    ],
)
def test_a_sheet(keys: list[str], name: object) -> None:
    assert answer(lambda front: front.sheet(scenes.sheet()), *keys) == name


def test_a_sheet_begins_with_what_is_missing() -> None:
    sheet = scenes.sheet(missing="place", start="")
    assert answer(lambda front: front.sheet(sheet), "enter", shows="“Backups” on WD Elements 25A3") == "place"


def test_the_estimate_comes_while_the_sheet_is_shown() -> None:
    go = threading.Event()

    def estimate() -> Estimate:
        go.wait(10)
        return scenes.estimate()

    asked = Asked(lambda front: front.sheet(scenes.sheet(estimate=estimate)))

    async def scene(pilot: Pilot[None]) -> None:
        await pilot.press("enter")
        await pilot.pause()
        shown = seen(pilot)
        assert "Estimating …" in shown
        assert "It goes on as soon as the estimate is there." in shown
        assert asked.answers == []
        go.set()
        await settle(pilot)
        assert asked.answers == [START]

    walk(asked, scene, settled=False)


@pytest.mark.parametrize("key", ["enter", "space"])
@pytest.mark.parametrize("fails", [True, False])
def test_a_problem_of_the_estimate_stands_against_the_start(key: str, fails: bool) -> None:
    def estimate() -> Estimate:
        if fails:
            raise RepositoryFullError("40 GiB are missing on the drive.", hint="Choose another place.")
        return Estimate(problem="40 GiB are missing on the drive.", hint="Choose another place.")

    asked = Asked(lambda front: front.sheet(scenes.sheet(estimate=estimate)))

    async def scene(pilot: Pilot[None]) -> None:
        assert "! 40 GiB are missing on the drive." in seen(pilot)
        shown = await press(pilot, key)
        assert shown.count("40 GiB are missing on the drive.") == 2
        assert shown.count("Choose another place.") == 2
        assert asked.answers == []
        await press(pilot, "p")
        assert asked.answers == ["place"]

    walk(asked, scene)


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("", "Nothing was typed, and nothing is written."),
        (" ", "Nothing was typed, and nothing is written."),
        ("yes", "This is not the text, and nothing is written."),
        (scenes.SERIAL.lower(), "This is not the text, and nothing is written."),
        (scenes.SERIAL[:-1], "This is not the text, and nothing is written."),
        (scenes.SERIAL + "4", "This is not the text, and nothing is written."),
        (scenes.SERIAL + " ", "This is not the text, and nothing is written."),
    ],
)
def test_only_the_exact_text_confirms(typed: str, told: str) -> None:
    keys = ["space" if letter == " " else letter for letter in typed]
    assert answer(danger, *keys, "enter", "f12", shows=told) == "open"


def test_the_exact_text_confirms() -> None:
    assert answer(danger, *scenes.SERIAL, "enter") == scenes.SERIAL
    assert answer(danger, "x", "enter", "backspace", *scenes.SERIAL, "enter") == scenes.SERIAL


@pytest.mark.parametrize("key", HARMLESS)
def test_no_key_confirms(key: str) -> None:
    assert answer(danger, key, key, "enter", "space", "enter") == "open"
    assert answer(danger, key, "escape") is None


def test_a_disk_without_identity_is_never_confirmed() -> None:
    for typed in ([], ["x"]):
        asked = Asked(lambda front: front.confirm(replace(scenes.danger(), confirm="")))

        async def scene(pilot: Pilot[None], typed: list[str] = typed, asked: Asked = asked) -> None:
            assert "has no identity that could be typed" in seen(pilot)
            await press(pilot, *typed, "enter", "space", "enter")
            assert asked.answers == []

        walk(asked, scene)


def test_the_steps_scroll_while_the_text_is_typed() -> None:
    async def scene(pilot: Pilot[None]) -> None:
        assert "Afterwards" not in seen(pilot)
        shown = await press(pilot, "Z", "pagedown", "down", "pagedown", "pagedown")
        assert "rescue restore laptop /dev/sda" in shown
        assert "[Z" in shown
        assert f"type {scenes.SERIAL} and press Enter" in shown

    walk(Asked(danger), scene)


def test_a_page_is_searched_and_answered() -> None:
    asked = Asked(lambda front: front.read(scenes.page()))

    async def scene(pilot: Pilot[None]) -> None:
        assert "the drive /dev/sdb has gone away" not in seen(pilot)
        shown = await press(pilot, "slash", *"GONE", "enter")
        assert "the drive /dev/sdb has gone away" in shown
        assert "Found 1 of 1." in shown
        shown = await press(pilot, "slash", *"line", "enter", "n", "n")
        assert "Found 3 of 39." in shown
        shown = await press(pilot, "N")
        assert "Found 2 of 39." in shown
        shown = await press(pilot, "slash", *"nowhere", "enter")
        assert "is not in this text" in shown
        await press(pilot, "slash", "s", "escape")
        assert asked.answers == []
        await press(pilot, "S")
        assert asked.answers == ["s"]

    walk(asked, scene)


def test_a_page_without_search_or_answers_is_only_left() -> None:
    page = Page("Read", tuple(f"line {n}" for n in range(100)))
    asked = Asked(lambda front: front.read(page))

    async def scene(pilot: Pilot[None]) -> None:
        shown = await press(pilot, "slash", "s", "n", "enter", "space", "end")
        assert "line 99" in shown
        assert asked.answers == []
        await press(pilot, "q")
        assert asked.answers == [None]

    walk(asked, scene)


def test_what_takes_long_is_told_and_its_result_or_error_comes_out() -> None:
    go = threading.Event()
    results: list[object] = []

    def slow() -> str:
        go.wait(10)
        return "done"

    def broken() -> str:
        raise RescueError("It broke.")

    async def flow(front: Front) -> None:
        front._moment = 0.0  # type: ignore[attr-defined]
        results.append(await front.busy("Opening the drive …", slow))
        try:
            await front.busy("Looking …", broken)
        except RescueError as error:
            results.append(error.message)
        await front.read(Page("End", ("The end.",)))

    async def scene(pilot: Pilot[None]) -> None:
        shown = await press(pilot, "escape", "enter")
        assert "Opening the drive …" in shown
        assert "This ends by itself" in shown
        assert results == []
        go.set()
        while "The end." not in seen(pilot):
            await pilot.pause()
        assert results == ["done", "It broke."]

    walk(flow, scene)
