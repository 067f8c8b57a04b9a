"""The one question of a backup: which bytes of this volume have to be stored?"""

from pathlib import Path

from rescue.cancel import CancelToken
from rescue.errors import SourceReadError, ToolError
from rescue.extents import Extents
from rescue.filesystems.catalog import member_for
from rescue.filesystems.model import Bench, Measured, UnmappableError, UsedMap
from rescue.filesystems.raw import Raw
from rescue.filesystems.volume import opened
from rescue.language import _
from rescue.units import MiB, format_size

_TAIL_EDGE = MiB
_LONGEST_REASON = 400


def used_map(
    path: str, size: int, fstype: str | None, *, raw: bool = False, scratch: Path, cancel: CancelToken | None = None
) -> UsedMap:
    """Bytes in use on the volume of `size` bytes at `path`, a block device or an image file that nobody writes.

    `fstype` is the name that blkid gives, None for none. `raw` asks for all blocks. `scratch` is a directory for
    temporary files; nothing stays in it. The volume is only read. A file system that does not pass the gate gives all
    blocks and the reason. MissingToolError where a program is not installed; CancelledError on request.
    """
    name = fstype or "unknown"
    if raw:
        return _all_blocks(name, size, notes=(_("All blocks are imaged, as requested."),))
    member = member_for(fstype)
    if isinstance(member, Raw):
        return _all_blocks(name, size)
    try:
        with opened(path, size) as volume:
            measured = member.measure(volume, Bench(scratch, cancel))
        used, tail_notes = _with_tail(measured, size)
    except (UnmappableError, SourceReadError, ToolError) as error:
        return _all_blocks(name, size, reason=_one_line(error.message))
    return UsedMap(name, used, measured.method, None, measured.notes + tail_notes, dict(measured.facts))


def _one_line(message: str) -> str:
    """What a tool said in many lines, fit for a report."""
    return " ".join(message.split())[:_LONGEST_REASON]


def _all_blocks(name: str, size: int, *, reason: str | None = None, notes: tuple[str, ...] = ()) -> UsedMap:
    return UsedMap(name, Extents.whole(size), Raw.name, reason, notes)


def _with_tail(measured: Measured, size: int) -> tuple[Extents, tuple[str, ...]]:
    """The map and what lies behind the file system's end.

    There NTFS keeps its second boot sector, md its superblocks 0.90 and 1.0, and boot loaders their remains: all of
    a small tail is kept, of a large one its first and its last MiB.
    """
    tail = size - measured.end
    if tail < 0:
        raise UnmappableError(_("The file system is {size} larger than its partition.").format(size=format_size(-tail)))
    if measured.used.end > measured.end:
        raise UnmappableError(_("The map of used blocks reaches over the end of the file system."))
    if tail <= 2 * _TAIL_EDGE:
        return measured.used | Extents([(measured.end, size)]), ()
    edges = Extents([(measured.end, measured.end + _TAIL_EDGE), (size - _TAIL_EDGE, size)])
    note = _("The partition is {size} larger than its file system; of that, the edges are imaged.").format(
        size=format_size(tail)
    )
    return measured.used | edges, (note,)
