"""The screen of a job: what it shows of it, that leaving and stopping are what they say, and the result."""

import os
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot

from rescue.events import JobFailed, Note, Outcome, Phase, Progress, RegionFinished
from rescue.flows.ending import Closing, Ending
from rescue.flows.front import Front
from rescue.tui.screens.progress import ProgressScreen
from rescue.units import GiB
from tests.tui import fakes
from tests.tui.jobs import PARTS, STARTED, TOTAL, FakeJob
from tests.tui.stage import press, seen, settle, walk

LEAVE = ("h", "H", "escape", "ctrl+c")


class Watch:
    """A flow that watches a job, by a clock that the test sets."""

    def __init__(self, folder: Path, *answers: tuple[str, str]) -> None:
        self.fake = FakeJob(folder)
        self.now = 0.0
        self.answers: list[str | None] = []
        self.endings: list[Ending] = []
        self.offs = 0
        self._closing = answers

    def close(self, ending: Ending) -> Closing:
        self.endings.append(ending)
        return Closing(f"The verdict is {ending.outcome.value}", ("The disk is whole.",), self._closing)

    async def __call__(self, front: Front) -> None:
        front._clock = lambda: self.now  # type: ignore[attr-defined]
        self.answers.append(await front.watch(self.fake.job, self.close))

    def play(self, scene: Callable[[Pilot[None]], Awaitable[None]], *, off: bool = False) -> None:
        app = fakes.app(fakes.several(), flow=self, power_off=self._off if off else None)
        walk(self, scene, app=app)

    def _off(self) -> None:
        self.offs += 1

    async def later(self, pilot: Pilot[None], seconds: float = 0.0) -> str:
        """What is seen some seconds later."""
        self.now += seconds
        screen(pilot).look()
        await settle(pilot)
        return seen(pilot)


def screen(pilot: Pilot[None]) -> ProgressScreen:
    found = next(each for each in pilot.app.screen_stack if isinstance(each, ProgressScreen))
    assert found.is_running
    return found


@pytest.fixture
def watch(tmp_path: Path) -> Watch:
    return Watch(tmp_path / "jobs")


def test_a_job_from_its_beginning_to_its_end(watch: Watch) -> None:
    async def scene(pilot: Pilot[None]) -> None:
        assert "Preparing: nothing has been copied yet." in seen(pilot)
        assert "$ rescue restore laptop /dev/sda --repo /mnt/usb/rescue" in seen(pilot)
        watch.fake.say(STARTED, Note("", "The undo kit is kept."))
        watch.fake.copied(0, PARTS[0])
        shown = await watch.later(pilot)
        assert "Writing p1 vfat “SYSTEM” back to the disk (1 of 3)" in shown
        assert "Measuring how long it takes" in shown
        assert "The undo kit is kept." in shown
        for part in PARTS:
            assert part.text in shown
        for _second in range(20):
            watch.now += 1
            watch.fake.copied(int(watch.now * GiB / 4))
            screen(pilot).look()
        shown = await watch.later(pilot)
        assert "5.0 GiB of 30.3 GiB, 256.0 MiB a second" in shown
        assert "16 %" in shown
        assert "About 4 min left, reading back included" in shown
        assert "+  F  p1 vfat" in shown
        assert ">  N  p3 ntfs" in shown
        assert "·  E  p4 ext4" in shown
        assert "█" * 10 in shown
        watch.fake.say(RegionFinished(PARTS[0].text, Outcome.OK))
        watch.fake.end(report="/var/lib/rescue/reports/one.txt")
        shown = await watch.later(pilot)
        assert "+ OK" in shown
        assert "The verdict is OK" in shown
        assert "The disk is whole." in shown
        assert "The report is in /var/lib/rescue/reports/one.txt." in shown
        assert watch.answers == []
        await press(pilot, "enter")
        assert watch.answers == [""]

    watch.play(scene)


def test_what_happened_before_somebody_looked_is_shown(watch: Watch) -> None:
    watch.fake.say(STARTED)
    watch.fake.copied(GiB)

    async def scene(pilot: Pilot[None]) -> None:
        assert "1.0 GiB of 30.3 GiB" in seen(pilot)
        assert "Writing p3 ntfs “Windows” back to the disk (2 of 3)" in seen(pilot)

    watch.play(scene)


def test_an_old_result_is_shown_at_once(watch: Watch) -> None:
    watch.fake.end(Outcome.PARTIAL)

    async def scene(pilot: Pilot[None]) -> None:
        assert "! PARTIAL" in seen(pilot)

    watch.play(scene)
    assert [ending.outcome for ending in watch.endings] == [Outcome.PARTIAL]


def test_reading_back_is_the_second_step(watch: Watch) -> None:
    async def scene(pilot: Pilot[None]) -> None:
        watch.fake.say(STARTED)
        watch.fake.copied(TOTAL, PARTS[2])
        assert "Step 1 of 2" in await watch.later(pilot)
        watch.fake.say(Progress(Phase.VERIFY, GiB, TOTAL, PARTS[1].text))
        shown = await watch.later(pilot)
        assert "Step 2 of 2" in shown
        assert "Reading p3 ntfs “Windows” back and comparing it (2 of 3)" in shown
        assert "compared" in shown
        assert "copied, not yet compared" in shown

    watch.play(scene)


def test_a_stall_is_told(watch: Watch) -> None:
    async def scene(pilot: Pilot[None]) -> None:
        watch.fake.say(STARTED)
        watch.fake.copied(GiB)
        await watch.later(pilot)
        assert "Nothing has moved for 40 s" in await watch.later(pilot, 40)
        watch.fake.copied(2 * GiB)
        assert "Nothing has moved" not in await watch.later(pilot, 1)

    watch.play(scene)


@pytest.mark.parametrize("key", LEAVE)
def test_leaving_leaves_the_job_running(watch: Watch, key: str) -> None:
    killed: list[object] = []

    async def scene(pilot: Pilot[None]) -> None:
        shown = await press(pilot, key)
        assert "Back up" in shown
        assert watch.answers == [None]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "kill", lambda *words: killed.append(words))
        watch.play(scene)
    assert killed == []
    assert watch.fake.job.alive


@pytest.mark.parametrize("keys", [["enter"], ["escape"], ["space"], ["n"], ["N"], ["x", "escape"], []])
def test_stopping_is_asked_and_no_is_the_default(
    watch: Watch, keys: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    killed: list[object] = []
    monkeypatch.setattr(os, "kill", lambda *words: killed.append(words))

    async def scene(pilot: Pilot[None]) -> None:
        assert "Stop this job?" in await press(pilot, "c")
        await press(pilot, *keys)
        assert killed == []

    watch.play(scene)


def test_stopping_asks_the_job_to_end_and_a_second_time_to_end_at_once(
    watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed: list[object] = []
    monkeypatch.setattr(os, "kill", lambda *words: killed.append(words))
    stop = (watch.fake.job.pid, signal.SIGTERM)

    async def scene(pilot: Pilot[None]) -> None:
        shown = await press(pilot, "C", "y")
        assert killed == [stop]
        assert "Stopping …" in shown
        assert "Stop at once" in shown
        assert "Stop it at once instead?" in await press(pilot, "c")
        await press(pilot, "y")
        assert killed == [stop, stop]
        watch.fake.say(JobFailed("The job was stopped on request.", "", 130))
        watch.fake.die()
        assert "x FAILED" in await watch.later(pilot)

    watch.play(scene)


@pytest.mark.parametrize(
    ("outcome", "sign"), [(Outcome.OK, "+ OK"), (Outcome.PARTIAL, "! PARTIAL"), (Outcome.FAILED, "x FAILED")]
)
def test_every_verdict_has_a_sign_and_a_word_and_stays(watch: Watch, outcome: Outcome, sign: str) -> None:
    async def scene(pilot: Pilot[None]) -> None:
        reasons = () if outcome is Outcome.OK else ("3 sectors could not be read.",)
        watch.fake.say(STARTED, RegionFinished(PARTS[1].text, outcome, reasons))
        watch.fake.end(outcome)
        shown = await watch.later(pilot)
        assert shown.count(sign) == 2  # the whole, and the region
        assert ("3 sectors could not be read." in shown) == bool(reasons)
        for key in ("space", "c", "h", "x", "up", "j", "f2"):
            assert sign in await press(pilot, key)
        assert watch.answers == []

    watch.play(scene)


def test_a_job_that_died_without_a_word_has_failed(watch: Watch) -> None:
    async def scene(pilot: Pilot[None]) -> None:
        watch.fake.say(STARTED)
        watch.fake.print("Traceback\nMemoryError: \x1b[2Jno memory")
        watch.fake.die()
        shown = await watch.later(pilot)
        assert "x FAILED" in shown
        assert "What it printed last:" in shown
        assert "MemoryError: �[2Jno memory" in shown

    watch.play(scene)


def test_the_answers_of_a_result(tmp_path: Path) -> None:
    watch = Watch(tmp_path / "jobs", ("c", "Compare again"), ("v", "Verify"))

    async def scene(pilot: Pilot[None]) -> None:
        watch.fake.end()
        shown = await watch.later(pilot)
        assert " C  Compare again" in shown
        await press(pilot, "c")
        assert watch.answers == ["c"]

    watch.play(scene)


@pytest.mark.parametrize(("outcome", "offs"), [(Outcome.OK, 1), (Outcome.PARTIAL, 0), (Outcome.FAILED, 0)])
def test_power_off_only_if_ok(watch: Watch, outcome: Outcome, offs: int) -> None:
    async def scene(pilot: Pilot[None]) -> None:
        assert " P  Power off when done" in seen(pilot)
        assert "[x] The computer is switched off at the end" in await press(pilot, "p")
        watch.fake.end(outcome)
        shown = await watch.later(pilot)
        assert ("is switched off in 60 s. Any key stops that." in shown) == bool(offs)
        assert ("The computer stays on" in shown) != bool(offs)
        for _second in range(70):
            screen(pilot)._count()
        assert watch.offs == offs

    watch.play(scene, off=True)


def test_power_off_is_stopped_by_any_key_and_taken_back_by_its_own(watch: Watch) -> None:
    async def scene(pilot: Pilot[None]) -> None:
        assert "[x]" not in await press(pilot, "p", "p")
        await press(pilot, "p")
        watch.fake.end()
        await watch.later(pilot)
        assert "switched off" not in await press(pilot, "x")
        for _second in range(70):
            screen(pilot)._count()
        assert watch.offs == 0

    watch.play(scene, off=True)


def test_without_a_way_to_switch_off_the_key_is_not_there(watch: Watch) -> None:
    async def scene(pilot: Pilot[None]) -> None:
        assert "Power off" not in seen(pilot)
        assert "switched off" not in await press(pilot, "p")

    watch.play(scene)
