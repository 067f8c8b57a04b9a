"""Extents behave like Python sets of bytes."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rescue.extents import Extent, Extents

LIMIT = 64
RANGES = st.lists(st.tuples(st.integers(0, LIMIT), st.integers(0, LIMIT)).map(lambda pair: (min(pair), max(pair))))
EXTENTS = RANGES.map(Extents)
POINTS = st.integers(0, LIMIT + 8)


def points(extents: Extents) -> set[int]:
    """The bytes, one by one; the ranges are in order, disjoint, merged and not empty."""
    found: list[int] = []
    end = -1
    for extent in extents:
        assert end < extent.start < extent.end
        assert extent.length == extent.end - extent.start
        end = extent.end
        found += range(*extent)
    return set(found)


def bytes_of(ranges: list[tuple[int, int]]) -> set[int]:
    return {byte for start, end in ranges for byte in range(start, end)}


@given(RANGES)
def test_made_from_ranges_in_any_order(ranges: list[tuple[int, int]]) -> None:
    extents = Extents(ranges)
    assert points(extents) == bytes_of(ranges)
    assert extents == Extents(iter(sorted(ranges)))
    assert extents.total == len(points(extents))
    assert extents.end == max(points(extents), default=-1) + 1
    assert bool(extents) == bool(points(extents))
    assert len(extents) == len(list(extents))


@given(EXTENTS, EXTENTS)
def test_set_operations(one: Extents, other: Extents) -> None:
    assert points(one | other) == points(one) | points(other)
    assert points(one & other) == points(one) & points(other)
    assert points(one - other) == points(one) - points(other)
    assert (one == other) == (points(one) == points(other))
    assert (one | other) == (other | one)
    assert (one & other) == (other & one)


@given(EXTENTS, POINTS)
def test_complement(extents: Extents, size: int) -> None:
    assert points(extents.complement(size)) == set(range(size)) - points(extents)


@given(EXTENTS, POINTS, POINTS)
def test_between_and_contains(extents: Extents, one: int, other: int) -> None:
    start, end = min(one, other), max(one, other)
    inside = list(extents.between(start, end))
    assert points(Extents(inside)) == points(extents) & set(range(start, end))
    assert all(extent.length > 0 for extent in inside)
    assert extents.contains(start, end) == (set(range(start, end)) <= points(extents))
    assert list(extents.between(end, start)) == []


@given(EXTENTS, POINTS)
def test_shift(extents: Extents, distance: int) -> None:
    shifted = extents.shift(distance)
    assert points(shifted) == {byte + distance for byte in points(extents)}
    assert shifted.shift(-distance) == extents


@given(EXTENTS, st.integers(1, 16), st.integers(0, 16))
def test_aligned(extents: Extents, block: int, more: int) -> None:
    size = extents.end + more
    touched = {byte // block for byte in points(extents)}
    assert points(extents.aligned(block, size)) == {byte for byte in range(size) if byte // block in touched}


@given(EXTENTS)
def test_bytes_and_back(extents: Extents) -> None:
    data = extents.to_bytes()
    assert len(data) == 16 * len(extents)
    assert data == b"".join(struct.pack("<QQ", start, end - start) for start, end in extents)
    assert Extents.from_bytes(data) == extents


@pytest.mark.parametrize("data", [b"x", b"x" * 15, b"\xff" * 16, struct.pack("<QQ", 1 << 63, 1 << 63)])
def test_bytes_that_are_no_extents(data: bytes) -> None:
    with pytest.raises(ValueError, match="extent"):
        Extents.from_bytes(data)


@pytest.mark.parametrize("ranges", [[(5, 4)], [(0, 9), (5, 4)], [(7, 9), (5, 4)]])
def test_a_range_that_ends_before_it_starts(ranges: list[tuple[int, int]]) -> None:
    with pytest.raises(ValueError, match="before its start"):
        Extents(ranges)


def test_whole_and_large_numbers() -> None:
    assert list(Extents.whole(10)) == [Extent(0, 10)]
    assert list(Extents.whole(0)) == []
    huge = Extents([(1 << 60, (1 << 60) + 512)])
    assert Extents.from_bytes(huge.to_bytes()) == huge
    assert huge.total == 512


def test_no_set_is_a_key() -> None:
    with pytest.raises(TypeError):
        hash(Extents())


def test_many_extents_are_quick() -> None:
    """A fragmented disk has millions: no operation is quadratic."""
    many = Extents((start * 10, start * 10 + 5) for start in range(50_000))
    other = many.shift(3)
    assert (many & other).total == 50_000 * 2
    assert (many | other).total == 50_000 * 8
    assert (many - other).total == 50_000 * 3
    assert (
        sum(extent.length for start in range(0, 500_000, 20) for extent in many.between(start, start + 20)) == 250_000
    )
