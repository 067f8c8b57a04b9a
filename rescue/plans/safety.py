"""Rules that forbid reading a source or writing a target. Each gives its reason; none touches a device."""

from collections.abc import Collection, Iterator

from rescue.devices import live
from rescue.devices.model import Disk, Inventory, Partition, Use, UseKind
from rescue.errors import SourceRefusedError, TargetRefusedError


def require_source(disk: Disk, numbers: Collection[int] | None) -> None:
    """SourceRefusedError when somebody writes the source now: its image would be torn.

    A read-only mount does no harm. LVM, RAID or encryption that is open on it can write without a mount.
    """
    reasons = [
        f"{path} is {use.describe()}"
        for path, use in _uses(disk, numbers)
        if not (use.kind is UseKind.MOUNT and use.read_only)
    ]
    if reasons:
        raise SourceRefusedError(
            f"{disk.path} is in use: {'; '.join(reasons)}. An image of it would be inconsistent.",
            hint="Unmount it or close it, or start the computer from the Rescue stick.",
        )


def require_target(
    inventory: Inventory,
    disk: Disk,
    partition: Partition | None,
    *,
    repository: str | None = None,
    image: str | None = None,
    source: Disk | None = None,
    source_partition: Partition | None = None,
) -> None:
    """TargetRefusedError with every reason why the disk, or one partition of it, must not be written."""
    reasons = [
        *_system_reasons(inventory, disk),
        *_file_reasons(inventory, disk, repository, "the repository"),
        *_file_reasons(inventory, disk, image, "the image that is to be written"),
        *_use_reasons(disk, partition),
        *_source_reasons(inventory, disk, partition, source, source_partition),
        *_identity_reasons(inventory, disk),
    ]
    if reasons:
        target = partition.path if partition else disk.path
        raise TargetRefusedError(f"{target} is not written: {' '.join(reasons)}", hint=_hint(disk))


def _hint(disk: Disk) -> str:
    if not disk.read_only:
        return "Nothing was changed."
    return (
        f"Nothing was changed. Where no switch protects the medium, `blockdev --setrw {disk.path}` makes it writable."
    )


def _uses(disk: Disk, numbers: Collection[int] | None) -> Iterator[tuple[str, Use]]:
    yield from ((disk.path, use) for use in disk.uses)
    for part in disk.partitions:
        if numbers is None or part.number in numbers:
            yield from ((part.path, use) for use in part.uses)


def _system_reasons(inventory: Inventory, disk: Disk) -> Iterator[str]:
    if live.carries_system(inventory, disk):
        yield "It carries the system that is running now."


def _file_reasons(inventory: Inventory, disk: Disk, path: str | None, what: str) -> Iterator[str]:
    if path is not None and disk in inventory.disks_of_file(path):
        yield f"It holds {what}."


def _use_reasons(disk: Disk, partition: Partition | None) -> Iterator[str]:
    if disk.read_only:
        yield "It is read-only."
    for path, use in _uses(disk, {partition.number} if partition else None):
        yield f"{path} is {use.describe()}."


def _source_reasons(
    inventory: Inventory,
    disk: Disk,
    partition: Partition | None,
    source: Disk | None,
    source_partition: Partition | None,
) -> Iterator[str]:
    if source is None:
        return
    if source.path == disk.path and (partition is None or source_partition is None or partition == source_partition):
        yield "It is the source itself."
    elif disk.identity.backing and source in inventory.disks_of_file(disk.identity.backing):
        yield "It lies inside the source."
    elif source.identity.backing and disk in inventory.disks_of_file(source.identity.backing):
        yield "The source lies inside it."


def _identity_reasons(inventory: Inventory, disk: Disk) -> Iterator[str]:
    if not disk.identity.known or not disk.confirm:
        yield "It has no serial number, no WWN and nothing else that tells it from other disks."
        return
    for twin in inventory.twins(disk):
        yield f"{twin.path} has the same identity ({disk.confirm}): nobody can tell the two apart. Detach one."
