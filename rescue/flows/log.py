"""Log: what jobs have told, to read, to search, and to take along."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from datetime import UTC, datetime
from functools import partial

from rescue.errors import RescueError
from rescue.events import Event, JobFailed, JobFinished, JobStarted, Note, RegionFinished
from rescue.flows.engine import Engine
from rescue.flows.front import Front, Option, Page, Pick
from rescue.flows.place import choose_place
from rescue.flows.reading import tried
from rescue.language import _, ngettext
from rescue.operations.jobs import Job
from rescue.operations.report import Report

_HELP = "log"

Act = Callable[[], Awaitable[None]]


async def log(front: Front, engine: Engine) -> None:
    """Report after report, until the person goes back."""
    while (act := await tried(front, partial(_choose, front, engine), _HELP)) is not None:
        await tried(front, act, _HELP)


async def _choose(front: Front, engine: Engine) -> Act | None:
    found = await front.busy(_("Looking for reports …"), lambda: _all_reports(engine))
    return await front.pick(question(front, engine, found))


def _all_reports(engine: Engine) -> tuple[Report, ...]:
    """Jobs of this session first, the newest first; then what was kept."""
    jobs = [job_report(job, engine.events(job)) for job in reversed(engine.jobs())]
    return (*jobs, *engine.reports())


def job_report(job: Job, events: Sequence[Event]) -> Report:
    """What a job of this session has said."""
    state = _("running now") if job.alive else _("of this session")
    date = f"{datetime.fromtimestamp(job.began, UTC):%Y-%m-%d %H:%M} UTC"
    return Report(f"job-{job.id}", f"{job.title} ({state})", date, tuple(lines_of(events)))


def lines_of(events: Sequence[Event]) -> Iterator[str]:
    """What happened, a line each; not how far it was at any time."""
    for event in events:
        match event:
            case JobStarted(steps=steps):
                yield from steps
            case Note() | RegionFinished():
                yield event.line
            case JobFinished(outcome=outcome):
                yield f"{outcome.word}. {outcome.meaning}"
            case JobFailed(message=message, hint=hint):
                yield from filter(None, (message, hint))


def question(front: Front, engine: Engine, found: tuple[Report, ...]) -> Pick[Act]:
    """Every report, and a way to take them along."""
    options: list[Option[Act]] = [
        Option(partial(_show, front, report), f"{report.date}  {report.title}", tuple(report.lines[-1:]))
        for report in found
    ]
    if found:
        take: Option[Act] = Option(
            partial(_save, front, engine, found),
            _("Save to a drive"),
            (_("all of them, as text files, in a new folder on a drive or a share"),),
            key="s",
        )
        options.insert(0, take)
    empty = _("No job has told anything yet.")
    return Pick(_("Log"), tuple(options), help=_HELP, empty=empty)


async def _show(front: Front, report: Report) -> None:
    lines = report.lines or (_("It has not said anything yet."),)
    await front.read(Page(f"{report.title}, {report.date}", lines, help=_HELP, search=True))


async def _save(front: Front, engine: Engine, found: tuple[Report, ...]) -> None:
    place = await choose_place(front, engine, writable=True)
    if place is None:
        return
    opened = await front.busy(_("Opening {place} …").format(place=place.name), lambda: engine.open_place(place))
    directory = opened.directory
    if directory is None:
        raise RescueError(_("{place} could not be opened.").format(place=place.name))
    folder = await front.busy(_("Saving the reports …"), lambda: engine.save_reports(found, directory))
    told = ngettext("{count} report is in {folder}.", "{count} reports are in {folder}.", len(found))
    await front.read(Page(_("Saved"), (told.format(count=len(found), folder=folder),), help=_HELP))
