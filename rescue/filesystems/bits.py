"""Allocation bitmaps and tables as runs of what is in use."""

import re
from collections.abc import Iterator

_RUN = re.compile(rb"\x01+")
_LOWEST_FIRST = [bytes(byte >> bit & 1 for bit in range(8)) for byte in range(256)]
_HIGHEST_FIRST = [bytes(byte >> (7 - bit) & 1 for bit in range(8)) for byte in range(256)]
_PIECE = 1 << 16


def runs(marks: bytes) -> Iterator[tuple[int, int]]:
    """Index of the first and after the last of every run of bytes 1 in `marks`."""
    return (match.span() for match in _RUN.finditer(marks))


def bit_runs(bitmap: bytes, bits: int, *, highest_first: bool = False) -> Iterator[tuple[int, int]]:
    """The same for the first `bits` bits of a bitmap. A long run may come as several that touch."""
    table = _HIGHEST_FIRST if highest_first else _LOWEST_FIRST
    for start in range(0, -(-bits // 8), _PIECE):
        piece = bitmap[start : start + _PIECE]
        count = min(bits - start * 8, len(piece) * 8)
        if not any(piece):
            continue
        marks = b"".join([table[byte] for byte in piece])[:count]
        for first, after in runs(marks):
            yield start * 8 + first, start * 8 + after


def count_set(bitmap: bytes, bits: int) -> int:
    """How many of the first `bits` bits are set, the lowest bit of a byte being the first."""
    value = int.from_bytes(bitmap, "little") & ((1 << bits) - 1)
    return value.bit_count()
