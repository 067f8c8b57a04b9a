"""What every command shares: where events go, who stops the job, and who confirms a plan."""

import argparse
import os
import signal
import stat
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from rescue import settings
from rescue.cancel import CancelToken
from rescue.cli.terminal import Terminal
from rescue.cli.text import say, say_json
from rescue.errors import CancelledError, NotConfirmedError, RescueError, UsageError
from rescue.events import Event, Outcome, Sink, Thinned, as_json
from rescue.language import N_, _
from rescue.plans.token import Confirmation, Destructive, confirm
from rescue.plans.write import Target

PARTIAL_CODE = 3
_NOTHING_CHANGED = N_("Stopped on request. Nothing was changed.")
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True, slots=True)
class Session:
    """One run of a command."""

    sink: Sink
    cancel: CancelToken
    terminal: Terminal


@contextmanager
def session(options: argparse.Namespace) -> Iterator[Session]:
    """Send events to the terminal, or as JSON lines to standard output.

    The first Ctrl-C, SIGTERM or SIGHUP ends the job in a valid state; the second one ends the program at once.
    """
    cancel = CancelToken()
    former = {number: signal.signal(number, _stopper(cancel)) for number in _SIGNALS}
    terminal = Terminal(sys.stderr)
    try:
        yield Session(_json_printer() if options.json else terminal.show, cancel, terminal)
    finally:
        terminal.close()
        for number, handler in former.items():
            signal.signal(number, handler)


def _stopper(cancel: CancelToken) -> Callable[[int, FrameType | None], None]:
    text = _("Stopping in a valid state; once more stops at once.")
    letters = f"\n{text}\n".encode(sys.stderr.encoding or "utf-8", errors="backslashreplace")

    def stop(number: int, frame: FrameType | None) -> None:
        del frame
        if cancel.cancelled:
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)
        cancel.cancel()
        with suppress(OSError):  # not `print`, which the signal may have interrupted
            os.write(2, letters)

    return stop


def _json_printer() -> Sink:
    """Prints events as they come; into a file, which may lie in memory and keeps them all, fewer about progress."""
    with suppress(OSError):  # a stream without a descriptor is no file
        if stat.S_ISREG(os.fstat(sys.stdout.fileno()).st_mode):
            return Thinned(_print_json).send
    return _print_json


def _print_json(event: Event) -> None:
    say_json(as_json(event))


def repository_path(options: argparse.Namespace) -> Path:
    """The repository that is meant; UsageError where none is named."""
    named = options.repo or settings.repository_path()
    if not named:
        raise UsageError(_("No repository is named."), hint=_("Name it with --repo, or in RESCUE_REPO."))
    return Path(named).absolute()


def show_steps(steps: Sequence[str], options: argparse.Namespace, **more: str) -> None:
    """Print a described plan as the result of --dry-run; `more` is for scripts."""
    if options.json:
        say_json({"event": "Plan", "steps": list(steps), **more})
    else:
        say(*steps)


def show_plan(plan: Destructive, options: argparse.Namespace) -> None:
    """Print a plan that overwrites something, for scripts with the text that confirms it and its digest for --plan."""
    show_steps(plan.describe(), options, confirm=plan.target.confirm, digest=plan.digest())


def ask(plan: Destructive, options: argparse.Namespace, work: Session) -> Confirmation:
    """Get the confirmation, from the options or from the person at the terminal; NotConfirmedError otherwise.

    With --plan, somebody has seen a plan already, in another process: any other one is refused before it is shown.
    """
    if options.plan and options.plan != plan.digest():
        raise NotConfirmedError(
            _("The plan is not the one that was confirmed."),
            hint=_("Something has changed since it was shown. Nothing was written; look at the new plan."),
        )
    if options.yes and not options.confirm:
        raise NotConfirmedError(
            _("--yes alone confirms nothing."),
            hint=_("Add: --confirm '{confirm}' to overwrite {path}").format(
                confirm=plan.target.confirm, path=plan.target.path
            ),
        )
    if options.confirm and (options.yes or not sys.stdin.isatty()):
        if not options.yes:
            raise NotConfirmedError(
                _("--confirm without --yes asks at a terminal, and there is none."), hint=_("Add --yes.")
            )
        return confirm(plan, options.confirm)
    if not sys.stdin.isatty():
        raise NotConfirmedError(
            _("Nobody confirmed that {path} is overwritten.").format(path=plan.target.path),
            hint=_("Add: --yes --confirm '{confirm}'").format(confirm=plan.target.confirm),
        )
    work.terminal.tell_plan(plan.describe())
    return confirm(plan, _read_line(plan.target, work.cancel))


def _read_line(target: Target, cancel: CancelToken) -> str:
    """What the person types; Ctrl-C here ends the program at once, because nothing has begun."""
    former = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        if cancel.cancelled:  # by a Ctrl-C that came before this handler
            raise CancelledError(_(_NOTHING_CHANGED))
        question = _("To overwrite {path}, type: {confirm}").format(path=target.path, confirm=target.confirm)
        print(f"\n{question}\n> ", end="", file=sys.stderr, flush=True)
        return sys.stdin.readline().strip()
    except KeyboardInterrupt as error:
        raise CancelledError(_(_NOTHING_CHANGED)) from error
    finally:
        signal.signal(signal.SIGINT, former)


def exit_code(outcome: Outcome) -> int:
    """Exit code of a job that ended without an error."""
    return {Outcome.OK: 0, Outcome.PARTIAL: PARTIAL_CODE, Outcome.FAILED: RescueError.exit_code}[outcome]
