"""What is said about a running job is honest: nothing before it is known, nothing that is not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rescue.events import Event, JobStarted, Note, Outcome, Part, Phase, Progress, RegionFinished
from rescue.flows.progress import Course, PartState, reads_back, rounded, sparkline
from rescue.units import GiB, MiB

PARTS = (Part("p1", "p1 vfat", GiB), Part("p2", "p2 ext4 “root”", 8 * GiB), Part("p3", "p3 (between partitions)", GiB))
TOTAL = 10 * GiB
CLONE = ("clone", "/dev/sda", "/dev/sdb")


def at(done: int, part: Part = PARTS[1], phase: Phase = Phase.CLONE) -> Progress:
    return Progress(phase, done, TOTAL, part.text)


def course(*events: Event, words: tuple[str, ...] = CLONE, seconds: int = 0, speed: int = 100 * MiB) -> Course:
    """A job that has said something, and goes on for some seconds at one speed."""
    found = Course(words)
    found.hear([JobStarted("clone", (), PARTS), *events], 0.0)
    for second in range(1, seconds + 1):
        found.hear([at(second * speed)], float(second))
    return found


def test_nothing_is_said_before_it_is_measured() -> None:
    assert course().time_left(1.0) == ""
    assert course().sentence() == "Preparing: nothing has been copied yet."
    assert course(seconds=9).time_left(9.0) == "measuring how long it takes"
    assert "left" in course(seconds=12).time_left(12.0)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((*CLONE, "--no-verify"), "about 1 min left"),
        (CLONE, "about 3 min left, reading back included"),
        (("backup", "/dev/sda", "--verify"), "about 1 min left, then it is read back"),
        (("backup", "/dev/sda"), "about 1 min left"),
    ],
)
def test_reading_back_is_part_of_the_time(words: tuple[str, ...], told: str) -> None:
    assert course(words=words, seconds=20).time_left(20.0) == told


def test_after_a_stall_the_stall_is_told_and_no_time() -> None:
    found = course(seconds=30)
    for second in range(31, 71):
        found.hear([], float(second))
    assert found.time_left(70.0) == "nothing has moved for 40 s"
    assert found.rate() == 0
    found.hear([at(31 * 100 * MiB)], 71.0)
    assert "left" in found.time_left(71.0)


def test_the_step_of_reading_back_is_measured_anew() -> None:
    found = course(seconds=30)
    found.hear([at(GiB, PARTS[0], Phase.VERIFY)], 31.0)
    assert found.step == (2, 2)
    assert found.rate() == 0
    assert found.time_left(32.0) == "measuring how long it takes"
    for second in range(32, 50):
        found.hear([at(GiB + (second - 31) * 300 * MiB, PARTS[1], Phase.VERIFY)], float(second))
    assert found.time_left(49.0) == "less than a minute left"


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (0, "less than a minute"),
        (59, "less than a minute"),
        (60, "about 1 min"),
        (12 * 60 + 20, "about 12 min"),
        (19 * 60, "about 19 min"),
        (22 * 60, "about 20 min"),
        (58 * 60, "about 1 h"),
        (84 * 60, "about 1 h 20 min"),
        (11 * 3600 + 20 * 60, "about 11 h"),
    ],
)
def test_times_claim_no_more_than_is_known(seconds: int, told: str) -> None:
    assert rounded(seconds) == told


@given(st.integers(60, 10**6))
def test_rounded_times_are_near(seconds: int) -> None:
    words = rounded(seconds).split()
    units = {"min": 60, "h": 3600}
    told = sum(int(number) * units[unit] for number, unit in zip(words[1::2], words[2::2], strict=True))
    assert abs(told - seconds) <= max(30, seconds * 0.13)


def test_parts_are_copied_in_their_order() -> None:
    found = course(at(0, PARTS[0]))
    assert [view.state for view in found.views()] == [PartState.RUNNING, PartState.WAITING, PartState.WAITING]
    found.hear([at(5 * GiB)], 1.0)
    assert [view.state for view in found.views()] == [PartState.DONE, PartState.RUNNING, PartState.WAITING]
    assert [view.done for view in found.views()] == [GiB, 4 * GiB, 0]
    found.hear([at(TOTAL, PARTS[2])], 2.0)
    assert [view.done for view in found.views()] == [part.size for part in PARTS]
    assert found.sentence() == "Copying p3 (between partitions) to the other disk (3 of 3)"


def test_one_part_runs_at_a_time() -> None:
    running = [view.part.name for view in course(at(9 * GiB + MiB)).views() if view.state is PartState.RUNNING]
    assert running == ["p2"]  # as the job says
    unnamed = course(Progress(Phase.CLONE, 9 * GiB + MiB, TOTAL, "something"))
    assert [view.part.name for view in unnamed.views() if view.state is PartState.RUNNING] == ["p3"]


def test_results_of_parts_come_with_their_reasons() -> None:
    found = course(
        at(TOTAL, PARTS[2]),
        RegionFinished("p1 vfat", Outcome.OK),
        RegionFinished("p2 ext4 “root”", Outcome.PARTIAL, ("3 sectors are missing.",)),
        RegionFinished("p3", Outcome.FAILED, ("The drive is gone.",)),
    )
    states = [(view.state.value, view.reasons) for view in found.views()]
    assert states == [("+", ()), ("!", ("3 sectors are missing.",)), ("x", ("The drive is gone.",))]
    assert "p2 ext4 “root”: PARTIAL. 3 sectors are missing." in found.log


def test_a_job_that_tells_no_parts() -> None:
    found = Course(("check", "--repo", "/r"))
    found.hear([Progress(Phase.CHECK, 5, 10, "index/1"), Note("p1", "All blocks."), Note("", "Begun.")], 0.0)
    assert found.views() == ()
    assert found.percent == 50
    assert found.step == (1, 1)
    assert found.sentence() == "Checking index/1"
    assert found.log == ["p1: All blocks.", "Begun."]


def test_a_hundred_percent_is_all() -> None:
    assert course(at(TOTAL - 1)).percent == 99
    assert course(at(TOTAL)).percent == 100
    assert course(Progress(Phase.CLONE, 0, 0, "")).percent == 0


def test_samples_are_bytes_of_a_second() -> None:
    found = course(at(0), seconds=5)
    assert found.samples(10) == [100 * MiB] * 5
    assert found.samples(2) == [100 * MiB] * 2
    assert found.samples(0) == []


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        (("restore", "x", "/dev/sda"), True),
        (("restore", "x", "/dev/sda", "--no-verify"), False),
        (("backup", "/dev/sda", "--verify"), True),
        (("backup", "/dev/sda"), False),
        (("check", "--repo", "r"), False),
        ((), False),
    ],
)
def test_which_commands_read_back(words: tuple[str, ...], wanted: bool) -> None:
    assert reads_back(words) is wanted


def test_the_curve() -> None:
    assert sparkline([0, 1, 2, 3, 4], 5) == ("   ▄█", "·▄███")
    assert sparkline([8], 3) == ("  █", "  █")
    assert sparkline([], 3) == ("   ", "   ")
    assert sparkline([0, 0], 2) == ("  ", "··")
    assert sparkline([9, 9, 1], 1) == ("█", "█")


@given(st.lists(st.integers(-5, 2**50), max_size=50), st.integers(1, 40))
def test_the_curve_is_as_wide_as_asked_and_of_console_glyphs(values: list[int], width: int) -> None:
    upper, lower = sparkline(values, width)
    assert len(upper) == len(lower) == width
    assert set(upper + lower) <= set(" ·▄█")
