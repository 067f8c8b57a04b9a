"""The map of an ext volume whose journal is still to be replayed.

The bitmaps on disk lag behind the journal. A restored volume gets the source's own bytes and replays its journal like
the original, so a block has to be stored when it is in use before the replay or after it. e2fsck does the replay on a
throw-away overlay. Orphaned inodes stay as they are in it, so what their clean-up reads later is in the map.
"""

from rescue import process
from rescue.errors import ToolError
from rescue.extents import Extents
from rescue.filesystems.ext_bitmaps import used_blocks
from rescue.filesystems.ext_superblock import Superblock, read_superblock
from rescue.filesystems.gate import demand, demand_count
from rescue.filesystems.model import Bench, UnmappableError
from rescue.filesystems.overlay import overlay
from rescue.filesystems.volume import Volume, opened
from rescue.language import N_, _

_NOTE = N_(
    "The journal is not replayed: the file system was in use when the computer stopped. It replays it when mounted."
)
_FIXED = (0, 1)
_TIMEOUT_SECONDS = 6 * 3600.0


def map_with_replay(volume: Volume, superblock: Superblock, bench: Bench) -> tuple[Extents, str, tuple[str, ...]]:
    """Union of the bitmaps as they lie and of those after the replay, the method's name, and a note.

    UnmappableError where the replay fails, or where afterwards bitmaps and group descriptors disagree: both are
    metadata of the same transactions. Fast commits are not proven: our own test shows that after their replay by e2fsck
    1.47.0 the bitmaps lack blocks that the kernel's replay needs.
    """
    demand(not superblock.fast_commit, _("The journal is to be replayed and uses fast commits, which are not proven."))
    as_it_lies = used_blocks(volume, superblock, bench)[0]
    with overlay(volume.path, volume.size, bench) as device:
        _replay(device, bench)
        replayed = _after_replay(device, volume.size, bench)
    return as_it_lies | replayed, "block bitmaps with journal replay", (_(_NOTE),)


def _after_replay(device: str, size: int, bench: Bench) -> Extents:
    with opened(device, size) as copy:
        superblock = read_superblock(copy)
        demand(not superblock.dirty_journal, _("The journal cannot be replayed on a copy."))
        used, free = used_blocks(copy, superblock, bench)
    demand_count(used.total, superblock.end - free)
    return used


def _replay(device: str, bench: Bench) -> None:
    argv = ["e2fsck", "-y", "-E", "journal_only", device]
    try:
        process.run(argv, allowed=_FIXED, timeout=_TIMEOUT_SECONDS, cancel=bench.cancel)
    except ToolError as error:
        raise UnmappableError(
            _("The journal cannot be replayed on a copy: {message}").format(message=error.message)
        ) from error
