"""Make a new file system, exFAT or ext4, in a file, which then goes to its place on a disk like any other image.

So the disk is never mounted, and what is written to it is compared like all the rest. The file is sparse: what nobody
wrote to it is what a formatter leaves as it finds it.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rescue import process
from rescue.cancel import CancelToken
from rescue.errors import MissingToolError, ToolError
from rescue.extents import Extents
from rescue.filesystems.overlay import loop_over
from rescue.language import _

EXFAT, EXT4 = "exfat", "ext4"
_DRIVER = "mount.exfat-fuse"
# Of ext4, nothing that kernels and programs of 2018 do not know, no blocks that are kept for root, and blocks as large
# as the largest sectors, in which the disk may count although the file here does not.
_MAKERS = {
    EXFAT: ("mkfs.exfat",),
    EXT4: ("mkfs.ext4", "-q", "-F", "-b", "4096", "-m", "0", "-O", "^orphan_file,^metadata_csum_seed"),
}
_CHECKERS = {EXFAT: ("fsck.exfat", "-n"), EXT4: ("e2fsck", "-f", "-n")}


def require_tools(fstype: str = EXFAT) -> None:
    """MissingToolError where a file system cannot be made here."""
    process.find(_MAKERS[fstype][0])
    process.find(_CHECKERS[fstype][0])


def make(file: Path, size: int, label: str, cancel: CancelToken, *, fstype: str = EXFAT) -> None:
    """Make the sparse file with an empty file system of `size` bytes. ToolError."""
    with file.open("xb") as stream:
        stream.truncate(size)
    process.run([*_MAKERS[fstype], "-L", label, str(file)], cancel=cancel)


@contextmanager
def mounted(file: Path, point: Path) -> Iterator[bool]:
    """The exFAT in `file`, mounted for writing at the directory `point`; False where nothing here can mount it.

    When the block ends, everything is in the file and the mount is gone.
    """
    with loop_over(file) as device:
        if not _mount(device, point):
            yield False
            return
        try:
            yield True
        finally:
            process.run(["umount", str(point)])
    if process.run(["losetup", "--noheadings", "--associated", str(file)]).text.strip():
        raise ToolError(_("The new file system is still in use, although nobody should know of it."))


def _mount(device: str, point: Path) -> bool:
    """By the kernel, which loads its driver where it has one; else by the driver in user space."""
    try:
        process.run(["mount", "--internal-only", "--types", EXFAT, device, str(point)])
    except ToolError:
        try:
            process.run([_DRIVER, device, str(point)])
        except (ToolError, MissingToolError):
            return False
    return True


def require_sound(file: Path, cancel: CancelToken, *, fstype: str = EXFAT) -> None:
    """ToolError with the words of the checker where it finds a fault."""
    process.run([*_CHECKERS[fstype], str(file)], cancel=cancel)


def written(file: Path) -> Extents:
    """What was written to the file. Where its file system keeps no holes, all of it."""
    size = file.stat().st_size
    with file.open("rb") as stream:
        return Extents(_runs(stream.fileno(), size))


def _runs(descriptor: int, size: int) -> Iterator[tuple[int, int]]:
    position = 0
    while position < size:
        try:
            start = os.lseek(descriptor, position, os.SEEK_DATA)
        except OSError:  # ENXIO: nothing but a hole is left
            return
        position = os.lseek(descriptor, start, os.SEEK_HOLE)
        yield start, position
