"""`rescue undo`: bring a disk's table and headers back."""

import argparse

from rescue.cli.session import ask, exit_code, session, show_plan
from rescue.cli.text import say
from rescue.language import _
from rescue.operations.commands import UndoRequest
from rescue.operations.undo import prepare_undo, run_undo


def request(options: argparse.Namespace) -> UndoRequest:
    """What is asked for."""
    return UndoRequest(options.target)


def run(options: argparse.Namespace) -> int:
    """Show the plan, get the confirmation, write."""
    plan = prepare_undo(request(options).target)
    if options.dry_run:
        show_plan(plan, options)
        return 0
    with session(options) as work:
        outcome = run_undo(plan, ask(plan, options, work), sink=work.sink)
    if not options.json:
        say(_("{path} has the table and headers of {date} again.").format(path=plan.target.path, date=plan.kit.date))
    return exit_code(outcome)
