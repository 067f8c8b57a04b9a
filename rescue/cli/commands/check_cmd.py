"""`rescue check`: is the repository whole?"""

import argparse
from dataclasses import asdict

from rescue.cli.session import repository_path, session
from rescue.cli.text import say, say_json
from rescue.errors import IntegrityError
from rescue.repository.check import Findings, check, rebuild_index
from rescue.repository.repository import Repository
from rescue.units import format_size


def run(options: argparse.Namespace) -> int:
    """Print what was found; IntegrityError at the end where something is wrong."""
    root = repository_path(options)
    if options.rebuild_index:
        with Repository.open(root, exclusive=True, any_index=True) as repository:
            rebuild_index(repository)
    with session(options) as work, Repository.open(root, any_index=True) as repository:
        found = check(repository, read_data=options.read_data, sink=work.sink, cancel=work.cancel)
    if options.json:
        say_json({"event": "Checked", **asdict(found)})
    else:
        say(*_lines(found, read_data=options.read_data))
    if found.problems:
        raise IntegrityError(
            f"The repository is damaged: {len(found.problems)} problems.",
            hint=_hint(found),
        )
    return 0


def _lines(found: Findings, *, read_data: bool) -> list[str]:
    how = f"{format_size(found.read_bytes)} read" if read_data else "structure only; --read-data reads every byte"
    whole = sum(not damage for damage in found.snapshots.values())
    lines = [f"{found.packs} packs, {found.chunks} chunks, {len(found.snapshots)} snapshots ({how})."]
    lines += found.problems
    return [*lines, f"{whole} of {len(found.snapshots)} snapshots are whole."]


def _hint(found: Findings) -> str:
    if all(problem.startswith("Index file") for problem in found.problems):
        return "Only the index is damaged: `rescue check --rebuild-index` makes it anew from the packs."
    return "Keep the repository as it is. Snapshots without a problem can be restored; back up the others again."
