"""Is a file system sound? Each one's own checker, read-only.

NTFS has no checker on Linux but ntfsresize, which accounts for every cluster before it says how far a volume may
shrink. A journal still to be replayed makes the checkers of ext and XFS complain, so they look at a throw-away overlay
on which the kernel replayed it.
"""

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from rescue import process
from rescue.cancel import CancelToken
from rescue.errors import ToolError
from rescue.filesystems.ext import Ext
from rescue.filesystems.ext_superblock import read_superblock
from rescue.filesystems.model import Bench, UnmappableError
from rescue.filesystems.overlay import mount_once, overlay
from rescue.filesystems.volume import opened, size_of
from rescue.filesystems.xfs import Xfs
from rescue.filesystems.xfs_replay import log_is_clean
from rescue.language import _

# ntfsresize ends with a failure when nothing is left to shrink, after its check.
_VOLUME_FULL = "Volume is full"
_TIMEOUT_SECONDS = 24 * 3600.0
_COMMANDS: Mapping[str, tuple[str, ...]] = {
    "ext2": ("e2fsck", "-f", "-n"),
    "ext3": ("e2fsck", "-f", "-n"),
    "ext4": ("e2fsck", "-f", "-n"),
    "xfs": ("xfs_repair", "-n"),
    "btrfs": ("btrfs", "check", "--readonly"),
    "f2fs": ("fsck.f2fs", "--dry-run"),
    "vfat": ("fsck.fat", "-n"),
    "exfat": ("fsck.exfat", "-n"),
    "ntfs": ("ntfsresize", "--info", "--force", "--no-progress-bar"),
}


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What the checker said. `clean` is None where no checker exists for the type; `replayed` tells of an overlay."""

    clean: bool | None
    tool: str
    text: str
    replayed: bool = False


def check(
    path: str, fstype: str | None, *, scratch: Path | None = None, cancel: CancelToken | None = None
) -> CheckResult:
    """Check the file system at `path`, which nobody has mounted, without writing it.

    `scratch` is a directory for temporary files, the system's own by default. MissingToolError without the tool;
    ToolError where the overlay for a replay cannot be made; SourceReadError where the volume cannot be read. A replay
    that fails is a failed check.
    """
    if fstype is None or fstype not in _COMMANDS:
        return CheckResult(None, "", _("There is no checker for this type."))
    bench = Bench(scratch or Path(tempfile.gettempdir()), cancel)
    size = size_of(path)
    if not _has_journal_to_replay(path, size, fstype, bench):
        return _run(path, fstype, bench)
    with overlay(path, size, bench) as device:
        try:
            mount_once(device, fstype, bench)
        except UnmappableError as error:
            return CheckResult(False, "mount", error.message, replayed=True)
        return replace(_run(device, fstype, bench), replayed=True)


def _run(path: str, fstype: str, bench: Bench) -> CheckResult:
    command = _COMMANDS[fstype]
    done = process.run([*command, path], allowed=range(256), timeout=_TIMEOUT_SECONDS, cancel=bench.cancel)
    text = f"{done.text}\n{done.error_text}".strip()
    return CheckResult(done.status == 0 or _VOLUME_FULL in text, command[0], text)


def _has_journal_to_replay(path: str, size: int, fstype: str, bench: Bench) -> bool:
    """False also for a superblock that nobody can read: then the checker says what is wrong."""
    try:
        with opened(path, size) as volume:
            if fstype in Ext.types:
                return read_superblock(volume).dirty_journal
            return fstype in Xfs.types and not log_is_clean(volume, bench)
    except (UnmappableError, ToolError):
        return False
