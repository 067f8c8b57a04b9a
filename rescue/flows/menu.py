"""What the first screen offers, with the engine of this machine. Flows are imported when they are chosen: the first
screen is there before them."""

import importlib
import os
from collections.abc import Awaitable, Callable
from typing import Any

from rescue.devices import live
from rescue.flows import help as pages
from rescue.flows.engine import Engine
from rescue.flows.front import Choice, Front, Page
from rescue.flows.offer import Offer
from rescue.language import _
from rescue.operations import jobs
from rescue.operations.jobs import Job

_LOCAL = "rescue.flows.local"


def offer(front: Front, engine: Callable[[], Engine] | None = None) -> Offer:
    """Everything that can be done, asked on `front`."""
    get = engine or (lambda: importlib.import_module(_LOCAL).LocalEngine())

    def flow(module: str, name: str) -> Callable[[], Awaitable[object]]:
        async def run() -> object:
            found: object = await _late(module, name)(front, get())
            return found

        return run

    async def attend(job: Job) -> None:
        await _late("running", "attend")(front, get(), job)

    async def read_help() -> None:
        title, lines = pages.page("home")
        await front.read(Page(title, lines))

    choices = (
        Choice("b", _("Back up"), _("disks to a drive or a share"), flow("backup", "back_up")),
        Choice("r", _("Restore"), _("a backup to a disk"), flow("restore", "restore")),
        Choice("c", _("Clone"), _("a disk to a disk"), flow("clone", "clone")),
        Choice("i", _("Images"), _("look at backups, verify, delete"), flow("images", "images")),
        Choice("t", _("Tools"), _("check, undo, health, wipe …"), flow("tools", "tools")),
        Choice("n", _("Network"), _("cable, Wi-Fi, shares"), flow("network", "network")),
        Choice("l", _("Log"), _("reports of what was done"), flow("log", "log")),
        Choice("h", _("Help"), _("what is what here"), read_help),
        Choice("d", _("Shut down"), _("off, restart, quit"), flow("shutdown", "shut_down")),
    )
    power_off = (lambda: get().power_off()) if os.path.ismount(live.MEDIUM) else None
    return Offer(choices, jobs.jobs, attend, power_off)


def _late(module: str, name: str) -> Any:
    return getattr(importlib.import_module(f"rescue.flows.{module}"), name)
