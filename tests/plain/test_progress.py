"""A sentence after ten seconds and five percent, whichever comes later; never more."""

import pytest

from rescue.events import Phase, Progress
from rescue.plain.progress import Teller, doing, percent
from rescue.units import GiB, MiB


def at(percents: int, phase: Phase = Phase.BACKUP) -> Progress:
    return Progress(phase, percents * MiB, 100 * MiB, "p1")


def told(*heard: tuple[float, Progress]) -> list[str]:
    teller = Teller()
    return [sentence for now, event in heard if (sentence := teller.hear(event, now))]


def test_the_first_word_of_each_phase_is_told() -> None:
    assert told((0, at(0)), (1, at(50)), (2, at(0, Phase.VERIFY))) == [
        "Backing up: 0 percent, 0 B of 100.0 MiB.",
        "Reading back and comparing: 0 percent, 0 B of 100.0 MiB.",
    ]


@pytest.mark.parametrize(
    ("now", "percents", "is_told"),
    [(9.9, 90, False), (10, 4, False), (10, 5, True), (600, 4, False), (600, 5, True)],
)
def test_the_rarer_one_of_time_and_progress(now: float, percents: int, is_told: bool) -> None:
    assert len(told((0, at(0)), (now, at(percents)))) == 1 + is_told


def test_what_was_told_counts_from_then_on() -> None:
    sentences = told((0, at(0)), (10, at(20)), (19, at(40)), (20, at(41)), (25, at(90)), (30, at(100)))
    assert sentences == [
        "Backing up: 0 percent, 0 B of 100.0 MiB.",
        "Backing up: 20 percent, 20.0 MiB of 100.0 MiB, about 40 s left.",
        "Backing up: 41 percent, 41.0 MiB of 100.0 MiB, about 28 s left.",
        "Backing up: 100 percent, 100.0 MiB of 100.0 MiB, about 0 s left.",
    ]


def test_a_fast_job_of_a_day_says_little() -> None:
    teller = Teller()
    heard = [teller.hear(Progress(Phase.CLONE, second * GiB, 86400 * GiB, ""), second) for second in range(86401)]
    assert sum(sentence is not None for sentence in heard) == 21


def test_who_asks_is_told() -> None:
    teller = Teller()
    assert teller.now(0) == "It has begun."
    teller.hear(at(0), 0)
    teller.hear(at(10), 5)
    assert teller.now(6) == "Backing up: 10 percent, 10.0 MiB of 100.0 MiB."
    assert teller.now(20) == "Backing up: 10 percent, 10.0 MiB of 100.0 MiB, about 3 min 00 s left."


def test_a_check_counts_no_bytes() -> None:
    assert told((0, Progress(Phase.CHECK, 1, 3, ""))) == ["Checking: 33 percent."]


@pytest.mark.parametrize(("done", "total", "expected"), [(0, 0, 100), (5, 4, 100), (1, 3, 33)])
def test_percent(done: int, total: int, expected: int) -> None:
    assert percent(Progress(Phase.CHECK, done, total, "")) == expected


@pytest.mark.parametrize("phase", list(Phase))
def test_every_phase_is_a_sentence(phase: Phase) -> None:
    assert doing(phase)[0].isupper()
