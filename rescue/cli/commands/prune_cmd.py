"""`rescue prune`: give space back."""

import argparse
from dataclasses import asdict

from rescue.cli.session import repository_path
from rescue.cli.text import say, say_json
from rescue.language import _
from rescue.repository.prune import prune
from rescue.repository.repository import Repository
from rescue.units import format_size


def run(options: argparse.Namespace) -> int:
    """Remove what no snapshot needs, or say what would be removed."""
    with Repository.open(repository_path(options), exclusive=True) as repository:
        done = prune(repository, dry_run=options.dry_run)
    if options.json:
        say_json({"event": "Pruned", "dry_run": options.dry_run, **asdict(done)})
    else:
        if options.dry_run:
            text = _("{removed} packs would be removed, {rewritten} would be rewritten, {size} would be freed.")
        else:
            text = _("{removed} packs were removed, {rewritten} were rewritten, {size} were freed.")
        say(
            text.format(
                removed=done.removed_packs,
                rewritten=done.rewritten_packs,
                size=format_size(done.freed_bytes),
            )
        )
    return 0
