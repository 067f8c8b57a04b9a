"""`rescue list`: the snapshots of a repository."""

import argparse

from rescue.cli.session import repository_path
from rescue.cli.text import say, say_json
from rescue.language import _
from rescue.repository.repository import Repository, Stored
from rescue.units import format_size


def run(options: argparse.Namespace) -> int:
    """Print a line a snapshot, oldest first. A damaged one is told at the end, as an error."""
    with Repository.open(repository_path(options)) as repository:
        good, bad = repository.snapshots()
    for stored in good:
        if options.json:
            say_json(summary(stored))
        else:
            say(line(stored))
    if not good and not bad and not options.json:
        say(_("The repository holds no snapshot yet."))
    if bad:
        raise bad[0]
    return 0


def summary(stored: Stored) -> dict[str, object]:
    """A snapshot in short, for scripts."""
    snapshot = stored.snapshot
    return {
        "id": stored.id,
        "name": snapshot.name,
        "note": snapshot.note,
        "created": snapshot.created,
        "outcome": snapshot.outcome.value,
        "host": snapshot.machine.get("host"),
        "disks": [{"path": disk.path, "model": disk.model, "size": disk.size} for disk in snapshot.disks],
        "used_bytes": used_bytes(stored),
    }


def used_bytes(stored: Stored) -> int:
    """Bytes that the snapshot would write to a disk."""
    return sum(region.used_bytes for disk in stored.snapshot.disks for region in disk.regions)


def line(stored: Stored) -> str:
    """A snapshot in a line, for people."""
    snapshot = stored.snapshot
    disks = ", ".join(f"{disk.model or disk.path} {format_size(disk.size)}" for disk in snapshot.disks)
    note = f"  {snapshot.note}" if snapshot.note else ""
    return (
        f"{stored.id[:12]}  {snapshot.date}  {snapshot.outcome.word:7}  {format_size(used_bytes(stored)):>10}  "
        f"{snapshot.name}  ({disks}){note}"
    )
