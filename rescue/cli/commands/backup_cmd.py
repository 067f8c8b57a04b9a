"""`rescue backup`: disks and partitions into a repository."""

import argparse
from pathlib import Path

from rescue.cli.session import exit_code, repository_path, session, show_steps
from rescue.operations.backup import run_backup
from rescue.operations.prepare import BackupRequest, prepare_backup
from rescue.repository.repository import Repository


def request(options: argparse.Namespace) -> BackupRequest:
    """What is asked for."""
    return BackupRequest(
        sources=tuple(options.sources),
        repository=str(repository_path(options)),
        name=options.name,
        level=options.level,
        raw=options.raw,
        allow_bad=options.allow_bad_sectors,
        verify=options.verify,
        note=options.note,
    )


def run(options: argparse.Namespace) -> int:
    """Print the id of the snapshot, alone on standard output."""
    wanted = request(options)
    with session(options) as work, Repository.open(Path(wanted.repository)) as repository:
        plan = prepare_backup(wanted, sink=work.sink, cancel=work.cancel)
        if options.dry_run:
            show_steps(plan.describe(), options)
            return 0
        result = run_backup(plan, repository, sink=work.sink, cancel=work.cancel)
    if not options.json:
        print(result.id)
    return exit_code(result.snapshot.outcome)
