"""`rescue table`: the partition table of a disk into a file, and back."""

import argparse

from rescue.cli.session import ask, exit_code, session, show_plan
from rescue.cli.text import say
from rescue.language import _
from rescue.operations.commands import TableRestoreRequest, TableSaveRequest
from rescue.operations.table import prepare_table, run_table, save_table


def request(options: argparse.Namespace) -> TableSaveRequest | TableRestoreRequest:
    """What is asked for."""
    if options.action == "save":
        return TableSaveRequest(options.disk, options.file)
    return TableRestoreRequest(options.file, options.target, not options.no_verify)


def run(options: argparse.Namespace) -> int:
    """Save, which writes nothing but the file; or show the plan, get the confirmation, write, read back."""
    wanted = request(options)
    if isinstance(wanted, TableSaveRequest):
        return _save(wanted, options)
    plan = prepare_table(wanted)
    if options.dry_run:
        show_plan(plan, options)
        return 0
    with session(options) as work:
        outcome = run_table(plan, ask(plan, options, work), sink=work.sink, cancel=work.cancel)
    return exit_code(outcome)


def _save(wanted: TableSaveRequest, options: argparse.Namespace) -> int:
    with session(options) as work:
        saved = save_table(wanted, sink=work.sink)
    if not options.json:
        text = _("{file} holds the partition table of {disk}, with {count} partitions.")
        say(text.format(file=saved.path, disk=wanted.disk, count=len(saved.table.entries)))
    return 0
