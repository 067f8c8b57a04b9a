"""The seat, with real processes: who leads, who takes over, and what a death changes."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from rescue.devices import locked_nodes
from rescue.errors import SeatRefusedError
from rescue.operations import seat as seats
from rescue.operations.seat import Holder, Seat, Standing

PROJECT = Path(__file__).parents[3]

SCREEN = """
import json, sys
from dataclasses import asdict
from pathlib import Path
from rescue.devices import locked_nodes
from rescue.errors import SeatRefusedError
from rescue.operations.seat import Seat

def tell(**what):
    sys.stdout.write(json.dumps(what) + "\\n")
    sys.stdout.flush()

def told(standing):
    tell(leads=standing.leads, leader=standing.leader.tty, lost=standing.lost)

locked_nodes.FOLDER = Path(sys.argv[1])
seat = Seat(Path(sys.argv[1]), sys.argv[2])
standing = seat.sit(told)
expected = standing.leader
told(standing)
for line in sys.stdin:
    try:
        seat.take_over(expected)
        tell(took=True)
    except SeatRefusedError as error:
        tell(took=False, why=error.message)
    expected = seat.leader()
"""


class Screen:
    """A process that sits; each line to it is a wish to take over from the leader that it knew."""

    def __init__(self, folder: Path, tty: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", SCREEN, str(folder), tty],
            cwd=PROJECT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self) -> None:
        assert self.process.stdin
        self.process.stdin.write("take\n")
        self.process.stdin.flush()

    def tells(self) -> dict[str, Any]:
        assert self.process.stdout
        found: dict[str, Any] = json.loads(self.process.stdout.readline())
        return found

    def answers(self) -> tuple[dict[str, Any], dict[str, Any] | None]:
        """Whether the wish came true, and the change that it made, in whatever order they come."""
        first = self.tells()
        if first.get("took") is False:
            return first, None
        both = (first, self.tells())
        return tuple(sorted(both, key=lambda told: "took" not in told))  # type: ignore[return-value]


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


def test_the_first_one_leads_and_the_second_one_looks(screen: Open) -> None:
    assert screen("tty1").tells() == {"leads": True, "leader": "tty1", "lost": False}
    assert screen("ttyS0").tells() == {"leads": False, "leader": "tty1", "lost": False}


def test_a_killed_leader_frees_the_seat(screen: Open) -> None:
    leader, looker = screen("tty1"), None
    leader.tells()
    looker = screen("ttyS0")
    looker.tells()
    leader.process.kill()
    assert looker.tells() == {"leads": True, "leader": "ttyS0", "lost": False}
    assert screen("tty2").tells() == {"leads": False, "leader": "ttyS0", "lost": False}


def test_taking_over_and_back(screen: Open) -> None:
    leader = screen("tty1")
    leader.tells()
    looker = screen("ttyS0")
    looker.tells()
    looker.ask()
    assert looker.answers() == ({"took": True}, {"leads": True, "leader": "ttyS0", "lost": False})
    assert leader.tells() == {"leads": False, "leader": "ttyS0", "lost": True}
    looker.process.kill()
    assert leader.tells() == {"leads": True, "leader": "tty1", "lost": False}


def test_of_two_that_take_over_at_once_one_leads(screen: Open) -> None:
    leader = screen("tty1")
    leader.tells()
    lookers = [screen("ttyS0"), screen("tty2")]
    for each in lookers:
        each.tells()
    for each in lookers:
        each.ask()
    answers = [each.answers() for each in lookers]
    winners = [change for answer, change in answers if answer["took"]]
    assert len(winners) == 1
    assert winners[0] is not None
    assert leader.tells() == {"leads": False, "leader": winners[0]["leader"], "lost": True}
    assert [answer["why"] for answer, _ in answers if not answer["took"]] == [
        "Another screen takes over at this moment."
    ]


def test_a_third_screen_does_not_slip_in(screen: Open) -> None:
    leader = screen("tty1")
    leader.tells()
    others = [screen(f"tty{number}") for number in (2, 3, 4)]
    for each in others:
        each.tells()
    taker = screen("ttyS0")
    taker.tells()
    taker.ask()
    assert taker.answers()[0] == {"took": True}
    assert leader.tells() == {"leads": False, "leader": "ttyS0", "lost": True}
    assert screen("tty5").tells()["leader"] == "ttyS0"


def test_a_takeover_from_somebody_else_than_was_asked_about(screen: Open) -> None:
    for tty in ("tty1", "ttyS0"):
        looker = screen(tty)
        looker.tells()
    late = screen("tty2")
    late.tells()
    looker.ask()
    assert looker.answers()[0] == {"took": True}
    late.ask()
    assert late.answers()[0] == {"took": False, "why": "Another screen takes over at this moment."}
    late.ask()
    assert late.answers()[0] == {"took": True}


def test_no_takeover_while_a_job_runs(screen: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    leader = screen("tty1")
    leader.tells()
    looker = screen("ttyS0")
    looker.tells()
    monkeypatch.setattr(locked_nodes, "FOLDER", tmp_path)
    with locked_nodes.alone():
        locked_nodes.remember([], [])
    looker.ask()
    answer, _ = looker.answers()
    assert answer["took"] is False
    assert answer["why"].startswith("A job runs, process ")


def test_a_leader_that_does_not_answer_keeps_the_seat(
    screen: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    leader = screen("tty1")
    leader.tells()
    leader.process.send_signal(19)  # SIGSTOP
    monkeypatch.setattr(seats, "ANSWER_SECONDS", 0.1)
    monkeypatch.setattr(locked_nodes, "FOLDER", tmp_path)
    ours = Seat(tmp_path, "ttyS0")
    assert not ours.sit(list[Standing]().append).leads
    with pytest.raises(SeatRefusedError, match="tty1 does not answer"):
        ours.take_over(Holder(leader.process.pid, "tty1"))
