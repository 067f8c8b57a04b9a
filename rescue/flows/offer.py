"""What the first screen offers, as one value: things to do, and jobs to look after."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from rescue.flows.front import Choice
from rescue.operations.jobs import Job


def _no_jobs() -> list[Job]:
    return []


async def _leave(job: Job) -> None:
    del job


@dataclass(frozen=True, slots=True)
class Offer:
    """`jobs` tells which jobs run or ended unread, from any thread; `attend` is the flow that watches one of them.

    `power_off` switches the computer off when a watched job has ended OK and the person wished so; None where that is
    not this program's business.
    """

    choices: tuple[Choice, ...] = ()
    jobs: Callable[[], list[Job]] = field(default=_no_jobs, compare=False)
    attend: Callable[[Job], Awaitable[None]] = field(default=_leave, compare=False)
    power_off: Callable[[], None] | None = field(default=None, compare=False)
