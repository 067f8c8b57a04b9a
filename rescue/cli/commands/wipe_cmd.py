"""`rescue wipe`: zeros over a whole disk."""

import argparse

from rescue.cli.session import ask, exit_code, session, show_plan
from rescue.operations.commands import WipeRequest
from rescue.operations.wipe import prepare_wipe, run_wipe


def request(options: argparse.Namespace) -> WipeRequest:
    """What is asked for."""
    return WipeRequest(options.target, quick=options.quick, verify=not options.no_verify)


def run(options: argparse.Namespace) -> int:
    """Show the plan, get the confirmation, overwrite, read back."""
    plan = prepare_wipe(request(options))
    if options.dry_run:
        show_plan(plan, options)
        return 0
    with session(options) as work:
        outcome = run_wipe(plan, ask(plan, options, work), sink=work.sink, cancel=work.cancel)
    return exit_code(outcome)
