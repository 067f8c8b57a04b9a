"""Keeps the computer awake while a job runs: it neither sleeps nor switches off because a lid closes or time passes."""

from contextlib import suppress
from pathlib import Path

from rescue.errors import RescueError
from rescue.language import _
from rescue.process import find, spawn_beside

_LOGIND = Path("/run/systemd/seats")
_WHAT = "sleep:shutdown:idle:handle-lid-switch"


def keep_awake(pid: int, title: str, *, logind: Path = _LOGIND) -> int | None:
    """Ask logind, where it runs, to stay awake as long as the process `pid` lives; the process that holds the request.

    It belongs to nobody and ends with the job. None where there is no logind, or nothing to ask it with: then nothing
    puts the computer to sleep but what a person does.
    """
    with suppress(RescueError):
        if logind.exists():
            why = _("A job of Rescue works with disks: {title}").format(title=title)
            inhibit = [find("systemd-inhibit"), f"--what={_WHAT}", "--who=Rescue", f"--why={why}", "--mode=block"]
            return spawn_beside([*inhibit, find("tail"), f"--pid={pid}", "--follow", "/dev/null"])
    return None
