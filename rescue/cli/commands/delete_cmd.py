"""`rescue delete`: forget a snapshot."""

import argparse

from rescue.cli.session import repository_path
from rescue.cli.text import say, say_json
from rescue.language import _
from rescue.repository.repository import Repository


def run(options: argparse.Namespace) -> int:
    """Remove the snapshot's file; its chunks stay until `rescue prune`."""
    with Repository.open(repository_path(options), exclusive=True, any_index=True) as repository:
        identity = repository.resolve(options.snapshot)
        repository.delete_snapshot(identity)
    if options.json:
        say_json({"event": "Deleted", "snapshot": identity})
    else:
        say(_("{identity} is deleted. `rescue prune` gives its space back.").format(identity=identity[:12]))
    return 0
