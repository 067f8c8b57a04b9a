"""The seat, with real processes: who leads, who takes over, and what a death changes."""

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from rescue.devices import locked_nodes
from rescue.errors import SeatRefusedError
from rescue.operations import seat as seats
from rescue.operations.seat import Holder, Seat

PROJECT = Path(__file__).parents[3]

SCREEN = """
import json, sys
from pathlib import Path
from rescue.devices import locked_nodes
from rescue.errors import SeatRefusedError
from rescue.operations.seat import Holder, Seat

def tell(**what):
    sys.stdout.write(json.dumps(what) + "\\n")
    sys.stdout.flush()

def plain(standing):
    leader = standing.leader
    return {"leads": standing.leads, "leader": leader and leader.tty, "lost": standing.lost}

locked_nodes.FOLDER = Path(sys.argv[1])
seat = Seat(Path(sys.argv[1]), sys.argv[2])
standing = seat.sit(lambda: tell(**plain(seat.standing)))
tell(**plain(standing))
for line in sys.stdin:
    if line == "act\\n":
        tell(acts=seat.claim().leads, **plain(seat.standing))
    else:
        pid, tty = line.split()
        try:
            seat.take_over(Holder(int(pid), tty))
            tell(took=True)
        except SeatRefusedError as error:
            tell(took=False, why=error.message)
"""
FREE: dict[str, Any] = {"leads": False, "leader": None, "lost": False}


def led_by(tty: str, *, lost: bool = False) -> dict[str, Any]:
    return {"leads": False, "leader": tty, "lost": lost}


def leading(tty: str) -> dict[str, Any]:
    return {"leads": True, "leader": tty, "lost": False}


class Screen:
    """A process that sits; each line to it is a wish: to act, or to take over from a leader."""

    def __init__(self, folder: Path, tty: str) -> None:
        self.tty = tty
        self.process = subprocess.Popen(
            [sys.executable, "-c", SCREEN, str(folder), tty],
            cwd=PROJECT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def wishes(self, word: str) -> None:
        assert self.process.stdin
        self.process.stdin.write(f"{word}\n")
        self.process.stdin.flush()

    def tells(self) -> dict[str, Any]:
        """The next thing that it says, but for the news that it leads, which is its own doing."""
        assert self.process.stdout
        while (found := json.loads(self.process.stdout.readline())) == leading(self.tty):
            pass
        return dict(found)

    def acts(self) -> bool:
        """Whether it may act; what it says of changes meanwhile is passed over."""
        self.wishes("act")
        return self.acted()

    def acted(self) -> bool:
        while "acts" not in (told := self.tells()):
            pass
        assert told["acts"] == told["leads"]
        return bool(told["acts"])

    def answers(self) -> dict[str, Any]:
        """Whether it took over; what it says of changes meanwhile is passed over."""
        while "took" not in (told := self.tells()):
            pass
        return told

    def wants_the_seat_of(self, leader: "Screen") -> None:
        self.wishes(f"{leader.process.pid} {leader.tty}")

    def takes_over(self, leader: "Screen") -> None:
        self.wants_the_seat_of(leader)
        assert self.answers() == {"took": True}

    def dies(self) -> None:
        self.process.kill()
        self.process.wait()


Open = Callable[[str], Screen]


@pytest.fixture
def screen(tmp_path: Path) -> Iterator[Open]:
    screens: list[Screen] = []

    def start(tty: str) -> Screen:
        screens.append(Screen(tmp_path, tty))
        return screens[-1]

    yield start
    for each in screens:
        each.process.kill()
        each.process.communicate()


@pytest.fixture
def several(screen: Open) -> Callable[..., list[Screen]]:
    """Opens screens, the first of which leads; all of them know it."""

    def start(*ttys: str) -> list[Screen]:
        screens = [screen(tty) for tty in ttys]
        for each in screens:
            assert each.tells() == FREE
        assert screens[0].acts()
        for each in screens[1:]:
            assert each.tells() == led_by(ttys[0])
        return screens

    return start


Several = Callable[..., list[Screen]]


def test_nobody_leads_until_somebody_acts(screen: Open) -> None:
    here, there = screen("tty1"), screen("ttyS0")
    assert (here.tells(), there.tells()) == (FREE, FREE)
    assert there.acts()
    assert here.tells() == led_by("ttyS0")  # at once, and without asking
    assert not here.acts()
    assert there.acts()
    assert screen("tty2").tells() == led_by("ttyS0")


def test_of_two_first_acts_at_once_one_counts(screen: Open) -> None:
    for _ in range(10):
        screens = [screen("tty1"), screen("ttyS0")]
        for each in screens:
            assert each.tells() == FREE
        for each in screens:
            each.wishes("act")
        acted = [each.acted() for each in screens]
        assert sorted(acted) == [False, True]
        winner, loser = screens if acted[0] else reversed(screens)
        late = screen("tty2")
        assert late.tells() == led_by(winner.tty)
        assert not loser.acts()
        for each in (winner, loser, late):
            each.dies()


def test_a_killed_leader_frees_the_seat(several: Several, screen: Open) -> None:
    leader, *lookers = several("tty1", "ttyS0", "tty2")
    leader.dies()
    assert [each.tells() for each in lookers] == [FREE, FREE]
    assert screen("tty3").tells() == FREE
    assert lookers[1].acts()
    assert lookers[0].tells() == led_by("tty2")


def test_a_looker_that_dies_changes_nothing(several: Several) -> None:
    leader, looker, other = several("tty1", "ttyS0", "tty2")
    looker.dies()
    other.takes_over(leader)
    assert leader.tells() == led_by("tty2", lost=True)


def test_taking_over_and_back(several: Several) -> None:
    leader, looker = several("tty1", "ttyS0")
    looker.takes_over(leader)
    assert leader.tells() == led_by("ttyS0", lost=True)
    assert looker.acts()
    assert not leader.acts()
    leader.takes_over(looker)
    assert looker.tells() == led_by("tty1", lost=True)
    assert leader.acts()
    assert not looker.acts()
    leader.dies()
    assert looker.tells() == FREE


def test_a_third_screen_names_the_one_who_leads_now(several: Several) -> None:
    leader, looker, third = several("tty1", "ttyS0", "tty2")
    looker.takes_over(leader)
    assert third.tells() == led_by("ttyS0")
    looker.dies()
    assert third.tells() == FREE


def test_the_seat_is_never_free_while_it_is_handed_on(several: Several) -> None:
    """Others act all the time, and none of them gets in."""
    one, two, *others = several("tty1", "ttyS0", "tty2", "tty3")
    for _ in range(20):
        for each in others:
            each.wishes("act")
        two.takes_over(one)
        assert not any(each.acted() for each in others)
        one, two = two, one


def test_of_two_that_take_over_at_once_one_leads(several: Several) -> None:
    leader, *lookers = several("tty1", "ttyS0", "tty2")
    for each in lookers:
        each.wants_the_seat_of(leader)
    answers = [each.answers() for each in lookers]
    assert sorted(answer["took"] for answer in answers) == [False, True]
    winner, loser = lookers if answers[0]["took"] else reversed(lookers)
    assert leader.tells() == led_by(winner.tty, lost=True)
    assert winner.acts()
    assert not loser.acts()
    assert [answer["why"] for answer in answers if not answer["took"]] == ["Another screen takes over at this moment."]


def test_a_takeover_from_somebody_else_than_was_asked_about(several: Several) -> None:
    leader, looker, late = several("tty1", "ttyS0", "tty2")
    looker.takes_over(leader)
    assert late.tells() == led_by("ttyS0")
    late.wants_the_seat_of(leader)
    assert late.answers() == {"took": False, "why": "Another screen takes over at this moment."}
    late.takes_over(looker)


def test_a_takeover_from_somebody_who_has_left(several: Several) -> None:
    leader, looker = several("tty1", "ttyS0")
    leader.dies()
    assert looker.tells() == FREE
    looker.wants_the_seat_of(leader)
    assert looker.answers() == {"took": True}
    assert looker.acts()


def test_a_job_does_not_keep_the_seat(several: Several, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It has a process of its own: whoever cannot reach the leading screen any more can look after it."""
    leader, looker = several("tty1", "ttyS0")
    monkeypatch.setattr(locked_nodes, "FOLDER", tmp_path)
    with locked_nodes.alone():
        locked_nodes.remember([], [])
    looker.wants_the_seat_of(leader)
    assert looker.answers() == {"took": True}
    assert looker.acts()


def test_a_leader_that_does_not_answer_keeps_the_seat(
    several: Several, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (leader,) = several("tty1")
    leader.process.send_signal(19)  # SIGSTOP
    monkeypatch.setattr(seats, "ANSWER_SECONDS", 0.1)
    monkeypatch.setattr(locked_nodes, "FOLDER", tmp_path)
    ours = Seat(tmp_path, "ttyS0")
    changed = threading.Event()
    assert ours.sit(changed.set).looks
    with pytest.raises(SeatRefusedError, match="tty1 does not answer"):
        ours.take_over(Holder(leader.process.pid, "tty1"))
    assert ours.standing.looks
    leader.process.send_signal(18)  # SIGCONT: it hears the wish of before, which nobody has any more
    assert changed.wait(10)
    assert ours.standing.leader is None


def test_more_words_than_a_stopped_screen_can_keep(several: Several) -> None:
    leader, looker, stopped = several("tty1", "ttyS0", "tty2")
    stopped.process.send_signal(19)
    for _ in range(10):
        looker.takes_over(leader)
        leader.takes_over(looker)
    looker.takes_over(leader)
    stopped.process.send_signal(18)
    told = stopped.tells()
    while told != led_by("ttyS0"):
        told = stopped.tells()
