"""Every screen in a state that is worth looking at, for the tests that look."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from textual.pilot import Pilot

from rescue.events import Note, Outcome, RegionFinished
from rescue.flows.ending import Closing, Ending
from rescue.flows.front import Estimate, Front, Pick
from rescue.language import _
from rescue.tui.screens.progress import ProgressScreen
from rescue.units import GiB
from tests.tui import scenes
from tests.tui.jobs import PARTS, STARTED, FakeJob
from tests.tui.stage import press, settle

NAMES = ("pick", "pick-many", "form", "sheet", "sheet-problem", "danger", "page", "help", "progress", "result")
Act = Callable[[Pilot[None]], Awaitable[object]]


@dataclass
class Shot:
    """A flow, what a person does in it, and texts that are somewhere on the screen then."""

    flow: Callable[[Front], Awaitable[object]]
    act: Act
    texts: tuple[str, ...]

    async def __call__(self, front: Front) -> None:
        await self.flow(front)


def keys(*pressed: str) -> Act:
    return lambda pilot: press(pilot, *pressed)


def problem() -> Estimate:
    """A backup that does not fit."""
    return Estimate(
        ("About 212.4 GiB to read; 40.0 GiB are free.",),
        problem="172.4 GiB are missing on “Backups”.",
        hint="Choose another place, or take fewer partitions.",
    )


def shots(folder: Path) -> dict[str, Shot]:
    """All of them by name; jobs have their files in `folder`."""
    pick, many, sheet, danger, page = (
        scenes.pick(),
        scenes.pick_many(),
        scenes.sheet(),
        scenes.danger(),
        scenes.page(),
    )
    missing = scenes.sheet(estimate=problem)
    form = scenes.form()
    return {
        "pick": Shot(lambda front: front.pick(pick), keys("down", "enter"), _of_pick(pick)),
        "pick-many": Shot(lambda front: front.pick_many(many), keys("down"), _of_pick(many)),
        "form": Shot(
            lambda front: front.fill(form),
            keys("down"),
            (form.title, form.text, form.submit, *(f.label for f in form.fields), *(f.hint for f in form.fields)),
        ),
        "sheet": Shot(
            lambda front: front.sheet(sheet),
            keys("f12"),
            (sheet.title, sheet.start, *sheet.command, *(t for row in sheet.rows for t in (row.label, row.value))),
        ),
        "sheet-problem": Shot(lambda front: front.sheet(missing), keys("enter"), (problem().problem, problem().hint)),
        "danger": Shot(
            lambda front: front.confirm(danger),
            keys("Z", "D", "enter"),
            (danger.title, *danger.steps, *danger.command, danger.target, danger.confirm),
        ),
        "page": Shot(lambda front: front.read(page), keys("slash", *"drive", "enter"), (page.title, *page.lines)),
        "help": Shot(lambda front: front.confirm(danger), keys("f1"), ()),
        "progress": _job(folder / "progress", ended=False),
        "result": _job(folder / "result", ended=True),
    }


def _of_pick(question: Pick[str]) -> tuple[str, ...]:
    texts = [text for each in question.options for text in (each.title, *each.detail, each.refused)]
    return (question.title, question.text, *texts)


def _job(folder: Path, *, ended: bool) -> Shot:
    """A restore after forty seconds, or after its end."""
    fake, now = FakeJob(folder), [0.0]

    def close(ending: Ending) -> Closing:
        assert ending.outcome is Outcome.PARTIAL
        lines = (
            _("Three sectors of the backup could not be read."),
            _("The disk starts, but look at what is missing."),
        )
        return Closing(_("Almost everything is there"), lines, (("v", _("Verify again")),))

    async def flow(front: Front) -> None:
        front._clock = lambda: now[0]  # type: ignore[attr-defined]
        await front.watch(fake.job, close)

    async def act(pilot: Pilot[None]) -> None:
        screen = pilot.app.screen
        assert isinstance(screen, ProgressScreen)
        await settle(pilot)  # it has read what the job said until now
        fake.say(STARTED, Note("", "The undo kit is /var/lib/rescue/undo/1; `rescue undo /dev/sda` uses it."))
        done = 0
        for second in range(40):
            now[0] = float(second)
            done += (second % 7 + 4) * GiB // 25
            fake.copied(done)
            screen.look()
        if ended:
            lost = ("3 sectors could not be read; they are zeros now.",)
            fake.say(RegionFinished(PARTS[0].text, Outcome.OK), RegionFinished(PARTS[1].text, Outcome.PARTIAL, lost))
            fake.end(Outcome.PARTIAL, report="/var/lib/rescue/reports/20261125T021500Z-restore.txt")
            screen.look()
        await settle(pilot)

    return Shot(flow, act, (fake.job.title, *(part.text for part in PARTS[: 2 if ended else 3]), *fake.job.words))
