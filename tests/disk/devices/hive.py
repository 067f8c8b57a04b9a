"""Write a tiny registry hive, so that a made-up Windows has a name. Format: the file hivex's own header describes."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from itertools import pairwise

_BLOCK = 4096
_NONE = 0xFFFFFFFF
_BIN_HEADER = 32
_ROOT_FLAGS = 0x2C
_KEY_FLAGS = 0x20
_TEXT = 1
_PARENT = 16  # where a key names the key above it


def make_hive(keys: Sequence[str], values: Mapping[str, str]) -> bytes:
    """A hive with the chain of keys root, `keys[0]`, `keys[1]`, …; the last one has `values`, all of them texts."""
    cells = bytearray()
    listed = [_add(cells, _value(cells, name, text)) for name, text in values.items()]
    child = _key(keys[-1], [], _add(cells, struct.pack(f"<{len(listed)}I", *listed)), len(listed))
    below: list[int] = []
    chain = [*reversed(keys), "root"]
    for name, above in pairwise(chain):
        place = _add(cells, child)
        below.append(place)
        leaf = struct.pack("<2sHI4s", b"lf", 1, place, name.encode()[:4].ljust(4, b"\0"))
        child = _key(above, [_add(cells, leaf)], _NONE, 0, root=above == "root")
    root = _add(cells, child)
    for place, parent in pairwise([*below, root]):
        struct.pack_into("<I", cells, place - _BIN_HEADER + 4 + _PARENT, parent)
    return _file(bytes(cells), root)


def _add(cells: bytearray, content: bytes) -> int:
    """Append an allocated cell and tell its place."""
    place = _BIN_HEADER + len(cells)
    size = -(-(len(content) + 4) // 8) * 8
    cells += struct.pack("<i", -size) + content.ljust(size - 4, b"\0")
    return place


def _value(cells: bytearray, name: str, text: str) -> bytes:
    data = (text + "\0").encode("utf-16-le")
    return struct.pack("<2sHIIIHH", b"vk", len(name), len(data), _add(cells, data), _TEXT, 1, 0) + name.encode()


def _key(name: str, leaves: list[int], values: int, count: int, *, root: bool = False) -> bytes:
    head = struct.pack("<2sHQI", b"nk", _ROOT_FLAGS if root else _KEY_FLAGS, 0, 0)
    lists = struct.pack("<6I", _NONE, len(leaves), 0, *(leaves or [_NONE]), _NONE, count)
    rest = struct.pack("<3I5IHH", values, _NONE, _NONE, 64, 0, 64, 256, 0, len(name), 0)
    return head + lists + rest + name.encode()


def _file(cells: bytes, root: int) -> bytes:
    size = -(-(len(cells) + _BIN_HEADER + 8) // _BLOCK) * _BLOCK
    free = size - _BIN_HEADER - len(cells)
    block = struct.pack("<4sIIQQI", b"hbin", 0, size, 0, 0, 0) + cells + struct.pack("<i", free).ljust(free, b"\0")
    head = struct.pack("<4sIIQIIIIIII", b"regf", 1, 1, 0, 1, 3, 0, 1, root, size, 1).ljust(508, b"\0")
    checksum = 0
    for (word,) in struct.iter_unpack("<I", head):
        checksum ^= word
    return (head + struct.pack("<I", checksum)).ljust(_BLOCK, b"\0") + block
