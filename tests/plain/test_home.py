"""The first page: nothing is done by an empty line; of several screens the one leads on which somebody acts."""

import asyncio
import io

import pytest

from rescue.errors import RescueError, SeatRefusedError
from rescue.flows.front import Choice
from rescue.flows.offer import Offer
from rescue.operations.jobs import Job
from rescue.plain.front import PlainFront
from rescue.plain.home import Leading, home
from tests.flows import values
from tests.tui.fakes import LEADS, LOOKS, FakeSeat


class Stage:
    """The first page with two things to do; what was done."""

    def __init__(self, seat: FakeSeat | None = None) -> None:
        self.seat = seat or FakeSeat()
        self.seat.changed = lambda: None
        self.done: list[str] = []
        self.error: RescueError | None = None
        self.jobs: list[Job] = []
        self.ends = False
        self.target = io.StringIO()

    def play(self, *lines: str) -> str:
        leading = Leading(self.seat)
        self.front = PlainFront(io.StringIO("".join(f"{line}\n" for line in lines)), self.target, leading.lost)
        choices = (Choice("b", "Back up", "a copy", self._back_up), Choice("r", "Restore", "it back", self._restore))
        asyncio.run(home(self.front, Offer(choices, lambda: self.jobs, self._attend), leading))
        return self.target.getvalue()

    async def _back_up(self) -> bool:
        self.done.append("backup")
        if self.error:
            raise self.error
        return self.ends

    async def _attend(self, job: Job) -> None:
        self.done.append(f"attend {job.title}")

    async def _restore(self) -> None:
        typed = await self.front.ask("Snapshot;", "restore")
        self.done.append(f"restore {typed}")


@pytest.mark.parametrize(
    ("lines", "done"),
    [
        (["1"], ["backup"]),
        (["1", "2", "x", "q", "1"], ["backup", "restore x"]),
        (["", "b", "?", "3", "back up", "q"], []),
        ([], []),
    ],
)
def test_a_number_does_something(lines: list[str], done: list[str]) -> None:
    stage = Stage()
    said = stage.play(*lines)
    assert stage.done == done
    assert "1. Back up: a copy\n2. Restore: it back\nNumber; q leaves Rescue, ? is help:" in said


def test_an_empty_line_leaves_nothing() -> None:
    said = Stage().play("", "b", "9")
    assert said.count("This is the first page. q leaves Rescue.") == 2
    assert said.count("1. Back up") == 1
    assert "“9” is not a number from 1 to 2." in said


def test_a_flow_can_end_the_program() -> None:
    stage = Stage()
    stage.ends = True
    stage.play("1", "1", "1")
    assert stage.done == ["backup"]


def test_jobs_are_found_again() -> None:
    stage = Stage()
    stage.jobs = [values.job("Clone /dev/sda", alive=True), values.job("Verify monday")]
    said = stage.play("4", "3", "q")
    assert "3. Job: Clone /dev/sda; it runs\n4. Job: Verify monday; it has ended\n" in said
    assert stage.done == ["attend Verify monday", "attend Clone /dev/sda"]


def test_the_end_of_the_input_goes_back_all_the_way() -> None:
    stage = Stage()
    stage.play("2")
    assert stage.done == ["restore None"]


def test_what_went_wrong_is_said() -> None:
    stage = Stage()
    stage.error = RescueError("The drive is gone.", hint="Connect it again.")
    said = stage.play("1", "2", "x", "q")
    assert "The drive is gone.\nConnect it again.\n" in said
    assert stage.done == ["backup", "restore x"]


def test_acting_takes_the_seat() -> None:
    stage = Stage()
    stage.play("", "?", "q")
    assert not stage.seat.standing.leads
    stage.play("1", "q")
    assert stage.seat.standing.leads


@pytest.mark.parametrize("answer", ["", "b", "n", "1", "yess"])
def test_another_one_leads(answer: str) -> None:
    stage = Stage(FakeSeat(LOOKS))
    said = stage.play("1", answer, "q")
    assert stage.done == []
    assert stage.seat.asked == []
    assert "Rescue is open on tty1, and that screen leads. This one only looks." in said
    assert "Take over? It then only looks." in said


def test_the_end_of_the_input_does_not_take_over() -> None:
    stage = Stage(FakeSeat(LOOKS))
    stage.play("1")
    assert stage.seat.asked == []


@pytest.mark.parametrize("answer", ["y", "YES"])
def test_taking_over_is_asked_once(answer: str) -> None:
    stage = Stage(FakeSeat(LOOKS))
    stage.play("1", answer, "1", "q")
    assert stage.done == ["backup", "backup"]
    assert len(stage.seat.asked) == 1


def test_taking_over_is_refused() -> None:
    stage = Stage(FakeSeat(LOOKS, SeatRefusedError("A job runs.", hint="Wait.")))
    said = stage.play("1", "y", "q")
    assert stage.done == []
    assert "A job runs.\nWait.\n" in said


def test_who_lost_the_seat_does_nothing_more_until_they_take_it_back() -> None:
    stage = Stage()

    async def lose_it() -> None:
        stage.seat.becomes(LOOKS)
        typed = await stage.front.ask("Snapshot;", "restore")
        stage.done.append(f"restore {typed}")

    stage._restore = lose_it  # type: ignore[method-assign]
    said = stage.play("2", "x", "1", "n", "1", "y", "q")
    assert stage.done == ["restore None", "backup"]
    assert said.count("The screen on tty1 took over. This one only looks from now on.") == 1
    assert stage.seat.standing == LEADS
