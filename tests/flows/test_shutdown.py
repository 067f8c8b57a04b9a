"""Shut down: what is open is closed first, and no job is cut off unless somebody writes it."""

from pathlib import Path

import pytest

from rescue.errors import RescueError
from rescue.flows.shutdown import shut_down
from rescue.places.model import Place, PlaceKind
from tests.flows import values
from tests.flows.fakes import BACK, FakeEngine, FakeFront, Step, confirm, pick, play, read

DRIVE = values.drive(directory=Path("/places/usb"))
SHARE = values.share(directory=Path("/places/nas"))
FOLDER = Place(PlaceKind.FOLDER, "/srv/backups", "backups", directory=Path("/srv/backups"))
CLOSED = values.drive("/dev/sdc1")
RUNNING = values.job("Back up /dev/sda", alive=True)


def use(engine: FakeEngine, *script: Step) -> tuple[bool, FakeFront]:
    got: list[bool] = []

    async def flow(front: FakeFront) -> None:
        got.append(await shut_down(front, engine))

    front = play(flow, *script)
    return got[0], front


@pytest.mark.parametrize(("answer", "call"), [("Switch", "power_off"), ("Restart", "restart")])
def test_what_is_open_is_closed_first(answer: str, call: str) -> None:
    engine = FakeEngine(there=(DRIVE, SHARE, FOLDER, CLOSED), running=[values.job("ended")])
    ended, front = use(engine, pick("Shut down", answer))
    assert ended
    assert engine.calls == [("close_place", DRIVE.address), ("close_place", SHARE.address), (call, "now")]
    assert front.question().text == ""


def test_leaving_closes_nothing() -> None:
    engine = FakeEngine(there=(DRIVE,), running=[RUNNING])
    ended, front = use(engine, pick("Shut down", "Leave"))
    assert ended
    assert engine.calls == []
    assert front.question().options[2].detail == ("the job goes on",)


def test_going_back_does_nothing() -> None:
    engine = FakeEngine(there=(DRIVE,))
    ended, _ = use(engine, pick("Shut down", BACK))
    assert not ended
    assert engine.calls == []


def test_a_job_is_cut_off_only_where_somebody_writes_it() -> None:
    engine = FakeEngine(running=[RUNNING])
    ended, front = use(engine, pick("Shut down", "Switch"), confirm("A job runs", "yes"), confirm("A job runs", BACK))
    assert not ended
    assert engine.calls == []
    assert "This job is cut off: Back up /dev/sda" in front.danger().steps
    assert "A job runs: Back up /dev/sda" in front.question().text
    ended, _ = use(engine, pick("Shut down", "Switch"), confirm("A job runs", "cut it off"))
    assert ended
    assert engine.calls == [("power_off", "now")]


def test_while_a_job_runs_leaving_is_what_is_proposed() -> None:
    _, front = use(FakeEngine(running=[RUNNING]), pick("Shut down", BACK))
    assert [option.chosen for option in front.question().options] == [False, False, True]


@pytest.mark.parametrize(("answer", "ended"), [("a", True), (BACK, False)])
def test_a_drive_that_cannot_be_closed(answer: object, ended: bool) -> None:
    engine = FakeEngine(there=(DRIVE,), fails={"close_place": [RescueError("It is in use.", hint="By a shell.")]})
    got, front = use(engine, pick("Shut down", "Restart"), read("Drive sdb", answer))
    assert got == ended
    assert front.page().lines[:2] == ("It is in use.", "By a shell.")
    assert engine.calls == ([("restart", "now")] if ended else [])


def test_what_does_not_work_is_told() -> None:
    engine = FakeEngine(fails={"power_off": [RescueError("systemctl is not there.")]})
    ended, _ = use(engine, pick("Shut down", "Switch"), read("This is not possible"))
    assert not ended
