"""`rescue delete`: forget a snapshot."""

import argparse
import json

from rescue.cli.session import repository_path
from rescue.repository.repository import Repository


def run(options: argparse.Namespace) -> int:
    """Remove the snapshot's file; its chunks stay until `rescue prune`."""
    with Repository.open(repository_path(options), exclusive=True, any_index=True) as repository:
        identity = repository.resolve(options.snapshot)
        repository.delete_snapshot(identity)
    if options.json:
        print(json.dumps({"event": "Deleted", "snapshot": identity}))
    else:
        print(f"{identity[:12]} is deleted. `rescue prune` gives its space back.")
    return 0
