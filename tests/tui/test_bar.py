"""The bar is to scale, and as wide as it should be."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from rescue.tui import bar
from rescue.units import GiB, MiB
from tests.tui import fakes

SIZES = st.lists(st.integers(1, 2**60), min_size=1, max_size=140)


@given(SIZES, st.integers(1, 300), st.data())
def test_widths_fill_the_bar(sizes: list[int], total: int, data: st.DataObject) -> None:
    smallest = data.draw(st.lists(st.integers(1, 3), min_size=len(sizes), max_size=len(sizes)))
    cells = bar.widths(sizes, smallest, total)
    assert len(cells) == len(sizes)
    assert min(cells) >= 0
    assert sum(cells) == min(total, max(sum(smallest), total))
    if sum(smallest) <= total:
        assert all(cell >= least for cell, least in zip(cells, smallest, strict=True))


@given(st.integers(10, 300))
def test_a_bar_is_as_wide_as_asked(width: int) -> None:
    for disk in fakes.several().disks:
        assert bar.draw(disk, width).cell_length == width


def test_halves_are_halves() -> None:
    assert bar.widths([GiB, GiB], [2, 2], 100) == [50, 50]
    assert bar.widths([3 * GiB, GiB], [2, 2], 100) == [75, 25]
    assert bar.widths([1000 * GiB, MiB], [2, 2], 50) == [48, 2]


def test_what_is_free_and_what_is_a_frame() -> None:
    path = "/dev/sda"
    frame = replace(fakes.part(path, 2, 50 * GiB, 50 * GiB), type="0x5")
    disk = fakes.disk(path, 100 * GiB, fakes.part(path, 5, 51 * GiB, 20 * GiB, "xfs"), frame, table="dos")
    assert [(piece.letter, piece.size // GiB) for piece in bar.pieces(disk)] == [("·", 51), ("X", 20), ("·", 29)]


def test_a_whole_disk_without_a_table() -> None:
    assert [piece.letter for piece in bar.pieces(fakes.blank())] == ["·"]
    assert [piece.letter for piece in bar.pieces(fakes.broken())] == ["?"]


def test_use_is_marked() -> None:
    assert bar.draw(fakes.drive(), 40).plain.startswith("│1 exfat*")
    assert "│A*" in bar.draw(fakes.drive(), 6).plain
