"""A whole disk becomes a drive for backups, on the road of restore and clone: planned, confirmed, checked again, with
an undo kit, written, read back, and at the end mounted and tried."""

import secrets
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rescue.cancel import CancelToken
from rescue.devices import blkid
from rescue.devices.blockdev import BlockDevice
from rescue.devices.model import Disk
from rescue.errors import PlaceError, UsageError
from rescue.events import Note, Outcome, Sink
from rescue.extents import Extents
from rescue.filesystems import fresh
from rescue.filesystems.used import used_map
from rescue.images.device import DeviceSource
from rescue.language import _
from rescue.operations.claims import require_unlocked
from rescue.operations.commands import FormatRequest
from rescue.operations.prepare import look
from rescue.operations.write import Origin, run_write
from rescue.pipeline.copy import make_pool
from rescue.places import access, drives
from rescue.places.model import Place
from rescue.plans.format import only_entry, plan_format, require_sectors, require_wish
from rescue.plans.safety import require_target
from rescue.plans.token import Confirmation
from rescue.plans.write import WritePlan
from rescue.repository.format import CHUNK_SIZE
from rescue.repository.place import LocalPlace
from rescue.tables.single import BASIC_DATA, LINUX, single_partition


@dataclass(frozen=True, slots=True)
class FormatJob:
    """The plan, and the file with the new file system."""

    plan: WritePlan
    file: Path


@contextmanager
def prepared_format(request: FormatRequest, *, sink: Sink, cancel: CancelToken) -> Iterator[FormatJob]:
    """Check the target, and make the new file system aside. Nothing is written to the target.

    UsageError, TargetRefusedError, TargetTooSmallError, MissingToolError.
    """
    require_wish(request.filesystem, request.label)
    fresh.require_tools(request.filesystem)
    inventory = look()
    disk, part = inventory.find(request.target)
    if part is not None:
        raise UsageError(
            _("{part} is a partition; a whole disk becomes a drive for backups, as {disk}.").format(
                part=part.path, disk=disk.path
            )
        )
    require_unlocked(disk)
    require_target(inventory, disk, None)
    require_sectors(disk, request.filesystem)
    with tempfile.TemporaryDirectory(prefix="rescue-") as scratch:
        sink(Note("", _("Making the new file system aside …")))
        file = Path(scratch, "data")
        yield FormatJob(_plan(request, disk, file, Path(scratch), cancel), file)


def _plan(request: FormatRequest, disk: Disk, file: Path, scratch: Path, cancel: CancelToken) -> WritePlan:
    kind = LINUX if request.filesystem == fresh.EXT4 else BASIC_DATA
    disk_id = _disk_id(request)
    part_id = uuid.uuid5(disk_id, "1")
    table = single_partition(
        disk.size, disk.logical_sector_size, kind=kind, name=request.label, disk_id=disk_id, part_id=part_id
    )
    size = only_entry(table).size
    fresh.make(file, size, request.label, cancel, fstype=request.filesystem)
    fresh.require_sound(file, cancel, fstype=request.filesystem)
    used = _used(request.filesystem, file, size, scratch, cancel).aligned(disk.logical_sector_size, size)
    content = blkid.probe(str(file))
    found = content.filesystem if content else None
    return plan_format(
        disk, table, used, filesystem=request.filesystem, label=request.label,
        uuid=found.uuid if found else None, verify=request.verify,
    )  # fmt: skip


def _disk_id(request: FormatRequest) -> uuid.UUID:
    """The one that is asked for, so that two plans are the same plan; else a new one."""
    if not request.disk_id:
        return uuid.uuid4()
    try:
        return uuid.UUID(request.disk_id)
    except ValueError as error:
        raise UsageError(_("“{text}” is no UUID.").format(text=request.disk_id)) from error


def _used(filesystem: str, file: Path, size: int, scratch: Path, cancel: CancelToken) -> Extents:
    """What was written, and what the file system counts as in use although it is still zero: a journal must be zero on
    the disk, too, or what was there before could be taken for a part of it."""
    counted = used_map(str(file), size, filesystem, scratch=scratch, cancel=cancel)
    return fresh.written(file) | (counted.used if counted.raw_reason is None else Extents())


def run_format(job: FormatJob, confirmation: Confirmation, *, sink: Sink, cancel: CancelToken) -> Outcome:
    """Write the disk as planned, inside the block of `prepared_format`.

    See `run_write` for the state of the target after an error: it has no table.
    """
    pool = make_pool(CHUNK_SIZE, cancel)
    name = job.plan.placements[0].region.name
    with BlockDevice.open(str(job.file)) as device:
        source = DeviceSource(device, {name: 0}, pool, cancel)
        return run_write(job.plan, confirmation, Origin(source, pool, lambda _: ()), sink=sink, cancel=cancel)


def open_formatted(plan: WritePlan) -> Place:
    """Open the drive that was made, and write to it as a repository does. PlaceError where it cannot be used here."""
    inventory = look()
    disk = inventory.disk(plan.target.disk_path)
    if not disk.partitions:
        raise PlaceError(
            _("The drive was made, but the kernel does not show its partition."),
            hint=_("Unplug it and plug it in again."),
        )
    part = disk.partitions[0]
    place = access.open_place(drives.place_of(disk, part), inventory)
    if place.directory is not None:
        trial, name = LocalPlace(place.directory), f".rescue-trial-{secrets.token_hex(4)}"
        trial.write(name, b"rescue\n")
        trial.delete(name)
    return place
