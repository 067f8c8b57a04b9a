"""The partition table alone: save it in a file, and put a saved one on a disk, from a file or out of a snapshot."""

import json
import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from rescue.cancel import CancelToken
from rescue.devices.model import Identity
from rescue.errors import IntegrityError, RescueError, TableError, UsageError, reason_of
from rescue.events import JobFinished, JobStarted, Note, Outcome, Sink
from rescue.fields import Fields
from rescue.images.nothing import NoSource
from rescue.images.scan_layout import table_of
from rescue.language import _
from rescue.operations import machine
from rescue.operations.claims import require_unlocked
from rescue.operations.commands import TableRestoreRequest, TableSaveRequest
from rescue.operations.prepare import look
from rescue.operations.write import Origin, run_write
from rescue.pipeline.copy import make_pool
from rescue.plans.safety import require_target
from rescue.plans.table import plan_table
from rescue.plans.token import Confirmation
from rescue.plans.write import WritePlan
from rescue.repository.format import CHUNK_SIZE
from rescue.tables import stored
from rescue.tables.model import MAX_SAVED, Table, TableKind
from rescue.text import date_of

_FORMAT = 1
_WHAT = "partition table of a disk, saved by Rescue"
_MAX_FILE = 2 * MAX_SAVED


@dataclass(frozen=True, slots=True)
class SavedTable:
    """A table in a file, and the disk that it was read from."""

    path: Path
    created: str
    model: str
    identity: Identity
    table: Table

    def describe(self) -> str:
        """Where it comes from, for the plan."""
        return _("{path}, saved on {date} from {disk}").format(
            path=self.path, date=date_of(self.created), disk=self.model or _("a disk without a model name")
        )


def save_table(request: TableSaveRequest, *, sink: Sink) -> SavedTable:
    """Write the exact sectors of a disk's table, with its identity, into a new file. The disk is only read.

    TableError where the disk has no table, or one that cannot be followed; UsageError where the file is there already.
    Nothing is left of a file that cannot be completed.
    """
    inventory = look()
    disk = inventory.disk(request.disk)
    table = table_of(disk)
    if table.kind is TableKind.NONE:
        raise TableError(_("{path} has no partition table.").format(path=disk.path))
    path = Path(request.file).absolute()
    step = _("Save the partition table of {disk} in {file}.").format(disk=disk.path, file=path)
    sink(JobStarted("table save", (step,)))
    saved = SavedTable(path, machine.now().isoformat(), disk.model, disk.identity, table)
    _write_new(path, _document(saved))
    if disk in inventory.disks_of_file(str(path)):
        text = _("{file} lies on the disk itself: copy it to another drive, where it can be reached in need.")
        sink(Note("", text.format(file=path)))
    detail: dict[str, object] = {"disk": disk.path, "identity": disk.identity.to_json(), "file": str(path)}
    sink(JobFinished("table save", Outcome.OK, detail))
    return saved


def prepare_table(request: TableRestoreRequest) -> WritePlan:
    """The plan that puts a saved table on a disk.

    UsageError, IntegrityError for a file that is damaged, TargetRefusedError, TargetTooSmallError.
    """
    saved = load_table(Path(request.file).absolute())
    inventory = look()
    disk = inventory.disk(request.target)
    require_unlocked(disk)
    require_target(inventory, disk, None)
    differences = saved.identity.differences(disk.identity, ignore_table=True)
    notes: tuple[str, ...] = ()
    if differences:
        notes = (_("It was saved from another disk: {differences}").format(differences=" ".join(differences)),)
    return plan_table("table restore", saved.describe(), saved.table, disk, notes=notes, verify=request.verify)


def run_table(
    plan: WritePlan, confirmation: Confirmation, repository: str | None = None, *, sink: Sink, cancel: CancelToken
) -> Outcome:
    """Write the table of a plan that writes nothing else. After an error the disk has no table, or is untouched.

    `repository` is the one that the table comes from, which must not lie on the target.
    """
    origin = Origin(NoSource(), make_pool(CHUNK_SIZE, cancel), lambda _name: (), repository)
    return run_write(plan, confirmation, origin, sink=sink, cancel=cancel)


def load_table(path: Path) -> SavedTable:
    """A table from its file. UsageError where there is no such file, IntegrityError where it holds something else."""
    try:
        with path.open("rb") as stream:
            data = stream.read(_MAX_FILE + 1)
    except OSError as error:
        raise UsageError(_("{path} cannot be read: {why}.").format(path=path, why=reason_of(error))) from error
    fields = Fields.parse(data, str(path))
    if fields.text("what") != _WHAT or fields.number("format") != _FORMAT:
        raise IntegrityError(_("{path} holds no partition table that this Rescue has saved.").format(path=path))
    try:
        identity = Identity.from_json(fields.mapping("identity"))
    except ValueError as error:
        raise IntegrityError(f"{path}: {error}.") from error
    table = stored.from_json(fields.mapping("table"))
    return SavedTable(path, fields.text("created"), fields.text("model"), identity, table)


def _document(saved: SavedTable) -> bytes:
    document = {
        "what": _WHAT,
        "format": _FORMAT,
        "created": saved.created,
        "model": saved.model,
        "identity": saved.identity.to_json(),
        "table": stored.to_json(saved.table),
    }
    return json.dumps(document, indent=1).encode() + b"\n"


def _write_new(path: Path, data: bytes) -> None:
    """Make a file that is on the medium when this returns; nothing is left of one that cannot be completed."""
    try:
        with path.open("xb") as stream:
            try:
                stream.write(data)
                stream.flush()
                os.fsync(stream.fileno())
            except BaseException:
                with suppress(OSError):
                    path.unlink()
                raise
    except FileExistsError as error:
        raise UsageError(
            _("{path} is there already, and stays as it is.").format(path=path), hint=_("Name a new file.")
        ) from error
    except OSError as error:
        raise RescueError(_("{path} cannot be written: {why}.").format(path=path, why=reason_of(error))) from error
