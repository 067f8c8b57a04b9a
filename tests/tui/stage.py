"""Plays the program without a terminal, and reads what is on its screen."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from textual.pilot import Pilot
from textual.worker import Worker, WorkerCancelled

from rescue.tui.app import RescueApp
from tests.tui import fakes
from tests.tui.fakes import Scene

SMALL, LARGE = (80, 24), (120, 40)


def play(app: RescueApp, *keys: str, size: tuple[int, int] = SMALL) -> str:
    """Start the program, wait for its first scan, press keys; what is on the screen then."""
    shown = ""

    async def press(pilot: Pilot[None]) -> None:
        nonlocal shown
        await pilot.press(*keys)
        await settle(pilot)
        shown = text(app)

    act(app, press, size=size)
    return shown


def act(app: RescueApp, scene: Callable[[Pilot[None]], Awaitable[None]], *, size: tuple[int, int] = SMALL) -> None:
    """Start the program, wait for its first scan, and let a test do what it wants."""

    async def run() -> None:
        async with app.run_test(size=size) as pilot:
            await settle(pilot)
            await scene(pilot)

    asyncio.run(run())


def walk(
    flow: Scene,
    scene: Callable[[Pilot[None]], Awaitable[None]],
    *,
    size: tuple[int, int] = SMALL,
    app: RescueApp | None = None,
    settled: bool = True,
) -> None:
    """Start the program, begin `flow`, and let a test do what it wants on its first screen.

    That is not waited for where it is not `settled`, because something of it still works.
    """
    app = app or fakes.app(fakes.several(), flow=flow)

    async def begin(pilot: Pilot[None]) -> None:
        await pilot.press("b")
        await (settle(pilot) if settled else pilot.pause())
        await scene(pilot)

    act(app, begin, size=size)


async def press(pilot: Pilot[None], *keys: str) -> str:
    """Press keys; what is on the screen then."""
    await pilot.press(*keys)
    await settle(pilot)
    return seen(pilot)


def seen(pilot: Pilot[None]) -> str:
    """What is on the screen now."""
    assert isinstance(pilot.app, RescueApp)
    return text(pilot.app)


async def settle(pilot: Pilot[None]) -> None:
    """Wait until every thread has told what it had to tell, the flow waits for the person, and all of it is drawn."""
    app = pilot.app
    assert isinstance(app, RescueApp)
    await pilot.pause()
    while app.is_running and (app.home.busy or not resting(app) or at_work(app)):
        for worker in at_work(app):
            with suppress(WorkerCancelled):
                await worker.wait()
        await pilot.pause()
    await pilot.pause()


def at_work(app: RescueApp) -> list[Worker[object]]:
    """What goes on besides the flow, which may wait for a person."""
    return [worker for worker in app.workers if worker.group != "flow" and not worker.is_finished]


def resting(app: RescueApp) -> bool:
    """True where no flow runs, or the one that runs has asked something and waits."""
    shown = app.front._shown
    flows = any(worker.group == "flow" and not worker.is_finished for worker in app.workers)
    return not flows or (shown is not None and shown.is_running and not shown.answer.done())


def text(app: RescueApp) -> str:
    """Every line of the screen, as it is drawn."""
    return "\n".join(strip.text for strip in app.screen._compositor.render_strips())


async def pages(pilot: Pilot[None]) -> str:
    """What is on the screen from the first to the last disk, page by page."""
    app = pilot.app
    assert isinstance(app, RescueApp)
    await pilot.press("home")
    seen = [text(app)]
    while True:
        await pilot.press("pagedown")
        await settle(pilot)
        if text(app) == seen[-1]:
            return "\n".join(seen)
        seen.append(text(app))
