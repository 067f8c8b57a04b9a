"""`rescue show`: one snapshot and its report."""

import argparse
import json

from rescue.cli.session import repository_path
from rescue.cli.text import say, say_json
from rescue.language import _
from rescue.repository.repository import Repository


def run(options: argparse.Namespace) -> int:
    """Print what the snapshot file says."""
    with Repository.open(repository_path(options)) as repository:
        stored = repository.find_snapshot(options.snapshot)
    snapshot = stored.snapshot
    if options.json:
        say_json({"id": stored.id, **json.loads(snapshot.to_bytes())})
        return 0
    note = [snapshot.note] if snapshot.note else []
    say(
        stored.id,
        _("{name}, {date}, made on {host}").format(
            name=snapshot.name, date=snapshot.date, host=snapshot.machine.get("host")
        ),
        *note,
        *snapshot.report,
    )
    return 0
