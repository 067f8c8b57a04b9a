"""Opens the full-screen program on this terminal, with the real engine."""

import importlib
import os
import sys
import termios
from collections.abc import Callable
from typing import TYPE_CHECKING

from rescue import language, preferences
from rescue.cancel import CancelToken
from rescue.devices.model import Inventory
from rescue.flows.menu import offer
from rescue.operations.facts import Facts
from rescue.operations.privilege import require_root
from rescue.operations.seat import Seat
from rescue.operations.shell import open_shell
from rescue.process import become, python_program
from rescue.tui.app import Learn, RescueApp, wants_mouse

if TYPE_CHECKING:
    from rescue.operations.learn import FactFinder

_CLEAR = "\x1b[0m\x1b[H\x1b[2J"  # the Linux console has no second page to leave the picture on
_SERIAL_SIZE = (24, 80)


def open_screen() -> int:
    """Run it until somebody quits; the exit code. NotRootError before anything is shown."""
    require_root()
    _give_size()
    if language.SETTING not in os.environ and (chosen := preferences.read().get("language")):
        language.use(chosen)
    app = RescueApp(_look, _watch, Seat(), shell, offer, learn=learner())
    app.run(mouse=wants_mouse())
    _clear()
    if app.spoken_next:
        become(python_program("rescue"), extra={language.SETTING: app.spoken_next})
    return app.return_code or 0


def _look() -> Inventory:
    """The engine is imported by the thread that needs it: the frame is on the screen meanwhile."""
    found: Inventory = importlib.import_module("rescue.operations.prepare").look()
    return found


def learner() -> Learn:
    """What finds facts about disks, and remembers them from one scan to the next."""
    finders: list[FactFinder] = []

    def learn(inventory: Inventory, afresh: bool, tell: Callable[[Facts], None], stop: CancelToken) -> None:
        finders[:] = finders or [importlib.import_module("rescue.operations.learn").FactFinder()]
        finders[0].look(inventory, tell, stop, afresh=afresh)

    return learn


def _watch(changed: Callable[[], None], stop: CancelToken) -> None:
    importlib.import_module("rescue.devices.monitor").watch(changed, stop)


def shell() -> None:
    """The person's shell, on a terminal that is cleared before and after."""
    _clear()
    open_shell()
    _clear()


def _give_size() -> None:
    """A serial line does not know the size of what is at its other end: here and in the shell it is 80 x 24."""
    if 0 in termios.tcgetwinsize(0):
        termios.tcsetwinsize(0, _SERIAL_SIZE)


def _clear() -> None:
    if not wants_mouse():
        sys.stdout.write(_CLEAR)
        sys.stdout.flush()
