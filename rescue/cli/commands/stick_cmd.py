"""`rescue stick`: a bootable image to a stick."""

import argparse

from rescue.cli.session import ask, exit_code, session, show_plan
from rescue.operations.stick import StickRequest, prepared_stick, run_stick


def run(options: argparse.Namespace) -> int:
    """Show the plan, get the confirmation, write, read back."""
    request = StickRequest(options.image, options.target, data=options.data, verify=not options.no_verify)
    with session(options) as work, prepared_stick(request, sink=work.sink, cancel=work.cancel) as job:
        if options.dry_run:
            show_plan(job.plan, options)
            return 0
        confirmation = ask(job.plan, options, work)
        outcome = run_stick(job, confirmation, sink=work.sink, cancel=work.cancel)
    return exit_code(outcome)
