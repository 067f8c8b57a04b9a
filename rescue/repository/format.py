"""The bytes of format 1 that packs and index files share: chunk ids, frames, entries."""

import re
import struct
import threading
from typing import NamedTuple

import zstandard
from blake3 import blake3

from rescue.errors import IntegrityError
from rescue.language import _
from rescue.units import MiB

FORMAT_VERSION = 1
# Half the size costs 1 % more space; twice the size, 40 % more growth where files change (docs/benchmark.md).
CHUNK_SIZE = MiB
MAX_CHUNK_SIZE = 64 * MiB
PACK_TARGET = 32 * MiB
MAX_PACK_SIZE = 8 * PACK_TARGET
ID_LENGTH = 32
HOLE = bytes(ID_LENGTH)
DEFAULT_LEVEL = 3

_ENTRY = struct.Struct("<32sIII")
_ID_TEXT = re.compile(r"[0-9a-f]{64}")


class Entry(NamedTuple):
    """Where a chunk lies in its pack: offset and length of the frame, length of the plain bytes."""

    chunk: bytes
    offset: int
    stored: int
    plain: int


def chunk_id(data: bytes | memoryview) -> bytes:
    """The name of a chunk: BLAKE3 of its plain bytes. Releases the interpreter lock."""
    return blake3(data).digest()


def is_id(text: str) -> bool:
    """True for the hexadecimal form of an id."""
    return _ID_TEXT.fullmatch(text) is not None


def pack_entries(entries: list[Entry]) -> bytes:
    """Entries as they stand in packs and index files: 44 bytes each, little-endian."""
    return b"".join(_ENTRY.pack(*entry) for entry in entries)


def unpack_entries(data: bytes | memoryview, limit: int) -> list[Entry]:
    """Inverse of `pack_entries`; every frame must lie below `limit`, the end of the frames of its pack."""
    if len(data) % _ENTRY.size:
        raise IntegrityError(_("A list of chunks is cut off."))
    entries = [Entry(*fields) for fields in _ENTRY.iter_unpack(data)]
    for entry in entries:
        if entry.offset + entry.stored > limit:
            raise IntegrityError(_("A list of chunks points outside of its pack."))
        if not 0 < entry.plain <= MAX_CHUNK_SIZE or not 0 < entry.stored <= _longest_frame(entry.plain):
            raise IntegrityError(_("A list of chunks holds an impossible length."))
    return entries


def _longest_frame(plain: int) -> int:
    """More than zstd needs for bytes that it cannot compress."""
    return plain + plain // 64 + 1024


ENTRY_SIZE = _ENTRY.size

_local = threading.local()


def compress(data: bytes | memoryview, level: int) -> bytes:
    """One zstd frame with content size and checksum. One compressor a thread; releases the interpreter lock."""
    cached: tuple[int, zstandard.ZstdCompressor] | None = getattr(_local, "compressor", None)
    if cached is None or cached[0] != level:
        cached = (level, zstandard.ZstdCompressor(level=level, write_checksum=True, write_content_size=True))
        _local.compressor = cached
    return cached[1].compress(data)


def decompress_into(frame: bytes, chunk: bytes, target: memoryview) -> None:
    """Fill `target`, which has the chunk's plain length, from `frame`; IntegrityError unless the bytes are the chunk's.

    A frame that claims another length is refused before anything is decompressed.
    """
    decompressor: zstandard.ZstdDecompressor | None = getattr(_local, "decompressor", None)
    if decompressor is None:
        decompressor = _local.decompressor = zstandard.ZstdDecompressor(max_window_size=MAX_CHUNK_SIZE)
    try:
        if zstandard.get_frame_parameters(frame).content_size != len(target):
            raise IntegrityError(
                _("Chunk {chunk} is damaged: its length is not the one that was stored.").format(chunk=chunk.hex()[:12])
            )
        with decompressor.stream_reader(frame) as reader:
            filled = 0
            while filled < len(target) and (count := reader.readinto(target[filled:])):
                filled += count
            complete = filled == len(target) and not reader.read(1)
    except zstandard.ZstdError as error:
        raise IntegrityError(
            _("Chunk {chunk} is damaged: {error}.").format(chunk=chunk.hex()[:12], error=error)
        ) from error
    if not complete or chunk_id(target) != chunk:
        raise IntegrityError(
            _("Chunk {chunk} is damaged: its bytes are not the ones that were stored.").format(chunk=chunk.hex()[:12])
        )


def decompress(frame: bytes, entry: Entry) -> bytes:
    """The plain bytes of a small chunk, verified as in `decompress_into`."""
    plain = bytearray(entry.plain)
    decompress_into(frame, entry.chunk, memoryview(plain))
    return bytes(plain)
