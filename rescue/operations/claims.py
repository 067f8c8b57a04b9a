"""What others do with a disk at this moment, beyond what the tables of mounts and swap spaces tell.

No job reads what another one writes, or writes what another one protects. A mount in another mount namespace, as a
container has it, shows only in that the device cannot be claimed.
"""

from collections.abc import Collection

from rescue.devices import locked_nodes
from rescue.devices.blockdev import BlockDevice
from rescue.devices.model import Disk
from rescue.errors import SourceRefusedError, TargetRefusedError
from rescue.language import _


def require_unwritten(disk: Disk, numbers: Collection[int] | None) -> None:
    """SourceRefusedError when another job writes the disk, or when somebody whom we do not see has claimed it.

    `numbers` are those of the partitions that are read, None for the whole disk.
    """
    pid = locked_nodes.writer(disk.path)
    if pid is not None:
        raise SourceRefusedError(
            _("{path} is being written by another job of Rescue, process {pid}.").format(path=disk.path, pid=pid),
            hint=_("Wait until it has ended."),
        )
    for path in _claimable(disk, numbers):
        try:
            BlockDevice.open(path, exclusive=True).close()
        except TargetRefusedError as error:
            raise SourceRefusedError(
                _("{message} An image of it would be inconsistent.").format(message=error.message),
                hint=_("Look for a container that has it mounted, or a program that formats or checks it."),
            ) from error


def _claimable(disk: Disk, numbers: Collection[int] | None) -> list[str]:
    """What nobody may have claimed: no known use, which for a source is a read-only mount, explains a claim."""
    if not disk.all_uses():
        return [disk.path] if numbers is None else [part.path for part in disk.partitions if part.number in numbers]
    if disk.uses:
        return []
    return [part.path for part in disk.partitions if not part.uses and (numbers is None or part.number in numbers)]


def require_unlocked(disk: Disk) -> None:
    """TargetRefusedError when another job keeps the disk read-only, or writes it itself."""
    pid = locked_nodes.locker(disk.path) or locked_nodes.writer(disk.path)
    if pid is not None:
        raise TargetRefusedError(
            _("{path} is not written: another job of Rescue, process {pid}, works with it or protects it.").format(
                path=disk.path, pid=pid
            ),
            hint=_("Wait until that job has ended. Nothing was changed."),
        )
