"""`rescue clone`: a disk to a disk, or a partition to a partition."""

import argparse

from rescue.cli.session import ask, exit_code, session, show_plan
from rescue.operations.clone import run_clone
from rescue.operations.prepare import CloneRequest, prepare_clone


def request(options: argparse.Namespace) -> CloneRequest:
    """What is asked for."""
    return CloneRequest(
        source=options.source,
        target=options.target,
        raw=options.raw,
        allow_bad=options.allow_bad_sectors,
        verify=not options.no_verify,
    )


def run(options: argparse.Namespace) -> int:
    """Show the plan, get the confirmation, write, read back."""
    wanted = request(options)
    with session(options) as work:
        plan, layout = prepare_clone(wanted, sink=work.sink, cancel=work.cancel)
        if options.dry_run:
            show_plan(plan, options)
            return 0
        confirmation = ask(plan, options, work)
        outcome = run_clone(plan, confirmation, layout, allow_bad=wanted.allow_bad, sink=work.sink, cancel=work.cancel)
    return exit_code(outcome)
