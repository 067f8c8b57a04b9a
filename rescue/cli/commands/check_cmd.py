"""`rescue check`: is the repository whole?"""

import argparse
import time
from dataclasses import asdict
from pathlib import Path

from rescue.cli.session import repository_path, session
from rescue.cli.text import say, say_json
from rescue.errors import IntegrityError
from rescue.events import JobFinished, JobStarted, Outcome
from rescue.language import _, ngettext
from rescue.operations.commands import CheckRequest
from rescue.repository.check import Findings, check, rebuild_index
from rescue.repository.repository import Repository
from rescue.units import format_size


def request(options: argparse.Namespace) -> CheckRequest:
    """What is asked for, but for --rebuild-index, which only a person at a shell asks for."""
    return CheckRequest(str(repository_path(options)), options.read_data)


def run(options: argparse.Namespace) -> int:
    """Print what was found; IntegrityError at the end where something is wrong."""
    wanted, began = request(options), time.monotonic()
    root = Path(wanted.repository)
    if options.rebuild_index:
        with Repository.open(root, exclusive=True, any_index=True) as repository:
            rebuild_index(repository)
    with session(options) as work, Repository.open(root, any_index=True) as repository:
        work.sink(JobStarted("check", (_step(wanted),)))
        found = check(repository, read_data=wanted.read_data, sink=work.sink, cancel=work.cancel)
        if options.json:
            say_json({"event": "Checked", **asdict(found)})
        outcome = Outcome.FAILED if found.problems else Outcome.OK
        work.sink(JobFinished("check", outcome, {**asdict(found), "seconds": int(time.monotonic() - began)}))
    if not options.json:
        say(*_lines(found, read_data=wanted.read_data))
    if found.problems:
        raise IntegrityError(
            ngettext(
                "The repository is damaged: {count} problem.",
                "The repository is damaged: {count} problems.",
                len(found.problems),
            ).format(count=len(found.problems)),
            hint=_hint(only_index=len(found.problems) == len(repository.damaged_indexes)),
        )
    return 0


def _step(wanted: CheckRequest) -> str:
    if wanted.read_data:
        return _("Read every byte of the repository {place}, and check that all of it is as it was stored.").format(
            place=wanted.repository
        )
    return _("Check that the repository {place} is complete.").format(place=wanted.repository)


def _lines(found: Findings, *, read_data: bool) -> list[str]:
    if read_data:
        how = _("{size} read").format(size=format_size(found.read_bytes))
    else:
        how = _("structure only; --read-data reads every byte")
    whole = sum(not damage for damage in found.snapshots.values())
    lines = [
        _("{packs} packs, {chunks} chunks, {snapshots} snapshots ({how}).").format(
            packs=found.packs, chunks=found.chunks, snapshots=len(found.snapshots), how=how
        )
    ]
    lines += found.problems
    return [*lines, _("{whole} of {count} snapshots are whole.").format(whole=whole, count=len(found.snapshots))]


def _hint(*, only_index: bool) -> str:
    if only_index:
        return _("Only the index is damaged: `rescue check --rebuild-index` makes it anew from the packs.")
    return _("Keep the repository as it is. Snapshots without a problem can be restored; back up the others again.")
