"""The log: jobs of this session and what was kept, to read and to take along."""

from dataclasses import replace
from pathlib import Path

import pytest

from rescue.errors import RescueError
from rescue.events import JobFailed, JobFinished, JobStarted, Note, Outcome, Phase, Progress, RegionFinished
from rescue.flows.log import job_report, lines_of, log
from rescue.operations.report import Report
from tests.flows import values
from tests.flows.conftest import Choose
from tests.flows.fakes import BACK, FakeEngine, pick, play, read

KEPT = (
    Report("20261124-clone", "clone", "2026-11-24 10:00 UTC", ("Cloned.", "OK.")),
    Report("20261123-restore", "restore", "2026-11-23 10:00 UTC", ("Restored.",)),
)
EVENTS = (
    JobStarted("backup", ("Read /dev/sda.", "Store it.")),
    Progress(Phase.BACKUP, 1, 2, "p1"),
    Note("", "The drive is slow."),
    Note("p1", "hibernated"),
    RegionFinished("p1", Outcome.PARTIAL, ("2 bad sectors", "at the end")),
    JobFinished("backup", Outcome.PARTIAL, {}),
)
DRIVE = values.drive(directory=Path("/places/usb"))


def machine(**more: object) -> FakeEngine:
    engine = FakeEngine(kept=KEPT, running=[values.job("Back up"), values.job("Verify", alive=True)])
    return replace(engine, said={"Back up": EVENTS}, **more)  # type: ignore[arg-type]


def test_jobs_first_then_what_was_kept() -> None:
    engine = machine()
    front = play(lambda front: log(front, engine), pick("Log", BACK))
    assert [option.title for option in front.question().options] == [
        "Save to a drive",
        "1970-01-01 00:00 UTC  Verify (running now)",
        "1970-01-01 00:00 UTC  Back up (of this session)",
        "2026-11-24 10:00 UTC  clone",
        "2026-11-23 10:00 UTC  restore",
    ]
    assert [option.detail for option in front.question().options[3:]] == [("OK.",), ("Restored.",)]


def test_what_a_job_said_is_told_without_its_progress() -> None:
    assert list(lines_of(EVENTS)) == [
        "Read /dev/sda.",
        "Store it.",
        "The drive is slow.",
        "p1: hibernated",
        "p1: PARTIAL. 2 bad sectors at the end",
        f"PARTIAL. {Outcome.PARTIAL.meaning}",
    ]
    assert list(lines_of((JobFailed("No.", "Do this.", 1), JobFailed("No.", "", 1)))) == ["No.", "Do this.", "No."]


def test_one_is_read_and_searched() -> None:
    engine = machine()
    title = "2026-11-24 10:00 UTC  clone"
    front = play(lambda front: log(front, engine), pick("Log", title), read("clone, 2026-11-24"), pick("Log", BACK))
    assert front.page().lines == ("Cloned.", "OK.")
    assert front.page().search


def test_a_job_that_has_not_said_anything() -> None:
    engine = machine()
    verify = "1970-01-01 00:00 UTC  Verify"
    front = play(lambda front: log(front, engine), pick("Log", verify), read("Verify (running"), pick("Log", BACK))
    assert front.page().lines == ("It has not said anything yet.",)
    assert job_report(values.job("x"), ()).lines == ()


def test_nothing_was_told_yet() -> None:
    engine = FakeEngine()
    front = play(lambda front: log(front, engine), pick("Log", BACK))
    assert front.question().empty == "No job has told anything yet."


def test_all_of_them_are_saved(choose: Choose) -> None:
    asked = choose(DRIVE)
    engine = machine()
    front = play(lambda front: log(front, engine), pick("Log", "Save to a drive"), read("Saved"), pick("Log", BACK))
    names = ("job-Verify", "job-Back up", "20261124-clone", "20261123-restore")
    assert engine.calls == [("open_place", DRIVE.address), ("save_reports", names, Path("/places/usb"))]
    assert front.page().lines == ("4 reports are in /places/usb/rescue-reports.",)
    assert asked == [True]


def test_nowhere_to_save(choose: Choose) -> None:
    choose(None)
    engine = machine()
    play(lambda front: log(front, engine), pick("Log", "Save"), pick("Log", BACK))
    assert engine.calls == []


@pytest.mark.parametrize("name", ["open_place", "save_reports"])
def test_what_cannot_be_saved_is_told(choose: Choose, name: str) -> None:
    choose(DRIVE)
    engine = machine(fails={name: [RescueError("The drive is full.", hint="Take another one.")]})
    front = play(lambda front: log(front, engine), pick("Log", "Save"), read("This is not possible"), pick("Log", BACK))
    assert front.page().lines == ("The drive is full.", "Take another one.")


def test_reports_that_cannot_be_found_end_it() -> None:
    engine = machine(fails={"reports": [RescueError("No.")]})
    play(lambda front: log(front, engine), read("This is not possible"))
