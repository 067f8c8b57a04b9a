"""Disks, places, snapshots and jobs that exist nowhere."""

from collections.abc import Sequence
from pathlib import Path

from rescue.events import Outcome
from rescue.operations.jobs import Job
from rescue.places.model import Place, PlaceKind
from rescue.repository.repository import Stored
from rescue.repository.snapshot import DiskRecord, RegionKind, RegionRecord, Snapshot
from rescue.units import GiB


class FakeJob(Job):
    """A job without a process, which lives as long as its detail says `alive`."""

    @property
    def alive(self) -> bool:
        """True for a detail `alive`."""
        return bool(self.detail.get("alive"))


def job(title: str = "A job", *words: str, detail: dict[str, str] | None = None, alive: bool = False) -> FakeJob:
    """A job that has ended, or still lives."""
    told = {**(detail or {}), **({"alive": "yes"} if alive else {})}
    return FakeJob(Path("/nowhere") / title, 1, title, words, 0.0, told)


def drive(
    address: str = "/dev/sdb1",
    *,
    directory: Path | None = None,
    repositories: tuple[Path, ...] | None = None,
    free: int | None = 100 * GiB,
    read_only: bool = False,
) -> Place:
    """A partition of a USB drive; open where it has a directory."""
    disk = address.rstrip("0123456789")
    name = f"Drive {disk.rpartition('/')[2]}"
    return Place(PlaceKind.DRIVE, address, name, "1234-ABCD", disk, directory, 200 * GiB, free, read_only, repositories)


def share(address: str = "smb://nas/backups", *, directory: Path | None = None) -> Place:
    """A folder of another computer; open where it has a directory."""
    kinds = {"smb": PlaceKind.SMB, "nfs": PlaceKind.NFS, "sftp": PlaceKind.SSH}
    kind = kinds[address.partition(":")[0]]
    return Place(kind, address, address, directory=directory, size=None, free=50 * GiB)


def region(number: int, *, start: int, size: int, filesystem: str = "ext4", label: str | None = None) -> RegionRecord:
    """A partition in a snapshot, half full."""
    return RegionRecord(
        name=f"p{number}",
        kind=RegionKind.PARTITION,
        number=number,
        start=start,
        size=size,
        included=True,
        filesystem=filesystem,
        label=label,
        uuid=None,
        method="map",
        raw_reason=None,
        notes=(),
        facts={},
        used_bytes=size // 2,
        used=(),
        chunks=(),
        bad=(),
        outcome=Outcome.OK,
        reasons=(),
    )


def record(path: str = "/dev/sda", *, size: int = 100 * GiB, model: str = "Old drive") -> DiskRecord:
    """A disk in a snapshot with two partitions."""
    regions = (
        region(1, start=GiB, size=GiB, filesystem="vfat", label="EFI"),
        region(2, start=2 * GiB, size=50 * GiB, label="root"),
    )
    identity: dict[str, object] = {"wwn": None, "serial": "S1", "backing": None, "table_uuid": None, "size": size}
    return DiskRecord(path, model, "Debian GNU/Linux 12", identity, size, 512, {"kind": "gpt"}, regions)


def stored(
    identity: str = "a" * 64,
    name: str = "monday",
    *,
    created: str = "2026-11-23T08:30:00+00:00",
    outcome: Outcome = Outcome.OK,
    disks: Sequence[DiskRecord] | None = None,
) -> Stored:
    """A snapshot of one disk."""
    report = (f"{outcome.value} after 10 s.",)
    told = tuple(disks) if disks is not None else (record(),)
    return Stored(identity, Snapshot(name, created, {"host": "laptop"}, {}, 1 << 20, 10, outcome, report, told))
