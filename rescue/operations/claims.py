"""What other jobs of Rescue do at this moment: no job reads what another one writes, or writes what it protects."""

from rescue.devices import locked_nodes
from rescue.devices.model import Disk
from rescue.errors import SourceRefusedError, TargetRefusedError


def require_unwritten(disk: Disk) -> None:
    """SourceRefusedError when another job writes the disk, or a partition of it, now."""
    pid = locked_nodes.writer(disk.path)
    if pid is not None:
        raise SourceRefusedError(
            f"{disk.path} is being written by another job of Rescue, process {pid}.", hint="Wait until it has ended."
        )


def require_unlocked(disk: Disk) -> None:
    """TargetRefusedError when another job keeps the disk read-only, or writes it itself."""
    pid = locked_nodes.locker(disk.path) or locked_nodes.writer(disk.path)
    if pid is not None:
        raise TargetRefusedError(
            f"{disk.path} is not written: another job of Rescue, process {pid}, works with it or protects it.",
            hint="Wait until that job has ended. Nothing was changed.",
        )
