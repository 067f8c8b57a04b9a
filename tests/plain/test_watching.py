"""A job as sentences: what is typed meanwhile is heard, nothing but “yes” stops it, its result is told in full."""

import asyncio
import fcntl
import io
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rescue.events import (
    Event,
    JobFailed,
    JobFinished,
    JobStarted,
    Note,
    Outcome,
    Phase,
    Progress,
    RegionFinished,
    as_json,
)
from rescue.flows.ending import Closing, Ending
from rescue.operations import jobs
from rescue.operations.jobs import Job
from rescue.plain import watching
from rescue.plain.front import PlainFront

FINISHED = JobFinished("backup", Outcome.OK, {"verified": True})
_SECONDS = 20.0


class Play:
    """A job that says and lives as the test wants, and a person in front of it."""

    def __init__(self, folder: Path) -> None:
        self.job = Job(folder, os.getpid(), "Back up /dev/sda", ("backup",), 0.0, {})
        self._alive = os.open(folder / "alive", os.O_RDWR | os.O_CREAT)
        fcntl.flock(self._alive, fcntl.LOCK_EX)
        (folder / "events").touch()
        source, self._keys = os.pipe()
        self._source = os.fdopen(source)
        self._target = io.StringIO()
        self.front = PlainFront(self._source, self._target)
        self.endings: list[Ending] = []
        self._heard = 0

    @property
    def said(self) -> str:
        return self._target.getvalue()

    def tell(self, *events: Event) -> None:
        with (self.job.folder / "events").open("a") as stream:
            stream.writelines(json.dumps(as_json(event)) + "\n" for event in events)

    def end(self, *events: Event) -> None:
        if events:
            self.tell(*events)
        if self._alive >= 0:
            os.close(self._alive)
            self._alive = -1

    def press(self, *lines: str) -> None:
        os.write(self._keys, "".join(f"{line}\n" for line in lines).encode())

    def hang_up(self) -> None:
        os.close(self._keys)
        self._keys = -1

    async def hears(self, words: str) -> None:
        """Wait until the words were said, after those that were heard before."""
        async with asyncio.timeout(_SECONDS):
            while (place := self.said.find(words, self._heard)) < 0:  # noqa: ASYNC110 - a stream tells no event
                await asyncio.sleep(0.005)
        self._heard = place + len(words)

    def watch(self, *scenes: tuple[str, Callable[[], None]]) -> str | None:
        """Watch the job; after certain words were said, something happens."""

        async def run() -> str | None:
            watched = asyncio.create_task(self.front.watch(self.job, self._close))
            for words, happens in scenes:
                await self.hears(words)
                happens()
            async with asyncio.timeout(_SECONDS):
                return await watched

        return asyncio.run(run())

    def _close(self, ending: Ending) -> Closing:
        self.endings.append(ending)
        return Closing(f"Verdict {ending.outcome.value}", ("What to do next.",), (("e", "Eject"), ("g", "Go on")))

    def close(self) -> None:
        self.end()
        self._source.close()
        if self._keys >= 0:
            os.close(self._keys)


@pytest.fixture
def play(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Play]:
    monkeypatch.setattr(watching, "_POLL_SECONDS", 0.005)
    folder = tmp_path / "job"
    folder.mkdir()
    play = Play(folder)
    yield play
    play.close()


@pytest.fixture
def cancelled(monkeypatch: pytest.MonkeyPatch) -> list[Job]:
    found: list[Job] = []
    monkeypatch.setattr(jobs, "cancel", found.append)
    return found


def at(percent: int) -> Progress:
    return Progress(Phase.BACKUP, percent, 100, "p1")


def test_a_job_is_told_from_its_beginning_to_its_result(play: Play) -> None:
    play.tell(JobStarted("backup", ("Read /dev/sda.",)), at(0), at(1), Note("p1", "hibernated"))
    play.tell(RegionFinished("p1", Outcome.OK), RegionFinished("p2", Outcome.PARTIAL, ("2 bad sectors",)))
    answer = play.watch(
        ("p2: PARTIAL. 2 bad sectors\n", lambda: play.end(at(2), FINISHED)),
        ("Number;", lambda: play.press("0", "2")),
    )
    assert answer == "g"
    assert play.said.startswith("\nBack up /dev/sda\nWhile it runs: h tells how far it is")
    assert "Read /dev/sda.\nCopying p1 into the backup: 0 percent, 0 B of 100 B," in play.said
    assert "\np1: hibernated\np2: PARTIAL" in play.said
    assert "\nVerdict OK\nWhat to do next.\n1. Eject\n2. Go on\n" in play.said
    assert play.said.count("Copying p1") == 1
    assert [ending.finished for ending in play.endings] == [FINISHED]


@pytest.mark.parametrize("key", ["b", "", "B"])
def test_going_elsewhere_leaves_the_job_alone(play: Play, key: str, cancelled: list[Job]) -> None:
    assert play.watch(("While it runs", lambda: play.press(key))) is None
    assert "The job goes on. The first page leads back to it." in play.said
    assert play.job.alive
    assert not cancelled
    assert not play.endings


def test_the_end_of_the_input_leaves_the_job_alone(play: Play, cancelled: list[Job]) -> None:
    assert play.watch(("While it runs", play.hang_up)) is None
    assert play.job.alive
    assert not cancelled


def test_the_end_of_the_input_at_the_result(play: Play) -> None:
    play.end(FINISHED)
    assert play.watch(("Number;", play.hang_up)) is None


def test_who_asks_hears_how_far_it_is(play: Play) -> None:
    play.watch(
        ("While it runs", lambda: play.press("h")),
        ("nothing has been copied yet.", lambda: play.tell(at(0), at(42))),
        ("0 percent", lambda: play.press("?", "h")),
        ("42 percent", lambda: play.press("x")),
        ("While it runs", lambda: play.press("b")),
    )


@pytest.mark.parametrize("word", ["", "y", "c", "no", "b"])
def test_nothing_but_yes_stops_it(play: Play, word: str, cancelled: list[Job]) -> None:
    play.watch(
        ("While it runs", lambda: play.press("c")),
        ("Type yes to stop it", lambda: play.press(word)),
        ("The job goes on.\n", lambda: play.end(FINISHED)),
        ("Verdict OK", lambda: play.press("b")),
    )
    assert cancelled == []


def test_the_end_of_the_input_does_not_stop_it(play: Play, cancelled: list[Job]) -> None:
    play.watch(("While it runs", lambda: play.press("c")), ("Type yes", play.hang_up))
    assert cancelled == []
    assert play.job.alive


def test_yes_stops_it_and_its_result_is_told(play: Play, cancelled: list[Job]) -> None:
    stopped = JobFailed("Stopped on request.", "", 130)
    play.watch(
        ("While it runs", lambda: play.press("c")),
        ("Stop the job?", lambda: play.press("yes")),
        ("It stops now", lambda: play.press("c")),
        ("It is stopping already. Stop it at once", lambda: play.press("yes")),
        ("It stops now", lambda: play.end(stopped)),
        ("Verdict FAILED", lambda: play.press("b")),
    )
    assert cancelled == [play.job, play.job]
    assert play.endings[0].error == stopped


def test_a_job_that_was_killed_is_told(play: Play) -> None:
    play.watch(("While it runs", play.end), ("Verdict FAILED", lambda: play.press("")))
    assert (play.endings[0].finished, play.endings[0].error) == (None, None)


def test_a_job_that_has_ended_before(play: Play) -> None:
    play.end(at(0), at(100), FINISHED)
    assert play.watch(("Verdict OK", lambda: play.press("1"))) == "e"


@pytest.fixture
def off(play: Play, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A computer that can be switched off, a moment after a job has ended; what was done to it."""
    monkeypatch.setattr(watching, "_COUNTDOWN_SECONDS", 0.05)
    done: list[str] = []
    play.front.power_off = lambda: done.append("off")
    return done


def test_the_computer_is_switched_off_when_all_went_well(play: Play, off: list[str]) -> None:
    play.watch(
        ("p switches the computer off", lambda: play.press("p")),
        ("only if the result is OK", lambda: play.end(FINISHED)),
        ("Switching off …", lambda: play.press("b")),
    )
    assert off == ["off"]
    assert "Verdict OK" in play.said


def test_it_stays_on_when_something_went_wrong(play: Play, off: list[str]) -> None:
    partial = JobFinished("backup", Outcome.PARTIAL, {})
    play.watch(
        ("While it runs", lambda: play.press("p")),
        ("only if the result is OK", lambda: play.end(partial)),
        ("The computer stays on, because", lambda: play.press("b")),
    )
    assert off == []


def test_it_stays_on_when_somebody_is_there(play: Play, off: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "_COUNTDOWN_SECONDS", _SECONDS)
    play.watch(
        ("While it runs", lambda: play.press("p")),
        ("only if the result is OK", lambda: play.end(FINISHED)),
        ("Any line stops that.", lambda: play.press("")),
        ("The computer stays on.", lambda: play.press("b")),
    )
    assert off == []


@pytest.mark.parametrize("keys", [("p", "p"), ()])
def test_it_stays_on_when_nobody_wishes_otherwise(play: Play, off: list[str], keys: tuple[str, ...]) -> None:
    play.watch(
        ("While it runs", lambda: play.press(*keys, "h")),
        ("nothing has been copied yet.", lambda: play.end(FINISHED)),
        ("Number;", lambda: play.press("b")),
    )
    assert off == []


def test_the_end_of_the_input_leaves_it_on(play: Play, off: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "_COUNTDOWN_SECONDS", _SECONDS)
    play.watch(
        ("While it runs", lambda: play.press("p")),
        ("only if the result is OK", lambda: play.end(FINISHED)),
        ("Any line stops that.", play.hang_up),
    )
    assert off == []


def test_a_computer_that_is_not_ours_is_not_switched_off(play: Play) -> None:
    play.watch(
        ("While it runs", lambda: play.press("p")),
        ("While it runs", lambda: play.end(FINISHED)),
        ("Number;", lambda: play.press("b")),
    )
    assert "p switches" not in play.said
    assert "stays on" not in play.said
