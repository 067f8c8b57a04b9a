"""Jobs on the screen: watch one until its result is read, and find those again that an earlier screen started."""

from collections.abc import Callable

from rescue.errors import RescueError
from rescue.flows import closings
from rescue.flows.asking import look_for_places, tell
from rescue.flows.ending import Closing, Ending
from rescue.flows.engine import Engine
from rescue.flows.front import Front
from rescue.flows.repositories import for_writing
from rescue.language import _
from rescue.operations.jobs import Job
from rescue.places.model import Place

BACKUP, WRITE, READ = "backup", "write", "read"
_GO_ON = "g"


def detail(kind: str, place: Place | None = None) -> dict[str, str]:
    """What a job carries, so that it can be understood and gone on with by a screen that did not start it."""
    return {"flow": kind, "place": place.address if place else "", "uuid": (place.uuid or "") if place else ""}


async def watch(front: Front, engine: Engine, job: Job, close: Callable[[Ending], Closing]) -> str | None:
    """Show a job until somebody has read its result, which is over then; the letter of the answer.

    None also where the person went to look elsewhere: the job goes on, and the first screen tells of it.
    """
    answer = await front.watch(job, close)
    await _dismiss(front, engine, job)
    return answer


async def attend(front: Front, engine: Engine, job: Job) -> None:
    """Watch a job that this screen may not have started, and go on with it where it ended badly.

    Where going on is not possible yet, because its drive is not back, its result is shown again.
    """
    while await front.watch(job, closing_of(job)) == _GO_ON:
        following = await _again(job, front, engine)
        if following is not None:
            await _dismiss(front, engine, job)
            job = following
    await _dismiss(front, engine, job)


async def _dismiss(front: Front, engine: Engine, job: Job) -> None:
    await front.busy("", lambda: engine.dismiss(job))


def closing_of(job: Job) -> Callable[[Ending], Closing]:
    """What is said when it ends; of the answers only those that make sense to whoever did not start it."""
    kind = job.detail.get("flow")
    whole = {BACKUP: closings.backup_closing, WRITE: closings.write_closing}.get(kind or "")
    told = whole or closings.reading_closing(_("It is done."))

    def close(ending: Ending) -> Closing:
        closing = told(ending)
        answers = tuple(each for each in closing.answers if each[0] == _GO_ON and kind != WRITE)
        return Closing(closing.headline, closing.lines, answers)

    return close


async def _again(job: Job, front: Front, engine: Engine) -> Job | None:
    """The same job once more, with its place opened anew; None where that is not possible."""
    try:
        place = await _place_of(job, front, engine)
        if place is not None:
            await for_writing(front, engine, place)
        return await front.busy(_("Starting …"), lambda: engine.again(job))
    except RescueError as error:
        await tell(front, _("This did not start"), error, "place")
        return None


async def _place_of(job: Job, front: Front, engine: Engine) -> Place | None:
    uuid, address = job.detail.get("uuid"), job.detail.get("place")
    if not address:
        return None
    _inventory, places = await look_for_places(front, engine)
    for place in places:
        if (uuid and place.uuid == uuid) or place.address == address:
            return place
    raise RescueError(
        _("The drive with the backups is not there."), hint=_("Connect it, wait a moment, and try again.")
    )
