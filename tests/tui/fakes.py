"""An engine that is not there: disks that exist nowhere, a seat that a test moves, a watch that tells once."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from rescue.cancel import CancelToken
from rescue.devices.model import Disk, FilesystemInfo, Identity, Inventory, Partition, Use, UseKind
from rescue.errors import RescueError
from rescue.flows.front import Choice, Front, Page
from rescue.flows.offer import Offer
from rescue.operations.seat import Holder, Standing
from rescue.tui.app import RescueApp
from rescue.units import GiB, MiB

OURS, OTHER = Holder(1, "ttyS0"), Holder(2, "tty1")
FREE, LEADS, LOOKS = Standing(False, None), Standing(True, OURS), Standing(False, OTHER)


def part(disk: str, number: int, start: int, size: int, fstype: str | None = None, **more: object) -> Partition:
    """A partition; `label`, `system` and `uses` are in `more`."""
    label = more.pop("label", None)
    info = FilesystemInfo(fstype, label if isinstance(label, str) else None) if fstype else None
    between = "p" if disk[-1].isdigit() else ""
    return Partition(f"{disk}{between}{number}", number, start, size, filesystem=info, **more)  # type: ignore[arg-type]


def disk(
    path: str, size: int, *parts: Partition, model: str = "Model", serial: str | None = None, **more: object
) -> Disk:
    """A disk; it has a serial number unless `serial` is empty."""
    serial = path.rpartition("/")[2].upper() if serial is None else serial
    facts: dict[str, object] = {"bus": "sata", "removable": False, "read_only": False, "table": "gpt", **more}
    return Disk(
        path=path,
        model=model,
        identity=Identity(None, serial or None, None, "table", size),
        confirm=serial,
        logical_sector_size=512,
        physical_sector_size=4096,
        rotational=False,
        partitions=parts,
        **facts,  # type: ignore[arg-type]
    )


def windows() -> Disk:
    """A laptop's drive with Windows and Debian."""
    path = "/dev/nvme0n1"
    return disk(
        path,
        932 * GiB,
        part(path, 1, MiB, 260 * MiB, "vfat", label="SYSTEM"),
        part(path, 2, 261 * MiB, 16 * MiB),
        part(path, 3, 277 * MiB, 600 * GiB, "ntfs", label="Windows", system="Windows 11 Pro 23H2"),
        part(path, 4, 601 * GiB, 200 * GiB, "ext4", label="root", system="Debian GNU/Linux 12 (bookworm)"),
        part(path, 5, 801 * GiB, 16 * GiB, "swap"),
        model="Samsung SSD 980 PRO 1TB",
        serial="S5GXNX0T123456A",
        bus="nvme",
    )


def drive() -> Disk:
    """A removable drive that a person has mounted."""
    mounted = Use(UseKind.MOUNT, "/mnt/usb")
    path = "/dev/sdb"
    return disk(
        path,
        1863 * GiB,
        part(path, 1, MiB, 1863 * GiB - 2 * MiB, "exfat", label="Backups", uses=(mounted,)),
        model="WD Elements 25A3",
        serial="WX21A",
        bus="usb",
        removable=True,
        table="dos",
    )


def locked() -> Disk:
    """A drive with LUKS and LVM, and a lot of free space."""
    path = "/dev/sda"
    return disk(
        path,
        2 * 1024 * GiB,
        part(path, 1, MiB, 1024 * MiB, "ext4", label="boot"),
        part(path, 2, 1025 * MiB, 900 * GiB, "crypto_LUKS"),
        part(path, 3, 902 * GiB, 300 * GiB, "LVM2_member"),
        part(path, 4, 1202 * GiB, 100 * GiB, "btrfs", system="Fedora Linux 41 (Workstation Edition)"),
        part(path, 5, 1302 * GiB, 100 * GiB, "xfs", label="data"),
        model="ST2000LM015-2E8174 with a name that is longer than any line of a small screen will ever be",
        serial="ZDZ0ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    )


def broken() -> Disk:
    """A drive that cannot be read."""
    return disk("/dev/sdc", 500 * GiB, model="Dying Drive", table=None, readable=False)


def blank() -> Disk:
    """A new drive, which has no identity."""
    return disk("/dev/sdd", 64 * GiB, model="", serial="", bus="usb", table=None)


def several() -> Inventory:
    """One of each."""
    return Inventory((windows(), locked(), drive(), broken(), blank()))


@dataclass
class FakeSeat:
    """Who leads is as the test says; nobody at first."""

    standing: Standing = FREE
    refusal: RescueError | None = None
    asked: list[Holder] = field(default_factory=list)
    changed: Callable[[], None] = print

    def sit(self, changed: Callable[[], None]) -> Standing:
        self.changed = changed
        return self.standing

    def claim(self) -> Standing:
        if self.standing.leader is None:
            self.standing = LEADS
            self.changed()
        return self.standing

    def becomes(self, standing: Standing) -> None:
        self.standing = standing
        self.changed()

    def take_over(self, leader: Holder) -> None:
        self.asked.append(leader)
        if self.refusal is not None:
            raise self.refusal
        self.becomes(LEADS)


class FakeApp(RescueApp):
    """Without a terminal there is nothing to give away to a shell."""

    @contextmanager
    def suspend(self) -> Iterator[None]:
        yield


def watch_once(changed: Callable[[], None], stop: CancelToken) -> None:
    """Tell once that there may be disks."""
    del stop
    changed()


Scene = Callable[[Front], Awaitable[object]]
BIG = (
    ("b", "Back up", "Disks to a repository"),
    ("r", "Restore", "A backup to a disk"),
    ("c", "Clone", "A disk to a disk"),
)


async def nothing(front: Front) -> None:
    """A flow that asks and does nothing."""
    await front.read(Page("A flow", ("It does nothing.",)))


def offer(flow: Scene = nothing, **more: Any) -> Callable[[Front], Offer]:
    """Three things to do, all of which are `flow`; `more` of an Offer."""

    def made(front: Front) -> Offer:
        return Offer(tuple(Choice(key, title, what, lambda: flow(front)) for key, title, what in BIG), **more)

    return made


def app(
    found: Inventory | RescueError | None = None, seat: FakeSeat | None = None, flow: Scene = nothing, **more: Any
) -> RescueApp:
    """The program over what a scan finds, or over an error of it. No shell is opened."""

    def look() -> Inventory:
        if isinstance(found, RescueError):
            raise found
        return found or Inventory(())

    return FakeApp(look, watch_once, seat or FakeSeat(), lambda: None, offer(flow, **more))
