"""The front of the full screen: each question of a flow is a screen, and the next question replaces it."""

import asyncio
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from rescue.flows.ending import Closing, Ending
from rescue.flows.front import Danger, Form, Page, Pick, Sheet
from rescue.operations.jobs import Job
from rescue.tui.screens.asked import Asked
from rescue.tui.screens.danger import DangerScreen
from rescue.tui.screens.form import FormScreen
from rescue.tui.screens.page import PageScreen
from rescue.tui.screens.pick import PickScreen
from rescue.tui.screens.progress import ProgressScreen
from rescue.tui.screens.sheet import SheetScreen
from rescue.tui.screens.working import WorkingScreen

if TYPE_CHECKING:
    from rescue.tui.app import RescueApp

T = TypeVar("T")
R = TypeVar("R")
MOMENT_SECONDS = 0.4


class TuiFront:
    """Implements `rescue.flows.front.Front`. Used in the event loop of the app, by one flow at a time."""

    def __init__(
        self, app: "RescueApp", *, moment: float = MOMENT_SECONDS, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`moment` is how long something may take before the screen says so."""
        self._app, self._moment, self._clock = app, moment, clock
        self._shown: Asked[Any] | None = None

    async def pick(self, question: Pick[T]) -> T | None:
        """Let the person choose one."""
        places = await self._ask(PickScreen(question, many=False))
        return question.options[places[0]].value if places else None

    async def pick_many(self, question: Pick[T]) -> tuple[T, ...] | None:
        """Let the person choose any number."""
        places = await self._ask(PickScreen(question, many=True))
        return tuple(question.options[place].value for place in places) if places else None

    async def fill(self, form: Form) -> dict[str, str] | None:
        """Let the person fill in a form."""
        return await self._ask(FormScreen(form))

    async def sheet(self, sheet: Sheet) -> str | None:
        """Show a sheet; the name of a row, or START."""
        return await self._ask(SheetScreen(sheet))

    async def confirm(self, danger: Danger) -> str | None:
        """The typed text, where it is the right one."""
        return await self._ask(DangerScreen(danger))

    async def read(self, page: Page) -> str | None:
        """Show a text; the answer's letter."""
        return await self._ask(PageScreen(page))

    async def busy(self, text: str, work: Callable[[], T]) -> T:
        """Run `work` in a thread; say `text` where it takes longer than a moment."""
        task = asyncio.ensure_future(asyncio.to_thread(work))
        done, _pending = await asyncio.wait({task}, timeout=self._moment)
        if not done:
            await self._put(WorkingScreen(text))
        return await task

    async def watch(self, job: Job, close: Callable[[Ending], Closing]) -> str | None:
        """Show a job and its result; "" when it was read, None when the job goes on."""
        return await self._ask(ProgressScreen(job, close, power_off=self._app.offer.power_off, clock=self._clock))

    async def terminal(self, work: Callable[[], None]) -> None:
        """Give the terminal away while `work` runs. Nothing else goes on meanwhile."""
        with self._app.suspend():
            work()
        self._app.refresh(layout=True)

    def close(self) -> None:
        """Take away what the last flow has left on the screen."""
        shown, self._shown = self._shown, None
        while shown is not None and shown in self._app.screen_stack:
            self._app.pop_screen()

    async def _ask(self, screen: Asked[R]) -> R | None:
        await self._put(screen)
        return await screen.answer

    async def _put(self, screen: Asked[Any]) -> None:
        """Show it in place of the last one, whatever help lies over that."""
        last, self._shown = self._shown, screen
        if last is None or last not in self._app.screen_stack:
            await self._app.push_screen(screen)
            return
        while self._app.screen is not last:
            self._app.pop_screen()
        await self._app.switch_screen(screen)
