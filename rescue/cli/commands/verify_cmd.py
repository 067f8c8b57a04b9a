"""`rescue verify`: read a snapshot back."""

import argparse
import time
from pathlib import Path

from rescue.cli.session import exit_code, repository_path, session
from rescue.cli.text import say, say_json
from rescue.events import JobFinished
from rescue.language import _
from rescue.operations.commands import VerifyRequest
from rescue.operations.verify import run_verify
from rescue.repository.repository import Repository
from rescue.units import format_size


def request(options: argparse.Namespace) -> VerifyRequest:
    """What is asked for."""
    return VerifyRequest(options.snapshot, str(repository_path(options)))


def run(options: argparse.Namespace) -> int:
    """Say that every byte is what was stored; the exit code also tells of a PARTIAL snapshot."""
    wanted, began = request(options), time.monotonic()
    with session(options) as work, Repository.open(Path(wanted.repository)) as repository:
        stored = repository.find_snapshot(wanted.snapshot)
        count = run_verify(repository, stored, sink=work.sink, cancel=work.cancel)
        outcome = stored.snapshot.outcome
        if options.json:
            say_json({"event": "Verified", "snapshot": stored.id, "bytes": count, "outcome": outcome.value})
        detail = {"snapshot": stored.id, "bytes": count, "seconds": int(time.monotonic() - began)}
        work.sink(JobFinished("verify", outcome, detail))
    if not options.json:
        say(
            _("{id} “{name}”: {size} read back, all as stored. {verdict}").format(
                id=stored.id[:12], name=stored.snapshot.name, size=format_size(count), verdict=outcome.word
            )
        )
    return exit_code(outcome)
