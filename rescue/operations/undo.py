"""The undo kit: what makes a disk that disk - tables, headers, boot variables - saved before it is overwritten.

It brings back partition tables and the beginnings of partitions. File contents that were overwritten are gone.
"""

import base64
import hashlib
import json
import os
import time
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from rescue import settings
from rescue.devices.blockdev import BlockDevice, aligned_buffer
from rescue.devices.model import Disk, Identity, Inventory
from rescue.devices.writelock import others_locked
from rescue.errors import (
    IntegrityError,
    NoUndoError,
    RescueError,
    SourceReadError,
    TableError,
    TargetChangedError,
    TargetWriteError,
    reason_of,
)
from rescue.events import JobFinished, JobStarted, Outcome, Sink, Touched
from rescue.extents import Extents
from rescue.fields import Fields
from rescue.images.scan_layout import read_bytes, table_of
from rescue.language import _
from rescue.operations import machine
from rescue.operations.claims import require_unlocked
from rescue.operations.prepare import look
from rescue.operations.recheck import require_same
from rescue.operations.report import save_report, write_report
from rescue.plans.safety import require_target
from rescue.plans.token import Confirmation
from rescue.plans.write import Target
from rescue.tables.settle import reread, settle
from rescue.text import date_of
from rescue.units import MiB, align_down, align_up, format_size

_END = MiB
_LUKS = 16 * MiB
_ENDED = ".ended"
_MAX_KIT = 1 << 30
_EFI = Path("/sys/firmware/efi/efivars")


@dataclass(frozen=True, slots=True)
class UndoKit:
    """A kit as it lies in its file. `pieces` are the exact bytes with their offsets on the disk."""

    path: Path
    created: str
    job: str
    identity: Identity
    pieces: tuple[tuple[int, bytes], ...]

    @property
    def date(self) -> str:
        """When it was made, for people: `2026-11-22 20:48 UTC`."""
        return date_of(self.created)


@dataclass(frozen=True, slots=True)
class UndoPlan:
    """A kit and the disk that it is for."""

    kit: UndoKit
    target: Target

    def describe(self) -> tuple[str, ...]:
        """The plan for people, a line a step."""
        size = format_size(sum(len(data) for _, data in self.kit.pieces))
        what = _("what was saved before `rescue {job}` of {date}").format(job=self.kit.job, date=self.kit.date)
        return (
            _("Write back to {path} ({model}, {confirm}) {what}:").format(
                path=self.target.path, model=self.target.model or _("disk"), confirm=self.target.confirm, what=what
            ),
            "  " + _("the partition table and the headers of its partitions, {size}.").format(size=size),
            "  " + _("File contents that were overwritten since then do not come back."),
        )

    def digest(self) -> str:
        """A name for exactly this plan."""
        return hashlib.sha256(repr((self.kit, self.target)).encode()).hexdigest()


def save_kit(disk: Disk, job: str, also: Extents = Extents()) -> Path:  # noqa: B008 - it is immutable
    """Read what an undo needs from `disk` and write it, synced, to the state directory. Nothing else is written.

    `also` are bytes of the disk that are kept beside tables and headers.

    RescueError when it cannot be kept: then the job must not begin.
    """
    document = {
        "format": 1,
        "created": machine.now().isoformat(),
        "job": job,
        "identity": disk.identity.to_json(),
        "pieces": list(_read_pieces(disk, also)),
        "efi_variables": dict(_boot_variables()),
    }
    folder = _folder()
    path = folder / f"{time.time_ns()}-{_slug(disk.confirm)}.json"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with path.open("x") as stream:
            json.dump(document, stream)
            stream.flush()
            os.fsync(stream.fileno())
        _sync(folder)
    except OSError as error:
        raise RescueError(
            _("The undo kit cannot be saved in {folder}: {reason}. Nothing was written.").format(
                folder=folder, reason=reason_of(error)
            ),
            hint=_("Name a directory with some space in RESCUE_STATE_DIR."),
        ) from error
    return path


def end_kit(path: Path) -> None:
    """Note that the job of this kit ended: the kit of the next job shows the disk as it should be, too."""
    with suppress(OSError):
        path.with_suffix(_ENDED).touch()


def find_kit(disk: Disk) -> UndoKit:
    """The kit that shows exactly this disk as it was, whatever table it has now; NoUndoError where there is none.

    That is the newest one. But where the job before it did not end, and it shows no table, it shows nothing but a
    disk that was half written: then the kit of that job is the one, and so on.
    """
    found = None
    for kit in _kits(disk):
        if found is not None and (found.identity.table_uuid or kit.path.with_suffix(_ENDED).exists()):
            break
        found = kit
    if found is None:
        raise NoUndoError(
            _("There is no undo kit for {path} in {folder}.").format(path=disk.path, folder=_folder()),
            hint=_("A kit is made before Rescue writes a disk."),
        )
    return found


def _kits(disk: Disk) -> Iterator[UndoKit]:
    """All readable kits of exactly this disk, the newest first."""
    for path in sorted(_folder().glob("*.json"), reverse=True):
        with suppress(IntegrityError, OSError):
            kit = _load(path)
            if not kit.identity.differences(disk.identity, ignore_table=True):
                yield kit


def forget_kits(disk: Disk) -> None:
    """Delete every kit of exactly this disk: what it held was wiped, and no kit shall bring a piece of it back."""
    for kit in list(_kits(disk)):
        kit.path.unlink(missing_ok=True)
        kit.path.with_suffix(_ENDED).unlink(missing_ok=True)


def _retire(kit: UndoKit, disk: Disk) -> None:
    """After an undo its kit is the newest one of the disk again; what newer ones show is over."""
    end_kit(kit.path)
    for other in _kits(disk):
        if other.path.name > kit.path.name:
            other.path.unlink(missing_ok=True)


def _folder() -> Path:
    return settings.state_directory() / "undo"


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def prepare_undo(path: str, inventory: Inventory | None = None) -> UndoPlan:
    """The plan that brings the newest kit back to the disk at `path`, as `inventory` or a new look shows it.

    NoUndoError, TargetRefusedError.
    """
    inventory = inventory or look()
    disk = inventory.disk(path)
    require_unlocked(disk)
    require_target(inventory, disk, None)
    kit = find_kit(disk)
    return UndoPlan(kit, Target(disk.path, disk.path, 0, disk.model, disk.identity, disk.confirm, disk.size))


def run_undo(plan: UndoPlan, confirmation: Confirmation, *, sink: Sink) -> Outcome:
    """Write the kit's bytes back and let the kernel read the table. Everything is checked again before.

    TargetWriteError where the disk refuses. Done again after an interruption, it ends in the same state.
    """
    began = time.monotonic()
    confirmation.require(plan)
    inventory = look()
    disk = inventory.disk(plan.target.path)
    require_same(plan.target.identity, disk.identity, disk.path, TargetChangedError)
    require_unlocked(disk)
    require_target(inventory, disk, None)
    sink(JobStarted("undo", plan.describe()))
    with others_locked(inventory, keep=(disk.path,)):
        _write_back(plan.kit, disk, sink)
        _show(disk)
    _retire(plan.kit, disk)
    _tell(plan, int(time.monotonic() - began), sink)
    return Outcome.OK


def _tell(plan: UndoPlan, seconds: int, sink: Sink) -> None:
    """Send the result, and keep it in a file."""
    lines = write_report("undo", Outcome.OK, plan.describe(), ())
    detail: dict[str, object] = {
        "target": plan.target.path,
        "target_identity": plan.target.identity.to_json(),
        "kit": str(plan.kit.path),
        "seconds": seconds,
    }
    detail["report"] = save_report("undo", lines, {"outcome": Outcome.OK.value, **detail})
    sink(JobFinished("undo", Outcome.OK, detail))


def _write_back(kit: UndoKit, disk: Disk, sink: Sink) -> None:
    with BlockDevice.open(disk.path, write=True, exclusive=True) as device:
        sink(Touched(disk.path))
        try:
            for offset, data in kit.pieces:
                buffer = aligned_buffer(len(data))
                buffer[:] = data
                device.pwrite(buffer, offset)
            device.flush()
        except OSError as error:
            raise TargetWriteError(
                _("{path} does not take the data: {reason}.").format(path=disk.path, reason=reason_of(error))
            ) from error


def _show(disk: Disk) -> None:
    """Agree with the kernel about the table that is back; one that we cannot follow, as on boot sticks, is its own."""
    try:
        table = table_of(disk)
    except TableError:
        reread(disk.path)
        return
    settle(disk.path, table)


def _read_pieces(disk: Disk, also: Extents) -> Iterator[dict[str, object]]:
    try:
        with BlockDevice.open(disk.path) as device:
            for start, end in _worth_saving(disk) | also.aligned(disk.logical_sector_size, disk.size):
                data = read_bytes(device, start, end - start)
                yield {"offset": start, "length": len(data), "data": base64.b64encode(zlib.compress(data)).decode()}
    except OSError as error:
        raise SourceReadError(
            _("{path} cannot be read for the undo kit: {reason}. Nothing was written.").format(
                path=disk.path, reason=reason_of(error)
            ),
            hint=_("A drive that cannot be read should not be written. `smartctl -a` tells about its health."),
        ) from error


def _worth_saving(disk: Disk) -> Extents:
    """Both ends of the disk and of every partition, and its table wherever it lies."""
    ranges = [*_ends(0, disk.size, disk.filesystem.type if disk.filesystem else "")]
    for part in disk.partitions:
        ranges += _ends(part.start, part.size, part.filesystem.type if part.filesystem else "")
    with suppress(RescueError):  # a damaged table is still inside the ends
        ranges += table_of(disk).occupied
    size, sector = disk.size, disk.logical_sector_size
    return Extents((align_down(start, sector), min(align_up(end, sector), size)) for start, end in ranges)


def _ends(start: int, size: int, filesystem: str) -> list[tuple[int, int]]:
    head = _LUKS if filesystem == "crypto_LUKS" else _END
    return [(start, start + min(head, size)), (start + max(size - _END, 0), start + size)]


def _boot_variables() -> Iterator[tuple[str, str]]:
    """EFI boot variables, as they are; for a person to look at, never written back by itself."""
    with suppress(OSError):
        for path in sorted(_EFI.glob("Boot*")):
            with suppress(OSError):
                yield path.name, base64.b64encode(path.read_bytes()).decode()


def _load(path: Path) -> UndoKit:
    fields = Fields.parse(path.read_bytes()[:_MAX_KIT], str(path))
    try:
        identity = Identity.from_json(fields.mapping("identity"))
    except ValueError as error:
        raise IntegrityError(f"{path}: {error}") from error
    pieces = tuple(map(_piece, fields.objects("pieces")))
    return UndoKit(path, fields.text("created"), fields.text("job"), identity, pieces)


def _piece(fields: Fields) -> tuple[int, bytes]:
    length = fields.number("length", 64 * MiB)
    try:
        data = zlib.decompressobj().decompress(base64.b64decode(fields.text("data"), validate=True), length + 1)
    except (ValueError, zlib.error) as error:
        raise IntegrityError(_("{where} is damaged.").format(where=fields.where)) from error
    if len(data) != length:
        raise IntegrityError(_("{where} is damaged.").format(where=fields.where))
    return fields.number("offset"), data


def _slug(text: str) -> str:
    return "".join(letter if letter.isalnum() else "-" for letter in text)[:60]
