"""A sentence after ten seconds and five percent, whichever comes later; never more."""

import pytest

from rescue.events import JobStarted, Part, Phase, Progress
from rescue.plain.progress import Teller
from rescue.units import GiB, MiB

WORDS = ("backup", "/dev/sda", "--verify")


def at(percents: int, phase: Phase = Phase.BACKUP) -> Progress:
    return Progress(phase, percents * MiB, 100 * MiB, "p1")


def told(*heard: tuple[float, Progress]) -> list[str]:
    teller = Teller(WORDS)
    return [sentence for now, event in heard if (sentence := teller.hear(event, now))]


def test_the_first_word_of_each_phase_is_told() -> None:
    assert told((0, at(0)), (1, at(50)), (2, at(0, Phase.VERIFY))) == [
        "Copying p1 into the backup: 0 percent, 0 B of 100.0 MiB, measuring how long it takes.",
        "Reading p1 back and comparing it: 0 percent, 0 B of 100.0 MiB, measuring how long it takes.",
    ]


@pytest.mark.parametrize(
    ("now", "percents", "is_told"),
    [(9.9, 90, False), (10, 4, False), (10, 5, True), (600, 4, False), (600, 5, True)],
)
def test_the_rarer_one_of_time_and_progress(now: float, percents: int, is_told: bool) -> None:
    assert len(told((0, at(0)), (now, at(percents)))) == 1 + is_told


def test_what_was_told_counts_from_then_on() -> None:
    sentences = told((0, at(0)), (10, at(20)), (19, at(40)), (20, at(41)), (25, at(90)), (30, at(100)))
    assert [sentence.split(", ")[0] for sentence in sentences] == [
        "Copying p1 into the backup: 0 percent",
        "Copying p1 into the backup: 20 percent",
        "Copying p1 into the backup: 41 percent",
        "Copying p1 into the backup: 100 percent",
    ]
    assert sentences[1].endswith("20.0 MiB of 100.0 MiB, less than a minute left, then it is read back.")


def test_a_fast_job_of_a_day_says_little() -> None:
    teller = Teller(("clone",))
    heard = [teller.hear(Progress(Phase.CLONE, second * GiB, 86400 * GiB, ""), second) for second in range(86401)]
    assert sum(sentence is not None for sentence in heard) == 21


def test_who_asks_is_told() -> None:
    teller = Teller(WORDS)
    assert teller.tell(0) == "Preparing: nothing has been copied yet."
    assert teller.hear(JobStarted("backup", ("Read it.",), (Part("p1", "p1", MiB), Part("p2", "p2", MiB))), 0) is None
    teller.hear(at(0), 0)
    teller.hear(at(10), 5)
    assert teller.tell(6) == (
        "Copying p1 into the backup (1 of 2): 10 percent, 10.0 MiB of 100.0 MiB, measuring how long it takes."
    )


def test_who_asks_hears_that_nothing_moves() -> None:
    teller = Teller(WORDS)
    teller.hear(at(10), 5)
    assert teller.tell(70).endswith("nothing has moved for 1 min 05 s.")


def test_a_check_counts_no_bytes() -> None:
    (sentence,) = told((0, Progress(Phase.CHECK, 1, 3, "pack 1")))
    assert sentence.startswith("Checking pack 1: 33 percent, measuring")


@pytest.mark.parametrize("phase", list(Phase))
def test_every_phase_is_a_sentence(phase: Phase) -> None:
    (sentence,) = told((0, at(5, phase)))
    assert sentence[0].isupper()
    assert "p1" in sentence
