"""Is a file system sound? Each one's own checker, read-only.

NTFS has no checker on Linux but ntfsresize, which accounts for every cluster before it says how far a volume may
shrink. A journal still to be replayed makes the checkers of ext and XFS complain: check such a volume after it was
mounted once.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from rescue import process
from rescue.cancel import CancelToken

# ntfsresize ends with a failure when nothing is left to shrink, after its check.
_VOLUME_FULL = "Volume is full"
_TIMEOUT_SECONDS = 24 * 3600.0
_COMMANDS: Mapping[str, tuple[str, ...]] = {
    "ext2": ("e2fsck", "-f", "-n"),
    "ext3": ("e2fsck", "-f", "-n"),
    "ext4": ("e2fsck", "-f", "-n"),
    "xfs": ("xfs_repair", "-n"),
    "btrfs": ("btrfs", "check", "--readonly", "--check-data-csum"),
    "f2fs": ("fsck.f2fs", "--dry-run"),
    "vfat": ("fsck.fat", "-n"),
    "exfat": ("fsck.exfat", "-n"),
    "ntfs": ("ntfsresize", "--info", "--force", "--no-progress-bar"),
}


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What the checker said. `clean` is None where no checker exists for the type."""

    clean: bool | None
    tool: str
    text: str


def check(path: str, fstype: str | None, *, cancel: CancelToken | None = None) -> CheckResult:
    """Check the file system at `path`, which nobody has mounted, without writing. MissingToolError without the tool."""
    command = _COMMANDS.get(fstype or "")
    if command is None:
        return CheckResult(None, "", "There is no checker for this type.")
    done = process.run([*command, path], allowed=range(256), timeout=_TIMEOUT_SECONDS, cancel=cancel)
    text = f"{done.text}\n{done.error_text}".strip()
    return CheckResult(done.status == 0 or _VOLUME_FULL in text, command[0], text)
