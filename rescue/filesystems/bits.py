"""Allocation bitmaps and tables as extents."""

import re
from collections.abc import Iterator

_RUN = re.compile(rb"\x01+", re.DOTALL)


def runs(marks: bytes) -> Iterator[tuple[int, int]]:
    """Index of the first and after the last of every run of bytes 1 in `marks`."""
    return (match.span() for match in _RUN.finditer(marks))


def count_set(bitmap: bytes, bits: int) -> int:
    """How many of the first `bits` bits are set, the lowest bit of a byte being the first."""
    value = int.from_bytes(bitmap, "little") & ((1 << bits) - 1)
    return value.bit_count()
