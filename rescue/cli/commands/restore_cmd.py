"""`rescue restore`: a snapshot to a disk, or one partition of it to a partition."""

import argparse
from pathlib import Path

from rescue.cli.session import ask, exit_code, repository_path, session, show_plan
from rescue.operations.prepare import RestoreRequest, prepare_restore
from rescue.operations.restore import run_restore
from rescue.operations.table import run_table
from rescue.repository.repository import Repository


def request(options: argparse.Namespace) -> RestoreRequest:
    """What is asked for."""
    query, _, part = options.snapshot.partition(":")
    return RestoreRequest(
        snapshot=query,
        part=part or None,
        disk=options.disk,
        target=options.target,
        repository=str(repository_path(options)),
        verify=not options.no_verify,
        table_only=options.table_only,
    )


def run(options: argparse.Namespace) -> int:
    """Show the plan, get the confirmation, write, read back."""
    wanted = request(options)
    with session(options) as work, Repository.open(Path(wanted.repository)) as repository:
        plan, record = prepare_restore(repository, repository.find_snapshot(wanted.snapshot), wanted)
        if options.dry_run:
            show_plan(plan, options)
            return 0
        confirmation = ask(plan, options, work)
        if wanted.table_only:
            outcome = run_table(plan, confirmation, wanted.repository, sink=work.sink, cancel=work.cancel)
        else:
            outcome = run_restore(plan, confirmation, repository, record, sink=work.sink, cancel=work.cancel)
    return exit_code(outcome)
