"""`rescue format`: a whole disk becomes a drive for backups."""

import argparse

from rescue.cli.session import ask, exit_code, session, show_plan
from rescue.events import Note, Outcome
from rescue.language import _
from rescue.operations.commands import FormatRequest
from rescue.operations.format import open_formatted, prepared_format, run_format
from rescue.places import access


def request(options: argparse.Namespace) -> FormatRequest:
    """What is asked for."""
    verify = not options.no_verify
    return FormatRequest(options.target, options.filesystem, options.label, options.disk_id, verify)


def run(options: argparse.Namespace) -> int:
    """Show the plan, get the confirmation, write, read back, mount it once and write to it."""
    with session(options) as work:
        with prepared_format(request(options), sink=work.sink, cancel=work.cancel) as job:
            if options.dry_run:
                show_plan(job.plan, options)
                return 0
            confirmation = ask(job.plan, options, work)
            outcome = run_format(job, confirmation, sink=work.sink, cancel=work.cancel)
        if outcome is Outcome.OK:
            place = open_formatted(job.plan)
            access.close_place(place)
            work.sink(Note("", _("It was opened and written to. `rescue connect {node}` opens it.").format(
                node=place.address
            )))  # fmt: skip
    return exit_code(outcome)
