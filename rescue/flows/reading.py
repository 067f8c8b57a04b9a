"""Jobs that only read: verify an image, check a repository, test a drive. Each can be tried again where it failed."""

from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import TypeVar

from rescue.errors import RescueError
from rescue.flows import closings, running
from rescue.flows.asking import tell
from rescue.flows.ending import Closing, Ending
from rescue.flows.engine import Engine
from rescue.flows.front import Front, Option, Pick
from rescue.language import _
from rescue.operations.commands import CheckRequest, Request, VerifyRequest
from rescue.repository.repository import Stored

T = TypeVar("T")


async def tried(front: Front, work: Callable[[], Awaitable[T]], topic: str) -> T | None:
    """Do something; where it is not possible, show that, and None."""
    try:
        return await work()
    except RescueError as error:
        await tell(front, _("This is not possible"), error, topic)
        return None


async def run_reading(
    front: Front, engine: Engine, request: Request, *, title: str, close: Callable[[Ending], Closing]
) -> None:
    """Start it and watch it until its result was read; again, as often as the person wants. RescueError."""
    about = running.detail(running.READ)
    job = await front.busy(_("Starting …"), lambda: engine.start(request, None, title=title, detail=about))
    while await running.watch(front, engine, job, close) == "g":
        job = await front.busy(_("Starting …"), partial(engine.again, job))


async def verify(front: Front, engine: Engine, repository: Path, stored: Stored) -> None:
    """Read one image back. RescueError."""
    title = _("Verify {image}").format(image=stored.snapshot.name)
    good = _("Every byte of the image is as it was stored.")
    request = VerifyRequest(stored.id[:12], str(repository))
    await run_reading(front, engine, request, title=title, close=closings.reading_closing(good))


async def check(front: Front, engine: Engine, repository: Path) -> None:
    """Check a repository, as thoroughly as the person wants. RescueError."""
    read_data = await front.pick(_how_question())
    if read_data is None:
        return
    title = _("Check the repository {path}").format(path=repository)
    close = closings.reading_closing(
        _("The repository is whole: every byte was read.")
        if read_data
        else _("The repository is whole, as far as its structure tells.")
    )
    await run_reading(front, engine, CheckRequest(str(repository), read_data), title=title, close=close)


def _how_question() -> Pick[bool]:
    options = (
        Option(
            value=False,
            title=_("The structure"),
            detail=(_("Takes a moment: is everything there that the images need?"),),
            key="s",
            chosen=True,
        ),
        Option(
            value=True,
            title=_("Every byte"),
            detail=(_("Reads the whole repository, which takes as long as that takes."),),
            key="e",
        ),
    )
    text = _("Nothing is changed.")
    return Pick(_("How thoroughly"), options, help="tools", text=text)
