"""The engine of this machine: what flows want, done by `rescue.operations` and `rescue.places`."""

from dataclasses import replace
from pathlib import Path

from rescue.cancel import CancelToken
from rescue.devices.model import Inventory
from rescue.errors import RescueError, UsageError
from rescue.events import nowhere
from rescue.flows.engine import Agreed, Catalogue, Plan
from rescue.operations import jobs
from rescue.operations.commands import Request, UndoRequest, command
from rescue.operations.jobs import Job
from rescue.operations.prepare import (
    BackupRequest,
    CloneRequest,
    RestoreRequest,
    look,
    prepare_backup,
    prepare_clone,
    prepare_restore,
)
from rescue.operations.undo import prepare_undo
from rescue.repository.repository import Repository


class LocalEngine:
    """See `rescue.flows.engine.Engine`. Without state: any thread may use it."""

    def look(self) -> Inventory:
        """The disks that are there."""
        return look()

    def catalogue(self, repository: Path) -> Catalogue:
        """What is in a repository. A damaged index hides no snapshot."""
        with Repository.open(repository, any_index=True) as opened:
            good, bad = opened.snapshots()
            verified = {stored.id: date for stored in good if (date := opened.verified(stored.id))}
        return Catalogue(repository, tuple(reversed(good)), tuple(bad), verified)

    def make_repository(self, directory: Path) -> Path:
        """Make a repository in a new directory."""
        Repository.init(directory)
        return directory

    def prepare(self, request: Request) -> Plan:
        """What a request would do."""
        return _prepared(request, None, measure=True)

    def refusals(self, request: Request, inventory: Inventory, *, whole: bool) -> dict[str, str]:
        """Why disks or partitions cannot be the target."""
        found = {}
        for disk in inventory.disks:
            for path in [disk.path] if whole else [part.path for part in disk.partitions]:
                try:
                    _prepared(_aimed(request, path), inventory, measure=False)
                except RescueError as error:
                    found[path] = error.message
        return found

    def start(self, request: Request, agreed: Agreed | None, *, title: str, detail: dict[str, str]) -> Job:
        """Start the command of the request."""
        words = command(request)
        if agreed is not None:
            words = (*words, "--yes", "--confirm", agreed.confirm, "--plan", agreed.digest)
        return jobs.start(words, title=title, detail=detail)

    def again(self, job: Job) -> Job:
        """Start the same command once more."""
        return jobs.start(job.words, title=job.title, detail=job.detail)

    def dismiss(self, job: Job) -> None:
        """Forget a job that has ended."""
        jobs.dismiss(job)

    def jobs(self) -> list[Job]:
        """Jobs that nobody has dismissed."""
        return jobs.jobs()


def _aimed(request: Request, target: str) -> Request:
    """The same request with another target."""
    if isinstance(request, RestoreRequest | CloneRequest):
        return replace(request, target=target)
    raise UsageError("This has no target.")


def _prepared(request: Request, inventory: Inventory | None, *, measure: bool) -> Plan:
    cancel = CancelToken()
    match request:
        case BackupRequest():
            return prepare_backup(request, sink=nowhere, cancel=cancel)
        case RestoreRequest():
            with Repository.open(Path(request.repository)) as repository:
                stored = repository.find_snapshot(request.snapshot)
                return prepare_restore(repository, stored, request, inventory)[0]
        case CloneRequest():
            return prepare_clone(request, sink=nowhere, cancel=cancel, inventory=inventory, measure=measure)[0]
        case UndoRequest():
            return prepare_undo(request.target)
        case _:
            raise UsageError("This is not planned, it is only done.")
