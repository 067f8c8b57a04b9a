"""What flows want of the machine, as a protocol.

Every method may take seconds, and runs in a thread; RescueError is the only thing that it raises. `rescue.flows.local`
has the real one; tests have one that touches nothing.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from rescue.devices.model import Inventory
from rescue.errors import IntegrityError
from rescue.operations.commands import Request
from rescue.operations.jobs import Job
from rescue.operations.undo import UndoPlan
from rescue.places.model import Place
from rescue.plans.backup import BackupPlan
from rescue.plans.write import WritePlan
from rescue.repository.repository import Stored

Plan = BackupPlan | WritePlan | UndoPlan


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The snapshots of a repository, the newest first, and what is wrong with those that cannot be read.

    `verified` gives the date on which a snapshot, by its id, was read back last.
    """

    repository: Path
    snapshots: tuple[Stored, ...]
    damaged: tuple[IntegrityError, ...]
    verified: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Agreed:
    """What a person has agreed to: the text that was typed, and the digest of exactly the plan that was shown."""

    confirm: str
    digest: str


class Engine(Protocol):
    """Everything that flows do."""

    def look(self) -> Inventory:
        """The disks that are there."""

    def places(self, inventory: Inventory) -> tuple[Place, ...]:
        """Where backups can lie: open places first, then drives that could be opened. Mounts nothing."""

    def open_place(self, place: Place) -> Place:
        """Mount it where it is not; with its directory, its space and its repositories."""

    def connect(self, address: str, user: str, secret: str) -> Place:
        """Open a folder of another computer, `smb://`, `nfs://` or `sftp://`, and try to write there.

        RescueError says in words what is wrong: name unknown, refused, wrong password, no right to write.
        """

    def close_place(self, place: Place) -> None:
        """Unmount it, so that it can be unplugged."""

    def format_place(self, path: str, confirm: str) -> Place:
        """Make a new file system for backups on the disk `path`, whose identity was typed, and open it."""

    def make_repository(self, directory: Path) -> Path:
        """Make a repository in it and return its path."""

    def catalogue(self, repository: Path) -> Catalogue:
        """What is in a repository."""

    def prepare(self, request: Request) -> Plan:
        """What a request would do, exactly; refused like the command itself."""

    def refusals(self, request: Request, inventory: Inventory, *, whole: bool) -> dict[str, str]:
        """Why disks, or partitions where not `whole`, cannot be the target of a request: path and reason."""

    def start(self, request: Request, agreed: Agreed | None, *, title: str, detail: dict[str, str]) -> Job:
        """Start it as a job that outlives the screen."""

    def again(self, job: Job) -> Job:
        """Start exactly the same command once more."""

    def dismiss(self, job: Job) -> None:
        """Forget a job that has ended; nothing where it runs."""

    def jobs(self) -> list[Job]:
        """Jobs that run or ended without being dismissed."""

    def shell(self) -> Callable[[], None]:
        """What opens a shell on this terminal."""
