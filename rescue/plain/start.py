"""Opens the program as lines on this terminal, with the real engine."""

import asyncio
import importlib
import os
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from rescue.flows.front import Choice, Front, Option, Pick
from rescue.language import _
from rescue.operations.privilege import require_root
from rescue.operations.seat import Seat
from rescue.plain.front import PlainFront
from rescue.plain.home import Leading, home
from rescue.process import hand_over

Flows = Callable[[Front], tuple[Choice, ...]]


def open_plain(flows: Flows | None = None) -> int:
    """Run it until somebody quits, or the input ends; the exit code. NotRootError before anything is said."""
    require_root()
    seat = Seat()
    seat.sit(lambda: None)  # who leads is asked after each line
    leading = Leading(seat)
    front = PlainFront(sys.stdin, sys.stdout, leading.lost)
    try:
        asyncio.run(home(front, (flows or _flows)(front), leading))
    except KeyboardInterrupt:
        front.console.say("", _("Rescue is left. A job that runs goes on."))
        return 130
    return 0


def _flows(front: Front) -> tuple[Choice, ...]:
    """What can be done without the guided flows."""
    return (
        Choice("d", _("Disks"), _("what is there, and what is on it"), partial(_disks, front)),
        Choice("s", _("Shell"), _("type commands"), partial(front.terminal, _shell)),
    )


async def _disks(front: Front) -> None:
    look = importlib.import_module("rescue.operations.prepare").look
    inventory = await front.busy(_("Looking at the disks …"), look)
    options = tuple(Option(disk, f"{disk.path}, {disk.model}", disk=disk) for disk in inventory.disks)
    await front.pick(Pick(_("Disks"), options, help="home", empty=_("No disk was found.")))


def _shell() -> None:
    sys.stdout.write(_("A shell. Type “exit” to come back to Rescue.") + "\n")
    sys.stdout.flush()
    cwd = "/root" if Path("/root").is_dir() else "/"
    hand_over([os.environ.get("SHELL") or "/bin/bash"], cwd=cwd, extra={})
