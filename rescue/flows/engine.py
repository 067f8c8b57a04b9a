"""What flows want of the machine, as a protocol.

Every method may take seconds, and runs in a thread; RescueError is the only thing that it raises. `rescue.flows.local`
has the real one; tests have one that touches nothing.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Protocol

from rescue.devices.health import Health
from rescue.devices.model import Inventory
from rescue.errors import IntegrityError
from rescue.events import Event
from rescue.operations.commands import Request
from rescue.operations.jobs import Job
from rescue.operations.report import Report
from rescue.operations.undo import UndoPlan
from rescue.places.model import Place
from rescue.plans.backup import BackupPlan
from rescue.plans.wipe import WipePlan
from rescue.plans.write import WritePlan
from rescue.repository.repository import Stored

Plan = BackupPlan | WritePlan | UndoPlan | WipePlan


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


class NetworkInterface(Protocol):
    """A way to other computers, as `rescue.places.network` finds it."""

    @property
    def name(self) -> str:
        """The kernel's name of it: `eth0`."""

    @property
    def kind(self) -> Enum:
        """Its value is "cable", "wifi", or "other" for what is made of software."""

    @property
    def link(self) -> bool:
        """True where the other end is there: a cable is plugged in, a Wi-Fi is joined."""

    @property
    def addresses(self) -> tuple[str, ...]:
        """Its addresses, as in `192.168.1.20/24`."""


class NetworkState(Protocol):
    """How this computer is connected, as `rescue.places.network` finds it."""

    @property
    def interfaces(self) -> Sequence[NetworkInterface]:
        """Every cable and every radio."""

    @property
    def gateways(self) -> tuple[str, ...]:
        """The ways out, as in `192.168.1.1 (eth0)`."""

    @property
    def name_servers(self) -> tuple[str, ...]:
        """Who knows names."""

    @property
    def managed(self) -> bool:
        """True where NetworkManager runs and takes care of all that."""


class Engine(Protocol):
    """Everything that flows do."""

    def look(self) -> Inventory:
        """The disks that are there."""

    def places(self, inventory: Inventory) -> tuple[Place, ...]:
        """Where backups can lie: open places first, then drives that could be opened. Mounts nothing."""

    def open_place(self, place: Place) -> Place:
        """Mount it where it is not; with its directory, its space and its repositories."""

    def folder(self, path: str) -> Place:
        """A directory of this computer as a place."""

    def connect(
        self, address: str, user: str, secret: str, *, accept: str | None = None, writable: bool = True
    ) -> Place:
        """Open a folder of another computer, `smb://`, `nfs://` or `sftp://`, and try to write there if `writable`.

        RescueError says in words what is wrong: name unknown, refused, wrong password, no right to write. HostKeyError
        carries the fingerprint of an SSH server that nobody has seen before: `accept` is the one that a person has
        accepted.
        """

    def close_place(self, place: Place) -> None:
        """Unmount it, so that it can be unplugged."""

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

    def events(self, job: Job) -> tuple[Event, ...]:
        """What a job has said from its beginning until now."""

    def reports(self) -> tuple[Report, ...]:
        """What jobs have told, the newest first: from the state directory, and from the repositories of open places."""

    def save_reports(self, reports: Sequence[Report], directory: Path) -> Path:
        """Write them as text files into a new folder in `directory`, synced; the folder."""

    def delete(self, repository: Path, snapshot: str) -> None:
        """Remove the snapshot with exactly that id. Its space comes back with the next `rescue prune`."""

    def health(self, path: str) -> Health | None:
        """What the drive at `path` tells of its own health; None where nobody can tell."""

    def table_files(self, directory: Path) -> tuple[Path, ...]:
        """The saved partition tables in a directory, the newest first."""

    def network(self) -> NetworkState:
        """How this computer is connected."""

    def start_network(self) -> None:
        """Start NetworkManager, which gets an address for what is plugged in. Nothing where it runs."""

    def wifi(self) -> Callable[[], None] | None:
        """What opens `nmtui` on this terminal; None where it is not installed."""

    def power_off(self) -> None:
        """Switch the computer off. Returns at once where that is under way."""

    def restart(self) -> None:
        """Start the computer again. Returns at once where that is under way."""

    def shell(self) -> Callable[[], None]:
        """What opens a shell on this terminal."""
