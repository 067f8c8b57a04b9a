"""Sets of byte ranges: sorted, disjoint, merged, and small in memory (16 bytes an extent)."""

import heapq
import struct
import sys
from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

_PAIR = struct.Struct("<QQ")


class Extent(NamedTuple):
    """The bytes from `start` up to, but not including, `end`."""

    start: int
    end: int

    @property
    def length(self) -> int:
        """Bytes in the extent."""
        return self.end - self.start


class Extents:
    """An immutable set of bytes, kept as merged ranges in rising order. Safe to share between threads."""

    __slots__ = ("_ends", "_starts")

    def __init__(self, ranges: Iterable[tuple[int, int]] = ()) -> None:
        """Make the set from `(start, end)` pairs in any order, overlapping or touching; ValueError for end < start."""
        self._starts = array("Q")
        self._ends = array("Q")
        pairs = iter(ranges)
        for start, end in pairs:
            if self._starts and start < self._starts[-1]:
                self._rebuild([*self, Extent(start, end), *pairs])
                break
            self._append(start, end)

    @classmethod
    def whole(cls, size: int) -> "Extents":
        """All bytes from 0 to `size`."""
        return cls([(0, size)])

    def _rebuild(self, pairs: Sequence[tuple[int, int]]) -> None:
        """Start again from sorted pairs: the slow road for ranges that do not rise."""
        self._starts, self._ends = array("Q"), array("Q")
        for start, end in sorted(pairs):
            self._append(start, end)

    def _append(self, start: int, end: int) -> None:
        if end < start:
            raise ValueError(f"extent ends at {end}, before its start {start}")
        if end == start:
            return
        if self._ends and start <= self._ends[-1]:
            self._ends[-1] = max(self._ends[-1], end)
        else:
            self._starts.append(start)
            self._ends.append(end)

    def __iter__(self) -> Iterator[Extent]:
        return map(Extent, self._starts, self._ends)

    def __len__(self) -> int:
        return len(self._starts)

    def __bool__(self) -> bool:
        return bool(self._starts)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Extents) and self._starts == other._starts and self._ends == other._ends

    __hash__ = None  # type: ignore[assignment]  # compared by value, never a key

    def __repr__(self) -> str:
        return f"Extents({[tuple(extent) for extent in self]!r})"

    @property
    def total(self) -> int:
        """Bytes in the set."""
        return sum(self._ends) - sum(self._starts)

    @property
    def end(self) -> int:
        """First byte after the set; 0 for the empty set."""
        return self._ends[-1] if self._ends else 0

    def __or__(self, other: "Extents") -> "Extents":
        return Extents(heapq.merge(self, other))

    def __and__(self, other: "Extents") -> "Extents":
        small, large = sorted((self, other), key=len)
        return Extents(piece for start, end in small for piece in large.between(start, end))

    def __sub__(self, other: "Extents") -> "Extents":
        return self & other.complement(self.end)

    def complement(self, size: int) -> "Extents":
        """The bytes from 0 to `size` that are not in the set."""
        return Extents(self._gaps(size))

    def _gaps(self, size: int) -> Iterator[tuple[int, int]]:
        position = 0
        for start, end in self.between(0, size):
            yield position, start
            position = end
        if position < size:
            yield position, size

    def between(self, start: int, end: int) -> Iterator[Extent]:
        """The parts of the set inside `start` to `end`, found in logarithmic time."""
        index = bisect_right(self._ends, start) if start < end else len(self)
        while index < len(self._starts) and self._starts[index] < end:
            yield Extent(max(self._starts[index], start), min(self._ends[index], end))
            index += 1

    def contains(self, start: int, end: int) -> bool:
        """True when every byte from `start` to `end` is in the set."""
        return start == end or next(self.between(start, end), None) == (start, end)

    def shift(self, distance: int) -> "Extents":
        """The same set, `distance` bytes further on."""
        return Extents((start + distance, end + distance) for start, end in self)

    def aligned(self, block: int, size: int) -> "Extents":
        """The set widened to whole blocks of `block` bytes, not beyond `size`."""
        return Extents((start - start % block, min(-(-end // block) * block, size)) for start, end in self)

    def to_bytes(self) -> bytes:
        """The set as pairs of little-endian 64-bit numbers: start, length."""
        pairs = array("Q")
        for start, end in self:
            pairs.extend((start, end - start))
        if sys.byteorder == "big":
            pairs.byteswap()
        return pairs.tobytes()

    @classmethod
    def from_bytes(cls, data: bytes) -> "Extents":
        """Inverse of `to_bytes`; ValueError where the data is no list of pairs."""
        if len(data) % _PAIR.size:
            raise ValueError("an extent list is cut off")
        try:
            return cls((start, start + length) for start, length in _PAIR.iter_unpack(data))
        except OverflowError as error:
            raise ValueError("an extent ends beyond any disk") from error
