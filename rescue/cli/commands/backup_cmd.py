"""`rescue backup`: disks and partitions into a repository."""

import argparse

from rescue.cli.session import exit_code, repository_path, session, show_plan
from rescue.operations.backup import run_backup
from rescue.operations.prepare import BackupRequest, prepare_backup
from rescue.repository.repository import Repository


def run(options: argparse.Namespace) -> int:
    """Print the id of the snapshot, alone on standard output."""
    root = repository_path(options)
    request = BackupRequest(
        sources=tuple(options.sources),
        repository=str(root),
        name=options.name,
        level=options.level,
        raw=options.raw,
        allow_bad=options.allow_bad_sectors,
        verify=options.verify,
    )
    with session(options) as work, Repository.open(root) as repository:
        plan = prepare_backup(request, sink=work.sink, cancel=work.cancel)
        if options.dry_run:
            show_plan(plan.describe(), options)
            return 0
        result = run_backup(plan, repository, sink=work.sink, cancel=work.cancel)
    if not options.json:
        print(result.id)
    return exit_code(result.snapshot.outcome)
