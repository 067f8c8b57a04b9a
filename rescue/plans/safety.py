"""Rules that forbid reading a source or writing a target. Each gives its reason; none touches a device."""

from collections.abc import Collection, Iterator

from rescue.devices import live
from rescue.devices.model import Disk, Inventory, Partition, Use, UseKind
from rescue.errors import SourceRefusedError, TargetRefusedError
from rescue.language import _


def require_source(disk: Disk, numbers: Collection[int] | None) -> None:
    """SourceRefusedError when somebody writes the source now: its image would be torn.

    A read-only mount does no harm. LVM, RAID or encryption that is open on it can write without a mount.
    """
    reasons = [
        _("{path} is {use}").format(path=path, use=use.describe())
        for path, use in _uses(disk, numbers)
        if not (use.kind is UseKind.MOUNT and use.read_only)
    ]
    if reasons:
        raise SourceRefusedError(
            _("{path} is in use: {reasons}. An image of it would be inconsistent.").format(
                path=disk.path, reasons="; ".join(reasons)
            ),
            hint=_("Unmount it or close it, or start the computer from the Rescue stick."),
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
        *_file_reasons(inventory, disk, repository, _("the repository")),
        *_file_reasons(inventory, disk, image, _("the image that is to be written")),
        *_use_reasons(disk, partition),
        *_source_reasons(inventory, disk, partition, source, source_partition),
        *_identity_reasons(inventory, disk),
    ]
    if reasons:
        target = partition.path if partition else disk.path
        raise TargetRefusedError(
            _("{target} is not written: {reasons}").format(target=target, reasons=" ".join(reasons)), hint=_hint(disk)
        )


def _hint(disk: Disk) -> str:
    if not disk.read_only:
        return _("Nothing was changed.")
    return _(
        "Nothing was changed. Where no switch protects the medium, `blockdev --setrw {path}` makes it writable."
    ).format(path=disk.path)


def _uses(disk: Disk, numbers: Collection[int] | None) -> Iterator[tuple[str, Use]]:
    yield from ((disk.path, use) for use in disk.uses)
    for part in disk.partitions:
        if numbers is None or part.number in numbers:
            yield from ((part.path, use) for use in part.uses)


def _system_reasons(inventory: Inventory, disk: Disk) -> Iterator[str]:
    if live.carries_system(inventory, disk):
        yield _("It carries the system that is running now.")


def _file_reasons(inventory: Inventory, disk: Disk, path: str | None, what: str) -> Iterator[str]:
    if path is not None and disk in inventory.disks_of_file(path):
        yield _("It holds {what}.").format(what=what)


def _use_reasons(disk: Disk, partition: Partition | None) -> Iterator[str]:
    if disk.read_only:
        yield _("It is read-only.")
    for path, use in _uses(disk, {partition.number} if partition else None):
        yield _("{path} is {use}.").format(path=path, use=use.describe())


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
        yield _("It is the source itself.")
    elif disk.identity.backing and source in inventory.disks_of_file(disk.identity.backing):
        yield _("It lies inside the source.")
    elif source.identity.backing and disk in inventory.disks_of_file(source.identity.backing):
        yield _("The source lies inside it.")


def _identity_reasons(inventory: Inventory, disk: Disk) -> Iterator[str]:
    if not disk.identity.known or not disk.confirm:
        yield _("It has no serial number, no WWN and nothing else that tells it from other disks.")
        return
    for twin in inventory.twins(disk):
        yield _("{path} has the same identity ({confirm}): nobody can tell the two apart. Detach one.").format(
            path=twin.path, confirm=disk.confirm
        )
