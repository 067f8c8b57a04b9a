"""Bootable image to stick: prepare the plan, and run it on the road of restore and clone."""

import hashlib
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from rescue.cancel import CancelToken
from rescue.devices.blockdev import BlockDevice
from rescue.devices.model import Disk, Inventory
from rescue.errors import UsageError
from rescue.events import Note, Outcome, Sink
from rescue.extents import Extents
from rescue.filesystems import fresh
from rescue.images.boot_image import SECTOR, BootImage, look_at_image
from rescue.images.checksums import SUMS, expected_sum, require_sum
from rescue.images.device import DeviceSource
from rescue.images.joined import JoinedSource
from rescue.images.scan_layout import read_bytes
from rescue.language import N_, _
from rescue.operations.claims import require_unlocked, require_unwritten
from rescue.operations.prepare import look
from rescue.operations.write import Origin, run_write
from rescue.pipeline.copy import make_pool
from rescue.plans.safety import require_source, require_target
from rescue.plans.stick import LABEL, plan_stick, require_room
from rescue.plans.token import Confirmation
from rescue.plans.write import WritePlan
from rescue.repository.format import CHUNK_SIZE
from rescue.repository.repository import FOLDER, Repository
from rescue.tables.extend import Extended, extend

_READ_HINT = N_("The image file is incomplete, or the drive that it lies on is faulty.")


@dataclass(frozen=True, slots=True)
class StickRequest:
    """What a person wants: the image `image`, a file or a stick that has it, on the disk `target`.

    `data`: the rest of the target becomes a data partition.
    """

    image: str
    target: str
    data: bool = False
    verify: bool = True


@dataclass(frozen=True, slots=True)
class StickJob:
    """The plan and what it is made of: the image, and the file with the new file system where one is wanted."""

    plan: WritePlan
    image: BootImage
    data: Path | None


@contextmanager
def prepared_stick(request: StickRequest, *, sink: Sink, cancel: CancelToken) -> Iterator[StickJob]:
    """Check image and target, and make the new file system aside. Nothing is written to the target.

    UsageError, IntegrityError, SourceReadError, SourceRefusedError, TargetRefusedError, TargetTooSmallError,
    TableError, MissingToolError.
    """
    inventory = look()
    disk, part = inventory.find(request.target)
    if part is not None:
        raise UsageError(
            _("{path} is a partition; an image goes to a whole disk, as {disk}.").format(path=part.path, disk=disk.path)
        )
    image = _image(inventory, str(Path(request.image).absolute()), disk)
    require_room(image, disk)
    notes = [_checked(image, sink, cancel)]
    with tempfile.TemporaryDirectory(prefix="rescue-") as scratch:
        extended, file, data = None, None, Extents()
        if request.data:
            fresh.require_tools()
            extended, file = _extended(image, disk), Path(scratch, "data")
            sink(Note("", _("Making the data partition aside …")))
            notes.append(_make_data(file, extended.size, cancel))
            data = fresh.written(file).aligned(SECTOR, extended.size)
        plan = plan_stick(image, disk, extended, data, notes=tuple(notes), verify=request.verify)
        yield StickJob(plan, image, file)


def run_stick(job: StickJob, confirmation: Confirmation, *, sink: Sink, cancel: CancelToken) -> Outcome:
    """Write the stick as planned, inside the block of `prepared_stick`.

    SourceReadError where the image file changes meanwhile. See `run_write` for the state of the target after an error:
    it has neither boot sector nor descriptors of ISO 9660.
    """
    pool = make_pool(CHUNK_SIZE, cancel)
    files = [job.image.path, *([str(job.data)] if job.data else [])]
    with ExitStack() as stack:
        sources = {}
        for placement, path in zip(job.plan.placements, files, strict=True):
            device = stack.enter_context(BlockDevice.open(path))
            name = placement.region.name
            sources[name] = DeviceSource(device, {name: 0}, pool, cancel, hint=_(_READ_HINT))
        origin = Origin(
            JoinedSource(sources), pool, lambda _name: (), image=job.image.path, require_same=job.image.require_same
        )
        return run_write(job.plan, confirmation, origin, sink=sink, cancel=cancel)


def _image(inventory: Inventory, path: str, target: Disk) -> BootImage:
    """The image at `path`, after every rule about the target, and about the stick that the image comes from."""
    source = inventory.disk(path) if Path(path).is_block_device() else None
    require_unlocked(target)
    require_target(inventory, target, None, image=path, source=source)
    image = look_at_image(path)
    if source is not None:
        inside = {part.number for part in source.partitions if part.start < image.size}
        require_source(source, inside)
        require_unwritten(source, inside)
    return image


def _checked(image: BootImage, sink: Sink, cancel: CancelToken) -> str:
    """What SHA256SUMS says about the image, for the plan; IntegrityError where it says that it is damaged."""
    path = Path(image.path)
    if image.on_disk:
        return _("The image is copied as it is on {path}, without the partitions behind it.").format(path=path)
    expected = expected_sum(path)
    if expected is None:
        return _("No {sums} beside the image names it: nobody can tell whether it is damaged.").format(sums=SUMS)
    sink(Note("", _("Comparing {name} with {sums} …").format(name=path.name, sums=SUMS)))
    require_sum(path, expected, cancel)
    image.require_same()
    return _("The image is what {sums} beside it says.").format(sums=SUMS)


def _extended(image: BootImage, disk: Disk) -> Extended:
    """The image's table with a partition for the rest of the disk."""
    with BlockDevice.open(image.path) as file:

        def read(offset: int, length: int) -> bytes:
            inside = image.head[offset : offset + length]
            return inside if len(inside) == length else read_bytes(file, offset, length)

        return extend(read, image.size, disk.size, SECTOR, _partition_id(image, disk))


def _partition_id(image: BootImage, disk: Disk) -> uuid.UUID:
    """The id of the data partition: another one on each stick, and the same each time that this plan is made."""
    return uuid.uuid5(uuid.NAMESPACE_OID, f"{disk.identity}{hashlib.sha256(image.head).hexdigest()}")


def _make_data(file: Path, size: int, cancel: CancelToken) -> str:
    """Make the file system, and in it a repository where it can be mounted; what it holds, for the plan."""
    fresh.make(file, size, LABEL, cancel)
    point = file.with_name("mount")
    point.mkdir()
    with fresh.mounted(file, point) as writable:
        if writable:
            Repository.init(point / FOLDER)
    fresh.require_sound(file, cancel)
    if writable:
        return _("{label} holds an empty repository in the directory {folder}.").format(label=LABEL, folder=FOLDER)
    return _(
        "{label} stays empty: nothing here can mount exFAT. `rescue init` makes the repository in it later."
    ).format(label=LABEL)
