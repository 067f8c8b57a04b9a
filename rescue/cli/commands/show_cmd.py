"""`rescue show`: one snapshot and its report."""

import argparse
import json

from rescue.cli.session import repository_path
from rescue.repository.repository import Repository


def run(options: argparse.Namespace) -> int:
    """Print what the snapshot file says."""
    with Repository.open(repository_path(options)) as repository:
        stored = repository.find_snapshot(options.snapshot)
    snapshot = stored.snapshot
    if options.json:
        print(json.dumps({"id": stored.id, **json.loads(snapshot.to_bytes())}, ensure_ascii=False))
        return 0
    print(f"{stored.id}\n{snapshot.name}, {snapshot.created}, made on {snapshot.machine.get('host')}")
    print("\n".join(snapshot.report))
    return 0
