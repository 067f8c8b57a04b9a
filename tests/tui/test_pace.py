"""Drawing leaves the processor to the job."""

from __future__ import annotations

from rescue.tui.pace import LONGEST, SHORTEST, Pace


class Machine:
    """A computer on which drawing once takes `cost` seconds of its processor."""

    def __init__(self, cost: float) -> None:
        self.cost = cost
        self.spent = self.now = 0.0
        self.pace = Pace(lambda: self.spent, lambda: self.now)

    def draw(self, times: int) -> list[float]:
        """The waits between so many times."""
        waits = []
        for _ in range(times):
            waits.append(self.pace.next())
            self.now += waits[-1] + self.cost
            self.spent += self.cost
        return waits


def test_a_quick_computer_is_drawn_often() -> None:
    assert set(Machine(0.005).draw(50)) == {SHORTEST}


def test_a_slow_computer_keeps_its_processor_for_the_job() -> None:
    machine = Machine(0.2)
    waits = machine.draw(50)
    assert waits[0] == SHORTEST
    assert waits[-1] == LONGEST
    assert machine.spent / machine.now < 0.15


def test_it_is_drawn_often_again_when_that_costs_little_again() -> None:
    machine = Machine(0.2)
    machine.draw(10)
    machine.cost = 0.005
    assert machine.draw(10)[-1] == SHORTEST


def test_a_clock_that_stands_still_changes_nothing() -> None:
    assert [Pace(lambda: 1.0, lambda: 1.0).next() for _ in range(3)] == [SHORTEST] * 3
