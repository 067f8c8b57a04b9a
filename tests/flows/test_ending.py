"""How a job ended, as its events tell it."""

from rescue.events import JobFailed, JobFinished, Note, Outcome, RegionFinished, Touched
from rescue.flows.ending import ending_of
from tests.flows import values

JOB = values.job()
GOOD = JobFinished("backup", Outcome.OK, {})


def test_a_region_is_told_once_with_the_worse_verdict() -> None:
    copied, read_back = RegionFinished("p1 ext4", Outcome.OK), RegionFinished("p1 ext4", Outcome.FAILED, ("differs",))
    other = RegionFinished("p2 ext4", Outcome.PARTIAL, ("3 sectors",))
    again = RegionFinished("p2 ext4", Outcome.OK)
    assert ending_of(JOB, [copied, other, read_back, again, GOOD]).regions == (read_back, other)


def test_no_word_at_the_end_is_a_failure() -> None:
    ending = ending_of(JOB, [Note("", "Looking …")])
    assert (ending.outcome, ending.finished, ending.error, ending.touched) == (Outcome.FAILED, None, None, False)


def test_an_error_after_a_result_is_a_failure() -> None:
    error = JobFailed("The report cannot be kept.", "", 1)
    assert ending_of(JOB, [GOOD, error]).outcome is Outcome.FAILED


def test_whether_the_target_was_touched() -> None:
    assert ending_of(JOB, [Touched("/dev/sda"), JobFailed("Gone.", "", 21)]).touched
    assert not ending_of(JOB, [JobFailed("Mounted.", "", 15)]).touched
