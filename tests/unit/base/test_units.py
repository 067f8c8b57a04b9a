"""Sizes: exact, in whole numbers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rescue.units import (
    GiB,
    KiB,
    MiB,
    TiB,
    align_down,
    align_up,
    bytes_to_lba,
    format_duration,
    format_size,
    lba_to_bytes,
)

VALUES = st.integers(0, 1 << 70)
STEPS = st.integers(1, 1 << 40)


@given(VALUES, STEPS)
def test_aligning(value: int, step: int) -> None:
    below, above = align_down(value, step), align_up(value, step)
    assert below % step == above % step == 0
    assert below <= value <= above < value + step
    assert value - below < step
    assert (below == above) == (value % step == 0)


@given(VALUES, st.sampled_from([512, 4096]))
def test_lba(lba: int, sector_size: int) -> None:
    assert bytes_to_lba(lba_to_bytes(lba, sector_size), sector_size) == lba
    with pytest.raises(ValueError, match="not at the start"):
        bytes_to_lba(lba_to_bytes(lba, sector_size) + 1, sector_size)


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (KiB, "1.0 KiB"),
        (KiB + 51, "1.0 KiB"),
        (KiB + 52, "1.1 KiB"),
        (1536, "1.5 KiB"),
        (MiB, "1.0 MiB"),
        (1_000_204_886_016, "931.5 GiB"),
        (GiB * 3 // 2, "1.5 GiB"),
        (5000 * TiB, "5000.0 TiB"),
    ],
)
def test_sizes_for_people(size: int, text: str) -> None:
    assert format_size(size) == text


@given(st.integers(0, 1 << 60))
def test_a_size_for_people_is_within_one_in_ten(size: int) -> None:
    number, unit = format_size(size).split()
    factor = {"B": 1, "KiB": KiB, "MiB": MiB, "GiB": GiB, "TiB": TiB}[unit]
    assert abs(float(number) * factor - size) <= factor * 0.051


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (59, "59 s"), (60, "1 min 00 s"), (725, "12 min 05 s"), (3599, "59 min 59 s"), (12_000, "3 h 20 min")],
)
def test_durations_for_people(seconds: int, text: str) -> None:
    assert format_duration(seconds) == text
