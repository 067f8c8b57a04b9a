"""The program around its flows: one at a time, nothing left over, and gone when another screen takes over."""

import asyncio
import threading
from pathlib import Path

import pytest
from textual.pilot import Pilot

from rescue import preferences
from rescue.errors import RescueError
from rescue.events import Outcome
from rescue.flows.ending import Closing
from rescue.flows.front import Choice, Front, Page
from rescue.flows.offer import Offer
from rescue.operations.jobs import Job, jobs
from rescue.operations.seat import Standing
from rescue.tui import themes
from tests.tui import fakes, scenes
from tests.tui.jobs import FakeJob
from tests.tui.stage import SMALL, act, press, seen, settle, walk


def test_one_question_replaces_the_other_and_the_first_screen_is_back_at_the_end() -> None:
    depths: list[int] = []

    async def flow(front: Front) -> None:
        for question in (front.pick(scenes.pick()), front.sheet(scenes.sheet()), front.read(Page("C", ("Third.",)))):
            await question
            depths.append(len(front._app.screen_stack))  # type: ignore[attr-defined]

    async def scene(pilot: Pilot[None]) -> None:
        assert "Start the backup" in await press(pilot, "enter")
        assert "Third." in await press(pilot, "enter")
        shown = await press(pilot, "escape")
        assert " Q  Quit" in shown
        assert len(pilot.app.screen_stack) == 1

    walk(flow, scene)
    assert depths == [2, 2, 2]


def test_keys_of_the_first_screen_do_nothing_while_a_flow_thinks() -> None:
    begun: list[str] = []
    think = asyncio.Event()

    async def flow(front: Front) -> None:
        begun.append("flow")
        await front.read(Page("A", ("First.",)))
        await think.wait()
        await front.read(Page("B", ("Second.",)))

    async def scene(pilot: Pilot[None]) -> None:
        await pilot.press("escape", "b", "enter", "q", "s", "c")
        await pilot.pause()
        assert "First." in seen(pilot)  # it stays, and is deaf
        think.set()
        await settle(pilot)
        assert "Second." in seen(pilot)
        assert begun == ["flow"]

    walk(flow, scene)


def test_a_flow_that_has_not_asked_yet_is_not_begun_twice() -> None:
    begun: list[str] = []
    think = asyncio.Event()

    async def flow(front: Front) -> None:
        begun.append("flow")
        await think.wait()
        await front.read(Page("A", ("First.",)))

    async def scene(pilot: Pilot[None]) -> None:
        await pilot.press("b", "c", "enter")
        await pilot.pause()
        think.set()
        await settle(pilot)
        assert begun == ["flow"]
        await press(pilot, "escape", "r")
        assert begun == ["flow", "flow"]

    walk(flow, scene, settled=False)


def test_an_error_that_a_flow_does_not_tell_is_told_at_its_end() -> None:
    async def flow(front: Front) -> None:
        await front.read(Page("A", ("First.",)))
        raise RescueError("The drive \x1b[2J is gone.", hint="Connect it again.")

    async def scene(pilot: Pilot[None]) -> None:
        shown = await press(pilot, "escape")
        assert "The drive �[2J is gone." in shown
        assert "Connect it again." in shown
        assert " Q  Quit" in await press(pilot, "enter")
        assert "First." in await press(pilot, "b")

    walk(flow, scene)


def test_who_loses_the_seat_loses_the_flow_and_whatever_lies_over_it() -> None:
    ended: list[str] = []

    async def flow(front: Front) -> None:
        try:
            await front.confirm(scenes.danger())
            ended.append("answered")
        except asyncio.CancelledError:
            ended.append("cancelled")
            raise

    for keys in ([], ["f1"], ["ctrl+p"]):
        seat = fakes.FakeSeat()
        app = fakes.app(fakes.several(), seat, flow)

        async def scene(pilot: Pilot[None], keys: list[str] = keys, seat: fakes.FakeSeat = seat) -> None:
            await pilot.press(*scenes.SERIAL, *keys)
            seat.becomes(Standing(False, fakes.OTHER, lost=True))
            await settle(pilot)
            shown = await press(pilot, "enter", "escape")
            assert "The screen on tty1 took over." in shown
            assert len(pilot.app.screen_stack) == 1

        walk(flow, scene, app=app)
    assert ended == ["cancelled"] * 3


def test_a_thread_of_a_flow_that_was_lost_asks_nothing_more() -> None:
    go, asked = threading.Event(), []

    async def flow(front: Front) -> None:
        await front.busy("Working …", lambda: go.wait(10))
        asked.append(await front.read(Page("A", ("First.",))))

    seat = fakes.FakeSeat()

    async def scene(pilot: Pilot[None]) -> None:
        seat.becomes(Standing(False, fakes.OTHER, lost=True))
        await settle(pilot)
        go.set()
        await settle(pilot)
        assert "First." not in seen(pilot)

    walk(flow, scene, app=fakes.app(fakes.several(), seat, flow), settled=False)
    assert asked == []


def test_quitting_in_the_middle_of_a_flow() -> None:
    async def scene(pilot: Pilot[None]) -> None:
        assert "It does nothing." in seen(pilot)
        await pilot.press("ctrl+q")
        await pilot.pause()
        assert pilot.app.return_code == 0

    walk(fakes.nothing, scene)


class Attended:
    """Jobs in a folder, and a flow that watches one."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.watched: list[str] = []

    def offer(self, front: Front) -> Offer:
        async def attend(job: Job) -> None:
            self.watched.append(job.title)
            await front.watch(job, lambda ending: Closing(ending.outcome.value, ()))

        return Offer((), jobs=lambda: jobs(self.folder), attend=attend)

    def app(self) -> fakes.FakeApp:
        return fakes.FakeApp(fakes.several, fakes.watch_once, fakes.FakeSeat(), lambda: None, self.offer)


def test_the_first_screen_tells_of_jobs_and_comes_back_to_them(tmp_path: Path) -> None:
    one = FakeJob(tmp_path, "Restore laptop")
    attended = Attended(tmp_path)

    async def scene(pilot: Pilot[None]) -> None:
        assert "> A job runs: Restore laptop. J watches it." in seen(pilot)
        assert "First screen" in await press(pilot, "j")
        assert "J watches it." in await press(pilot, "h")
        one.end(Outcome.PARTIAL)
        shown = await press(pilot, "f5")
        assert "! A job has ended: Restore laptop. J tells how." in shown
        assert "! PARTIAL" in await press(pilot, "J")

    act(attended.app(), scene)
    assert attended.watched == ["Restore laptop"] * 2


def test_of_several_jobs_one_is_chosen(tmp_path: Path) -> None:
    one, _two = FakeJob(tmp_path, "Restore laptop"), FakeJob(tmp_path, "Clone disk")
    one.end()
    attended = Attended(tmp_path)

    async def scene(pilot: Pilot[None]) -> None:
        assert "A job runs: Clone disk." in seen(pilot)
        shown = await press(pilot, "j")
        assert "It runs." in shown
        assert "It has ended." in shown
        await press(pilot, "escape")
        assert attended.watched == []
        await press(pilot, "j", "end", "enter")
        assert len(attended.watched) == 1

    act(attended.app(), scene)


def test_without_jobs_there_is_nothing_to_watch(tmp_path: Path) -> None:
    attended = Attended(tmp_path)

    async def scene(pilot: Pilot[None]) -> None:
        shown = await press(pilot, "j")
        assert " J " not in shown
        assert " Q  Quit" in shown

    act(attended.app(), scene)
    assert attended.watched == []


def test_who_only_looks_sees_jobs_and_watches_none(tmp_path: Path) -> None:
    FakeJob(tmp_path, "Restore laptop")
    attended = Attended(tmp_path)
    app = fakes.FakeApp(fakes.several, fakes.watch_once, fakes.FakeSeat(fakes.LOOKS), lambda: None, attended.offer)

    async def scene(pilot: Pilot[None]) -> None:
        assert "A job runs: Restore laptop." in seen(pilot)
        assert "that screen leads" in await press(pilot, "j")

    act(app, scene)
    assert attended.watched == []


def test_more_things_to_do_stand_beside_the_keys() -> None:
    begun: list[str] = []

    def offer(front: Front) -> Offer:
        async def flow() -> None:
            begun.append("tools")

        del front
        more = [Choice(key, title, "", flow) for key, title in (("v", "Images"), ("t", "Tools"))]
        return Offer(tuple([Choice(key, title, what, flow) for key, title, what in fakes.BIG] + more))

    app = fakes.FakeApp(fakes.several, fakes.watch_once, fakes.FakeSeat(), lambda: None, offer)

    async def scene(pilot: Pilot[None]) -> None:
        assert " V  Images" in seen(pilot)
        assert " T  Tools" in seen(pilot)
        await press(pilot, "t")
        assert begun == ["tools"]

    act(app, scene)
    later = fakes.app(fakes.several())._bindings.key_to_bindings["t"]
    assert [binding.action for binding in later] == ["take_over"]  # keys of one are keys of no other


def test_a_terminal_is_given_away_and_taken_back() -> None:
    worked: list[str] = []

    async def flow(front: Front) -> None:
        await front.terminal(lambda: worked.append("shell"))
        await front.read(Page("A", (f"It did {worked}.",)))

    async def scene(pilot: Pilot[None]) -> None:
        assert "It did ['shell']." in seen(pilot)

    walk(flow, scene)


@pytest.mark.parametrize("topic", ["backup", "confirm"])
def test_help_is_that_of_the_screen_and_leads_back(topic: str) -> None:
    async def flow(front: Front) -> None:
        await (front.sheet(scenes.sheet()) if topic == "backup" else front.confirm(scenes.danger()))

    words = {"backup": "A backup is a copy of whole disks", "confirm": "This is the last question."}

    async def scene(pilot: Pilot[None]) -> None:
        before = seen(pilot)
        assert words[topic] in await press(pilot, "f1")
        assert words[topic] in await press(pilot, "f1")  # no help for the help
        assert len(pilot.app.screen_stack) == 3
        assert await press(pilot, "escape") == before

    walk(flow, scene)


def test_colours_change_and_are_remembered() -> None:
    order: list[str] = []

    async def scene(pilot: Pilot[None]) -> None:
        for _theme in range(4):
            await press(pilot, "f2")
            order.append(pilot.app.theme)
        await press(pilot, "f2")

    act(fakes.app(fakes.several()), scene)
    assert order == ["light", "high-contrast", "mono", "dark"]
    assert preferences.read() == {"theme": "light"}
    assert fakes.app(fakes.several()).theme == "light"
    preferences.remember("theme", "no such theme")
    assert fakes.app(fakes.several()).theme == themes.DEFAULT


@pytest.mark.parametrize("size", [SMALL, (60, 16)])
def test_the_palette_does_what_can_be_done(size: tuple[int, int]) -> None:
    app = fakes.app(fakes.several())

    async def scene(pilot: Pilot[None]) -> None:
        await pilot.press("ctrl+p")
        await shows(pilot, "Disks to a repository")
        await pilot.press(*"restore")
        await shows(pilot, "Restore", "Clone")
        assert "It does nothing." in await press(pilot, "enter")
        await pilot.press("ctrl+p")
        await shows(pilot, "Colours: Dark")
        assert "Back up" not in seen(pilot)  # a flow is not begun over another one
        await pilot.press(*"without")
        await shows(pilot, "Colours: Without colours", "Colours: Dark")
        assert "It does nothing." in await press(pilot, "enter")
        assert pilot.app.theme == "mono"

    act(app, scene, size=size)


async def shows(pilot: Pilot[None], wanted: str, unwanted: str = "nothing of this") -> None:
    """Wait until the palette has looked."""
    while wanted not in seen(pilot) or unwanted in seen(pilot):
        await pilot.pause()


def test_keys_can_be_clicked() -> None:
    async def scene(pilot: Pilot[None]) -> None:
        await pilot.click("#keybar", offset=(2, 0))
        await settle(pilot)
        assert "It does nothing." in seen(pilot)  # S opened no shell over a flow: nothing there
        await pilot.click("#keybar", offset=(seen(pilot).splitlines()[-1].index("Esc"), 0))
        await settle(pilot)
        assert " Q  Quit" in seen(pilot)

    walk(fakes.nothing, scene)
