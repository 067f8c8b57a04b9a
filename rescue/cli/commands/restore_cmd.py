"""`rescue restore`: a snapshot to a disk, or one partition of it to a partition."""

import argparse

from rescue.cli.session import ask, exit_code, repository_path, session, show_plan
from rescue.operations.prepare import RestoreRequest, prepare_restore
from rescue.operations.restore import run_restore
from rescue.repository.repository import Repository


def run(options: argparse.Namespace) -> int:
    """Show the plan, get the confirmation, write, read back."""
    root = repository_path(options)
    query, _, part = options.snapshot.partition(":")
    request = RestoreRequest(
        snapshot=query,
        part=part or None,
        disk=options.disk,
        target=options.target,
        repository=str(root),
        verify=not options.no_verify,
    )
    with session(options) as work, Repository.open(root) as repository:
        plan, record = prepare_restore(repository, repository.find_snapshot(query), request)
        if options.dry_run:
            show_plan(plan, options)
            return 0
        confirmation = ask(plan, options, work)
        outcome = run_restore(plan, confirmation, repository, record, sink=work.sink, cancel=work.cancel)
    return exit_code(outcome)
