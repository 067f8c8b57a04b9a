"""Keys do what the screen says, and nothing else; who only looks does nothing."""

import pytest
from textual.pilot import Pilot

from rescue.devices.model import Inventory
from rescue.errors import SeatRefusedError, ToolError
from rescue.flows.front import Front
from rescue.operations.seat import Standing
from tests.tui import fakes
from tests.tui.stage import LARGE, SMALL, act, play, settle, text


class Acts:
    """Counts what the program does to the world outside."""

    def __init__(self, standing: Standing = fakes.FREE) -> None:
        self.looks = 0
        self.shells = 0
        self.flows = 0
        self.seat = fakes.FakeSeat(standing)
        self.app = fakes.FakeApp(self._look, fakes.watch_once, self.seat, self._shell, fakes.offer(self._flow))

    async def _flow(self, front: Front) -> None:
        self.flows += 1
        await fakes.nothing(front)

    def _look(self) -> Inventory:
        self.looks += 1
        return fakes.several()

    def _shell(self) -> None:
        self.shells += 1

    @property
    def nothing(self) -> bool:
        """True where nothing was asked of the world but a look at it."""
        return self.looks > 0 and (self.shells, self.seat.asked) == (0, [])


@pytest.mark.parametrize("size", [SMALL, LARGE])
@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("b", ["It does nothing."]),
        ("R", ["It does nothing."]),
        ("c", ["It does nothing."]),
        ("f1", ["This screen shows every disk of this computer, and changes nothing.", "“exit” comes back"]),
        ("?", ["This screen shows every disk of this computer, and changes nothing."]),
    ],
)
def test_what_keys_show(size: tuple[int, int], key: str, words: list[str]) -> None:
    acts = Acts()
    shown = play(acts.app, key, size=size)
    for each in words:
        assert each in shown
    assert acts.nothing


@pytest.mark.parametrize("key", ["s", "S"])
def test_a_shell_and_a_look_afterwards(key: str) -> None:
    acts = Acts()
    play(acts.app, key)
    assert (acts.shells, acts.looks) == (1, 2)


def test_a_shell_that_cannot_be_opened() -> None:
    def shell() -> None:
        raise ToolError("`/bin/nosuch` cannot be started: No such file or directory.")

    app = fakes.FakeApp(fakes.several, fakes.watch_once, fakes.FakeSeat(), shell)
    assert "`/bin/nosuch` cannot be started" in play(app, "s")


@pytest.mark.parametrize("key", ["q", "Q", "ctrl+c", "ctrl+q"])
def test_quit(key: str) -> None:
    acts = Acts()

    async def leave(pilot: Pilot[None]) -> None:
        await pilot.press(key)
        await pilot.pause()
        assert acts.app.return_code == 0

    act(acts.app, leave)
    assert acts.nothing


HARMLESS = ["enter", "space", "escape", "tab", "left", "right", "delete", "y", "n", "x", "backspace"]


@pytest.mark.parametrize("first", ["", "b", "r", "c", "f1", "t"])
def test_no_harmless_key_does_anything(first: str) -> None:
    for standing in (fakes.FREE, fakes.LEADS, fakes.LOOKS):
        acts = Acts(standing)
        keys = [each for key in HARMLESS if (first, key) != ("t", "y") for each in (first, key) if each]
        play(acts.app, *keys)
        if first == "t" and standing.looks:
            acts.seat.asked.clear()  # y of the list, while the question was open
        assert acts.nothing


@pytest.mark.parametrize("key", ["enter", "space"])
@pytest.mark.parametrize("moves", [[], ["right", "right"]])
def test_enter_on_a_choice_begins_it(key: str, moves: list[str]) -> None:
    acts = Acts()
    assert "It does nothing." in play(acts.app, *moves, key)
    assert acts.flows == 1
    assert acts.nothing


@pytest.mark.parametrize("key", ["b", "r", "c", "s", "enter", "B", "S"])
def test_who_only_looks_is_told_why(key: str) -> None:
    acts = Acts(fakes.LOOKS)
    shown = play(acts.app, key)
    assert "Rescue is open on tty1, and that screen leads." in shown
    assert "It does nothing." not in shown
    assert acts.nothing
    acts = Acts(fakes.LOOKS)
    play(acts.app, key, "s")  # the notice opens no shell either
    assert acts.nothing


def test_who_looks_may_still_look_again() -> None:
    acts = Acts(fakes.LOOKS)
    play(acts.app, "f5")
    assert acts.looks == 2


@pytest.mark.parametrize("answer", ["n", "N", "escape", "enter", "space", "x"])
def test_taking_over_is_asked_and_no_is_the_default(answer: str) -> None:
    acts = Acts(fakes.LOOKS)
    assert "The screen on tty1 leads now" in play(acts.app, "t")
    acts = Acts(fakes.LOOKS)
    play(acts.app, "t", answer)
    assert acts.nothing


@pytest.mark.parametrize("key", ["t", "T"])
def test_taking_over(key: str) -> None:
    acts = Acts(fakes.LOOKS)
    shown = play(acts.app, key, "y")
    assert acts.seat.asked == [fakes.OTHER]
    assert "only looks" not in shown
    assert "Disks to a repository" in shown


@pytest.mark.parametrize("standing", [fakes.FREE, fakes.LEADS])
def test_where_nobody_else_leads_there_is_nothing_to_take_over(standing: Standing) -> None:
    acts = Acts(standing)
    assert "Take over" not in play(acts.app, "t", "y")
    assert acts.nothing


def test_a_refusal_is_told() -> None:
    acts = Acts(fakes.LOOKS)
    acts.seat.refusal = SeatRefusedError("The screen on tty1 does not answer.", hint="Its process is 7.")
    shown = play(acts.app, "t", "y")
    assert "The screen on tty1 does not answer." in shown
    assert "Its process is 7." in shown


def test_who_lost_the_seat_is_told_by_whom_and_does_nothing_more() -> None:
    acts = Acts()

    async def lose(pilot: Pilot[None]) -> None:
        await pilot.press("b")
        acts.seat.becomes(Standing(False, fakes.OTHER, lost=True))
        await settle(pilot)
        shown = text(acts.app)
        assert "The screen on tty1 took over. This screen only looks. T takes over." in shown
        assert "It does nothing." not in shown
        await pilot.press("s")
        await settle(pilot)
        assert "that screen leads" in text(acts.app)

    act(acts.app, lose)
    assert acts.nothing


@pytest.mark.parametrize("key", ["b", "r", "c", "s", "enter"])
def test_who_acts_first_leads_and_nobody_is_told_anything(key: str) -> None:
    acts = Acts()
    shown = play(acts.app, key)
    assert acts.seat.standing == fakes.LEADS
    assert "only looks" not in shown
    assert ("It does nothing." in shown) == (key != "s")  # the change that this screen made itself closes nothing
    assert acts.shells == (key == "s")


@pytest.mark.parametrize("key", ["f1", "f5", "t", "up", "pagedown", "tab", "escape", "x"])
def test_looking_takes_no_seat(key: str) -> None:
    acts = Acts()
    play(acts.app, key)
    assert acts.seat.standing == fakes.FREE


@pytest.mark.parametrize("key", ["b", "s", "enter"])
def test_who_is_a_moment_too_late_does_nothing(key: str) -> None:
    acts = Acts()

    async def lose(pilot: Pilot[None]) -> None:
        assert "only looks" not in text(acts.app)
        acts.seat.standing = fakes.LOOKS  # the word of it is still on its way
        await pilot.press(key)
        await settle(pilot)
        assert "Rescue is open on tty1, and that screen leads." in text(acts.app)
        acts.seat.changed()
        await pilot.press("escape")
        await settle(pilot)
        assert "Rescue is open on tty1. This screen only looks. T takes over." in text(acts.app)

    act(acts.app, lose)
    assert acts.nothing


def test_a_leader_that_ends_makes_a_looker_free() -> None:
    acts = Acts(fakes.LOOKS)

    async def win(pilot: Pilot[None]) -> None:
        await pilot.press("t")
        acts.seat.becomes(fakes.FREE)
        await settle(pilot)
        shown = text(acts.app)
        assert "only looks" not in shown
        assert "Take over" not in shown
        assert "Disks to a repository" in shown
        await pilot.press("s")
        await settle(pilot)

    act(acts.app, win)
    assert acts.seat.standing == fakes.LEADS
    assert acts.shells == 1
