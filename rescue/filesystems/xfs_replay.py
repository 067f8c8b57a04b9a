"""The map of an XFS whose log is still to be replayed.

Only the kernel replays an XFS log, and it does so when a throw-away overlay is mounted. The replay also finishes the
deletion of files that were open without a name; what it reads for that is in neither map when it lies outside the
inode, and so such files lead to raw.
"""

import re

from rescue import process
from rescue.extents import Extents
from rescue.filesystems import partclone
from rescue.filesystems.gate import demand, demand_count
from rescue.filesystems.model import Bench, UnmappableError
from rescue.filesystems.overlay import mount_once, overlay
from rescue.filesystems.volume import Volume, opened
from rescue.filesystems.xfs_superblock import Superblock, free_bytes, read_superblock, spare_blocks, unlinked_inodes
from rescue.language import N_, _

_NOTE = N_("The log is not replayed: the file system was in use when the computer stopped. It replays it when mounted.")
_ORPHANS = N_(
    "Files were deleted while open when the computer stopped; the replay of the XFS log needs their old blocks."
)
_STATE = re.compile(r"state: <(CLEAN|DIRTY)>")
_INODE = re.compile(r"^\s*INODE: #regs:\d+\s+ino:0x([0-9a-f]+)", re.MULTILINE)
_CORE = re.compile(
    r"^\s*INODE: #regs:\d+\s+ino:0x([0-9a-f]+)[^\n]*\n\s*CORE inode:\n"
    r"\s*magic:IN\s+mode:0x([0-9a-f]+)\s+ver:3\s+format:(\d)[^\n]*\n"
    r"[^\n]*\bnlink:(\d+)\b[^\n]*\n(?:[^\n]*\n){2}[^\n]*\banextents:(\d+)",
    re.MULTILINE,
)
_LOCAL_OR_EXTENTS = {"1", "2"}


def log_is_clean(volume: Volume, bench: Bench) -> bool:
    """True when the log holds nothing to replay; UnmappableError where it cannot be read."""
    match = _STATE.search(_log_text(volume, bench))
    if match is None:
        raise UnmappableError(_("The XFS log cannot be read."))
    return match[1] == "CLEAN"


def _log_text(volume: Volume, bench: Bench) -> str:
    return process.run(["xfs_logprint", "-t", "-i", volume.path], cancel=bench.cancel).text


def orphans_outside_inodes(log: str) -> bool:
    """Does the log leave a nameless file whose extents or attributes have blocks of their own?

    `log` is the output of `xfs_logprint -t -i`. The last item of an inode counts. UnmappableError where an item does
    not look as expected.
    """
    cores = list(_CORE.finditer(log))
    demand(len(cores) == len(_INODE.findall(log)), _("The XFS log has inodes that cannot be read."))
    last = {match[1]: match.groups()[1:] for match in cores}
    return any(
        nlink == "0" and int(mode, 16) and not (layout in _LOCAL_OR_EXTENTS and attributes == "0")
        for mode, layout, nlink, attributes in last.values()
    )


def map_with_replay(
    tool: str, volume: Volume, superblock: Superblock, bench: Bench
) -> tuple[Extents, str, tuple[str, ...]]:
    """Union of the maps as it lies and after the replay, the method's name, and a note.

    The first may be refused by the tool, the second must be exact. The spare blocks of the free space trees count as
    used, because the replay may read a tree block that it then gives back.
    """
    orphans = unlinked_inodes(volume, superblock) or orphans_outside_inodes(_log_text(volume, bench))
    demand(not orphans, _(_ORPHANS))
    used = Extents(sorted(spare_blocks(volume, superblock))) | _lenient(tool, volume, superblock.end, bench)
    with overlay(volume.path, volume.size, bench) as device:
        mount_once(device, "xfs", bench)
        with opened(device, volume.size) as copy:
            demand(log_is_clean(copy, bench), _("The XFS log cannot be replayed on a copy."))
            after = read_superblock(copy)
            replayed, method = partclone.read_map(tool, device, superblock.end, bench)
            demand_count(replayed.total, after.end - free_bytes(copy, after))
            used |= replayed | Extents(sorted(spare_blocks(copy, after)))
    return used, f"{method} with log replay", (_(_NOTE),)


def _lenient(tool: str, volume: Volume, end: int, bench: Bench) -> Extents:
    try:
        return partclone.read_map(tool, volume.path, end, bench)[0]
    except UnmappableError:
        return Extents()
