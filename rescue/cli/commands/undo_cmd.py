"""`rescue undo`: bring a disk's table and headers back."""

import argparse

from rescue.cli.session import ask, session, show_plan
from rescue.cli.text import say, say_json
from rescue.operations.undo import prepare_undo, run_undo


def run(options: argparse.Namespace) -> int:
    """Show the plan, get the confirmation, write."""
    plan = prepare_undo(options.target)
    if options.dry_run:
        show_plan(plan.describe(), options)
        return 0
    with session(options) as work:
        run_undo(plan, ask(plan, options, work))
    if options.json:
        say_json({"event": "Undone", "target": plan.target.path, "kit": str(plan.kit.path)})
    else:
        say(f"{plan.target.path} has the table and headers of {plan.kit.date} again.")
    return 0
