"""The engine of this machine: what flows want, done by `rescue.operations` and `rescue.places`."""

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from rescue.cancel import CancelToken
from rescue.devices import smart
from rescue.devices.health import Health
from rescue.devices.model import Inventory
from rescue.errors import RescueError, UsageError
from rescue.events import Event, nowhere
from rescue.flows.engine import Agreed, Catalogue, Plan
from rescue.language import _
from rescue.operations import jobs
from rescue.operations.claims import require_unlocked
from rescue.operations.commands import (
    FormatRequest,
    Request,
    TableRestoreRequest,
    UndoRequest,
    WipeRequest,
    command,
    confirmed,
)
from rescue.operations.format import prepared_format
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
from rescue.operations.report import Report, export_reports, saved_reports, snapshot_report
from rescue.operations.shell import open_shell
from rescue.operations.table import load_table, prepare_table
from rescue.operations.undo import prepare_undo
from rescue.operations.wipe import prepare_wipe
from rescue.places import access, network, repositories, shares
from rescue.places.model import Place
from rescue.plans.safety import require_target
from rescue.process import hand_over, run
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

    def places(self, inventory: Inventory) -> tuple[Place, ...]:
        """Open places first, then drives that could be opened."""
        return access.places(inventory)

    def open_place(self, place: Place) -> Place:
        """Mount it where it is not."""
        return access.open_place(place, look())

    def folder(self, path: str) -> Place:
        """A directory of this computer."""
        return access.folder(path)

    def connect(
        self, address: str, user: str, secret: str, *, accept: str | None = None, writable: bool = True
    ) -> Place:
        """Open a folder of another computer."""
        return shares.connect(address, user, secret, accept_host_key=accept, read_only=not writable)

    def close_place(self, place: Place) -> None:
        """Unmount it."""
        access.close_place(place)

    def events(self, job: Job) -> tuple[Event, ...]:
        """What a job has said until now."""
        return tuple(jobs.Follower(job).read())

    def reports(self) -> tuple[Report, ...]:
        """From the state directory, and from the repositories of open places; the newest first."""
        found = [*saved_reports()]
        for place in access.places(look()):
            for repository in (place.repositories or ()) if place.open else ():
                with suppress(RescueError):  # what cannot be read now is told where it is used
                    found += map(snapshot_report, self.catalogue(repository).snapshots)
        return tuple(sorted(found, key=lambda report: report.date, reverse=True))

    def save_reports(self, reports: Sequence[Report], directory: Path) -> Path:
        """Write them as text files."""
        return export_reports(reports, directory)

    def delete(self, repository: Path, snapshot: str) -> None:
        """Remove a snapshot."""
        with Repository.open(repository, exclusive=True, any_index=True) as opened:
            opened.delete_snapshot(snapshot)

    def table_files(self, directory: Path) -> tuple[Path, ...]:
        """The saved partition tables in a directory, the newest first."""
        found = [path for path in directory.glob("*.json") if _is_table(path)]
        return tuple(sorted(found, key=lambda path: path.stat().st_mtime, reverse=True))

    def health(self, path: str) -> Health | None:
        """What the drive tells of itself."""
        return smart.health(path)

    def network(self) -> network.Network:
        """How this computer is connected."""
        return network.look()

    def start_network(self) -> None:
        """Start NetworkManager."""
        network.start_manager()

    def wifi(self) -> Callable[[], None] | None:
        """`nmtui` on this terminal."""
        if shutil.which("nmtui") is None:
            return None
        return lambda: hand_over(["nmtui-connect"], cwd="/", extra={})

    def power_off(self) -> None:
        """Switch the computer off."""
        run(["systemctl", "poweroff"])

    def restart(self) -> None:
        """Start the computer again."""
        run(["systemctl", "reboot"])

    def shell(self) -> Callable[[], None]:
        """The person's shell on this terminal."""
        return open_shell

    def make_repository(self, directory: Path) -> Path:
        """Make a repository in a new directory."""
        return repositories.make(directory)

    def prepare(self, request: Request) -> Plan:
        """What a request would do."""
        return _prepared(request)

    def refusals(self, request: Request, inventory: Inventory, *, whole: bool) -> dict[str, str]:
        """Why disks or partitions cannot be the target."""
        nodes = [node for disk in inventory.disks for node in ([disk] if whole else disk.partitions)]
        found = {}
        try:
            with _trial(request, inventory) as require_possible:
                for node in nodes:
                    try:
                        require_possible(node.path)
                    except RescueError as error:
                        found[node.path] = error.message
        except RescueError as error:  # of the source: no target is possible
            return {node.path: error.message for node in nodes}
        return found

    def start(self, request: Request, agreed: Agreed | None, *, title: str, detail: dict[str, str]) -> Job:
        """Start the command of the request."""
        words = command(request)
        if agreed is not None:
            words = (*words, *confirmed(agreed.confirm, agreed.digest))
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


def _is_table(path: Path) -> bool:
    try:
        load_table(path)
    except RescueError:
        return False
    return True


@contextmanager
def _trial(request: Request, inventory: Inventory) -> Iterator[Callable[[str], object]]:
    """What raises why a target is not possible for the request; what takes long is done once for all targets."""
    match request:
        case RestoreRequest():
            with Repository.open(Path(request.repository)) as repository:
                stored = repository.find_snapshot(request.snapshot)
                yield lambda path: prepare_restore(repository, stored, replace(request, target=path), inventory)
        case CloneRequest():
            yield lambda path: prepare_clone(
                replace(request, target=path), sink=nowhere, cancel=CancelToken(), inventory=inventory, measure=False
            )
        case UndoRequest():
            yield lambda path: prepare_undo(path, inventory)
        case WipeRequest() | FormatRequest() | TableRestoreRequest():
            yield lambda path: _require_free(inventory, path)
        case _:
            raise UsageError(_("This has no target."))


def _require_free(inventory: Inventory, target: str) -> None:
    disk = inventory.disk(target)
    require_unlocked(disk)
    require_target(inventory, disk, None)


def _prepared(request: Request) -> Plan:  # noqa: PLR0911 - a case a kind of request
    cancel = CancelToken()
    match request:
        case BackupRequest():
            return prepare_backup(request, sink=nowhere, cancel=cancel)
        case RestoreRequest():
            with Repository.open(Path(request.repository)) as repository:
                return prepare_restore(repository, repository.find_snapshot(request.snapshot), request)[0]
        case CloneRequest():
            return prepare_clone(request, sink=nowhere, cancel=cancel)[0]
        case UndoRequest():
            return prepare_undo(request.target)
        case TableRestoreRequest():
            return prepare_table(request)
        case WipeRequest():
            return prepare_wipe(request)
        case FormatRequest():
            with prepared_format(request, sink=nowhere, cancel=cancel) as job:
                return job.plan
        case _:
            raise UsageError(_("This is not planned, it is only done."))
