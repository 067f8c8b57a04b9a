"""Makes an empty HFS+ volume: Debian 12 has no mkfs for it. Layout: Apple, Technical Note TN1150.

Blocks of 4 KiB: the boot block with the volume header, allocation file, extents tree, catalog tree, and when asked a
journal information block with an empty journal; the last block holds the copy of the header.
"""

from __future__ import annotations

import struct
from pathlib import Path

BLOCK = 4096
_NOW = 3_700_000_000
_CATALOG_BLOCKS = 64
_JOURNAL_BLOCKS = 128
_UNMOUNTED, _JOURNALED = 1 << 8, 1 << 13


def make(path: Path, size: int, *, journaled: bool = False, name: str = "Macintosh HD") -> Path:
    """Write an empty volume of `size` bytes, a multiple of 4096, to `path`."""
    total = size // BLOCK
    bitmap_blocks = -(-total // 8 // BLOCK)
    extents = 1 + bitmap_blocks
    catalog = extents + 1
    information = catalog + _CATALOG_BLOCKS
    used = information + (1 + _JOURNAL_BLOCKS if journaled else 0)
    with path.open("wb") as stream:
        stream.truncate(size)
        stream.seek(BLOCK)
        stream.write(_bitmap(total, used))
        stream.seek(extents * BLOCK)
        stream.write(_header_node(depth=0, leaves=0, nodes=1, free=0, key_length=10))
        stream.seek(catalog * BLOCK)
        stream.write(_header_node(depth=1, leaves=2, nodes=_CATALOG_BLOCKS, free=_CATALOG_BLOCKS - 2, key_length=516))
        stream.write(_root_leaf(name))
        if journaled:
            stream.seek(information * BLOCK)
            stream.write(_journal(information))
        forks = (_fork(1, bitmap_blocks), _fork(extents, 1), _fork(catalog, _CATALOG_BLOCKS))
        header = _volume_header(total, total - used - 1, information if journaled else 0, forks)
        for place in (1024, size - 1024):
            stream.seek(place)
            stream.write(header)
    return path


def _bitmap(total: int, used: int) -> bytes:
    bits = (1 << used) - 1 | 1 << (total - 1)
    lowest_first = bits.to_bytes(-(-total // 8), "little")
    return bytes(int(f"{byte:08b}"[::-1], 2) for byte in lowest_first)


def _fork(start: int, blocks: int) -> bytes:
    return struct.pack(">QII", blocks * BLOCK, BLOCK, blocks) + struct.pack(">II", start, blocks) + bytes(56)


def _volume_header(total: int, free: int, information: int, forks: tuple[bytes, bytes, bytes]) -> bytes:
    attributes = _UNMOUNTED | (_JOURNALED if information else 0)
    head = struct.pack(">2sHI4sI", b"H+", 4, attributes, b"10.0", information)
    dates = struct.pack(">IIII", _NOW, _NOW, 0, _NOW)
    counts = struct.pack(">IIIIIIIIIIQ", 0, 0, BLOCK, total, free, 0, BLOCK, BLOCK, 16, 1, 1)
    finder = bytes(24) + b"RESCUE01"
    return (head + dates + counts + finder + b"".join(forks) + bytes(160)).ljust(512, b"\0")


def _node(kind: int, height: int, records: list[bytes]) -> bytes:
    body = struct.pack(">IIbBHH", 0, 0, kind, height, len(records), 0)
    offsets = []
    for record in records:
        offsets.append(len(body))
        body += record
    offsets.append(len(body))
    table = b"".join(struct.pack(">H", offset) for offset in reversed(offsets))
    return body.ljust(BLOCK - len(table), b"\0") + table


def _header_node(*, depth: int, leaves: int, nodes: int, free: int, key_length: int) -> bytes:
    root = 1 if depth else 0
    large_keys, variable_index = 2, 4 if key_length > 10 else 0
    fields = struct.pack(">HIIIIHHII", depth, root, leaves, root, root, BLOCK, key_length, nodes, free)
    case_folding = 0xCF if key_length > 10 else 0
    rest = struct.pack(">HIBBI", 0, BLOCK, 0, case_folding, large_keys | variable_index) + bytes(64)
    map_size = BLOCK - 14 - 106 - 128 - 8
    used = 0xC0 if depth else 0x80
    return _node(1, 0, [fields + rest, bytes(128), bytes([used]).ljust(map_size, b"\0")])


def _root_leaf(name: str) -> bytes:
    text = name.encode("utf-16-be")
    folder_key = struct.pack(">HIH", 6 + len(text), 1, len(name)) + text
    permissions = struct.pack(">IIBBHI", 0, 0, 0, 0, 0o40755, 0)
    folder = struct.pack(">HHIIIIIII", 1, 0, 0, 2, _NOW, _NOW, _NOW, _NOW, 0) + permissions + bytes(32 + 8)
    thread_key = struct.pack(">HIH", 6, 2, 0)
    thread = struct.pack(">HHIH", 3, 0, 1, len(name)) + text
    return _node(-1, 1, [folder_key + folder, thread_key + thread])


def _journal(information: int) -> bytes:
    start, size = (information + 1) * BLOCK, _JOURNAL_BLOCKS * BLOCK
    block = struct.pack(">I32sQQ", 1, b"", start, size).ljust(BLOCK, b"\0")
    head = struct.pack(">IIQQQIII", 0x4A4E4C78, 0x12345678, 512, 512, size, BLOCK, 0, 512)
    return block + head
