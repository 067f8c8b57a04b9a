"""`rescue verify`: read a snapshot back."""

import argparse

from rescue.cli.session import exit_code, repository_path, session
from rescue.cli.text import say, say_json
from rescue.operations import machine
from rescue.operations.verify import verify_snapshot
from rescue.repository.repository import Repository
from rescue.units import format_size


def run(options: argparse.Namespace) -> int:
    """Say that every byte is what was stored; the exit code also tells of a PARTIAL snapshot."""
    with session(options) as work, Repository.open(repository_path(options)) as repository:
        stored = repository.find_snapshot(options.snapshot)
        count = verify_snapshot(repository, stored.snapshot, sink=work.sink, cancel=work.cancel)
        repository.note_verified(stored.id, machine.now().isoformat())
    outcome = stored.snapshot.outcome
    if options.json:
        say_json({"event": "Verified", "snapshot": stored.id, "bytes": count, "outcome": outcome.value})
    else:
        say(
            f"{stored.id[:12]} “{stored.snapshot.name}”: {format_size(count)} read back, all as stored. {outcome.value}"
        )
    return exit_code(outcome)
