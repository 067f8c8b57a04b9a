"""A pack: zstd frames, one a chunk, and at the end its own index in a zstd skippable frame.

    frame frame frame ... | 0x184D2A5E | u32 size | entries | BLAKE3 of the entries | u32 count | "RPK1" |

so that `zstd -dc` reads the plain bytes of all chunks, and the last eight bytes lead to the entries.
"""

import struct

from blake3 import blake3

from rescue.errors import IntegrityError
from rescue.language import _
from rescue.repository.format import (
    ENTRY_SIZE,
    ID_LENGTH,
    MAX_PACK_SIZE,
    Entry,
    is_id,
    pack_entries,
    unpack_entries,
)
from rescue.repository.place import LocalPlace

_SKIPPABLE = struct.Struct("<II")
_FOOTER = struct.Struct("<I4s")
_MAGIC_NUMBER = 0x184D2A5E
_MAGIC_END = b"RPK1"
_FIXED = _SKIPPABLE.size + ID_LENGTH + _FOOTER.size
MAX_ENTRIES = MAX_PACK_SIZE // ENTRY_SIZE


def pack_name(pack: bytes) -> str:
    """Name of the pack's file in the repository."""
    text = pack.hex()
    return f"packs/{text[:2]}/{text}"


def is_pack_name(name: str) -> bool:
    """True for a file that is called, and lies, like a pack."""
    text = name.rpartition("/")[2]
    return is_id(text) and name == pack_name(bytes.fromhex(text))


def trailer(entries: list[Entry]) -> bytes:
    """The skippable frame that ends a pack."""
    body = pack_entries(entries)
    inner = body + blake3(body).digest() + _FOOTER.pack(len(entries), _MAGIC_END)
    return _SKIPPABLE.pack(_MAGIC_NUMBER, len(inner)) + inner


def read_trailer(place: LocalPlace, name: str) -> list[Entry]:
    """Entries of the pack `name`, read from its end; IntegrityError where they are damaged."""
    size = place.size(name)
    if not _FIXED < size <= MAX_PACK_SIZE:
        raise IntegrityError(_("Pack {name} has an impossible size.").format(name=name))
    count, magic = _FOOTER.unpack(place.read_range(name, size - _FOOTER.size, _FOOTER.size))
    length = count * ENTRY_SIZE
    if magic != _MAGIC_END or not 0 < count <= MAX_ENTRIES or length + _FIXED > size:
        raise IntegrityError(_("Pack {name} is damaged: its end is not the end of a pack.").format(name=name))
    frames = size - length - _FIXED
    return _parse_trailer(name, place.read_range(name, frames, size - frames), count, frames)


def _parse_trailer(name: str, data: bytes, count: int, frames: int) -> list[Entry]:
    body = data[_SKIPPABLE.size : _SKIPPABLE.size + count * ENTRY_SIZE]
    entries = unpack_entries(body, frames)
    if trailer(entries) != data or not _cover(entries, frames):
        raise IntegrityError(
            _("Pack {name} is damaged: its list of chunks is not the one that was stored.").format(name=name)
        )
    return entries


def _cover(entries: list[Entry], frames: int) -> bool:
    """True when the frames follow one another without gap, from the pack's start to the entries."""
    position = 0
    for entry in entries:
        if entry.offset != position:
            return False
        position += entry.stored
    return position == frames
