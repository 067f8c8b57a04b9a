"""Jobs are found again by a screen that did not start them."""

from pathlib import Path

from rescue.errors import RepositoryAccessError
from rescue.events import JobFailed, JobFinished, Outcome
from rescue.flows import running
from rescue.flows.ending import Ending
from tests.flows import values
from tests.flows.fakes import FakeEngine, play, read, watch

LOST = JobFailed("The drive does not answer.", "", RepositoryAccessError.exit_code)
REPOSITORY = Path("/places/Drive sdb/rescue")


def test_a_job_is_shown_and_then_forgotten() -> None:
    job = values.job("Back up this", detail=running.detail(running.BACKUP))
    engine = FakeEngine(running=[job])
    front = play(
        lambda front: running.attend(front, engine, job),
        watch("Back up this", JobFinished("backup", Outcome.OK, {"verified": True})),
    )
    assert front.closings[0].headline == "The backup is complete."
    assert ("dismiss", "Back up this") in engine.calls


def test_a_backup_goes_on_when_its_drive_is_back() -> None:
    drive = values.drive(repositories=(REPOSITORY,))
    job = values.job("Back up this", detail=running.detail(running.BACKUP, drive))
    engine = FakeEngine(running=[job], there=(drive,))
    play(
        lambda front: running.attend(front, engine, job),
        watch("Back up this", LOST, answer="g"),
        watch("Back up this", JobFinished("backup", Outcome.OK, {})),
    )
    assert [call[0] for call in engine.calls] == ["open_place", "again", "dismiss", "dismiss"]


def test_a_drive_that_is_not_back_is_asked_for() -> None:
    job = values.job("Back up this", detail=running.detail(running.BACKUP, values.drive()))
    engine = FakeEngine(running=[job])
    front = play(
        lambda front: running.attend(front, engine, job),
        watch("Back up this", LOST, answer="g"),
        read("This did not start"),
        watch("Back up this", LOST),
    )
    assert front.page().lines[0] == "The drive with the backups is not there."
    assert [call[0] for call in engine.calls] == ["dismiss"]


def test_what_overwrote_a_disk_is_never_simply_done_again() -> None:
    job = values.job("Restore", detail=running.detail(running.WRITE))
    closing = running.closing_of(job)(Ending(job, (), (), None, LOST, touched=True))
    assert closing.answers == ()
