"""The map of an ext volume whose journal is still to be replayed.

The bitmaps on disk lag behind the journal. A restored volume gets the source's own bytes and replays its journal like
the original, so a block has to be stored when it is in use before the replay, after it, or after the clean-up of
orphaned inodes that follows. e2fsck does the replay on a throw-away overlay.
"""

from rescue import process
from rescue.errors import ToolError
from rescue.extents import Extents
from rescue.filesystems import partclone
from rescue.filesystems.model import Bench, UnmappableError
from rescue.filesystems.overlay import overlay
from rescue.filesystems.volume import Volume

_NOTE = "The journal is not replayed: the file system was in use when the computer stopped. It replays it when mounted."
_FIXED = (0, 1)
_TIMEOUT_SECONDS = 6 * 3600.0


def map_with_replay(tool: str, volume: Volume, end: int, bench: Bench) -> tuple[Extents, str, tuple[str, ...]]:
    """Union of the maps as it lies, after the journal's replay, and after a full check of the replayed copy.

    The last one is a must. The first two may be refused by the tool, which compares the bitmaps with free counts that
    only the end of a replay brings up to date.
    """
    used, _ = _lenient(tool, volume.path, end, bench)
    with overlay(volume.path, volume.size, bench) as device:
        _run(["e2fsck", "-y", "-E", "journal_only", device], bench)
        replayed, _ = _lenient(tool, device, end, bench)
        _run(["e2fsck", "-f", "-y", device], bench)
        checked, method = partclone.read_map(tool, device, end, bench)
    return used | replayed | checked, f"{method} with journal replay", (_NOTE,)


def _lenient(tool: str, path: str, end: int, bench: Bench) -> tuple[Extents, str]:
    try:
        return partclone.read_map(tool, path, end, bench)
    except UnmappableError as error:
        return Extents(), error.message


def _run(argv: list[str], bench: Bench) -> None:
    try:
        process.run(argv, allowed=_FIXED, timeout=_TIMEOUT_SECONDS, cancel=bench.cancel)
    except ToolError as error:
        raise UnmappableError(f"The journal cannot be replayed on a copy: {error.message}") from error
