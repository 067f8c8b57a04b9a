"""The bar is to scale, and as wide as it should be."""

import itertools
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from rescue.devices.model import Disk
from rescue.operations.facts import Facts, nodes_of
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


def drawn(disk: Disk, width: int, facts: Facts) -> list[tuple[str, str]]:
    """The bar as pieces of text, each with its style."""
    content = bar.draw(disk, width, facts)
    edges = sorted({0, len(content.plain), *(edge for span in content.spans for edge in (span.start, span.end))})
    styles = {span.start: str(span.style) for span in content.spans if span.start < span.end}
    return [(content.plain[a:b], styles.get(a, "")) for a, b in itertools.pairwise(edges)]


def test_what_is_used_is_solid_and_the_rest_is_lighter() -> None:
    path = "/dev/sda"
    disk = fakes.disk(path, 100 * GiB, fakes.part(path, 1, 0, 100 * GiB, "ext4"))
    for used, solid in ((0, 0), (1, 1), (25 * GiB, 10), (50 * GiB, 20), (99 * GiB, 40), (100 * GiB, 40)):
        told = drawn(disk, 41, Facts({"/dev/sda1": used}))
        full = "".join(text for text, style in told if style == "$bar-linux")
        free = "".join(text for text, style in told if style == "$bar-linux-free")
        assert (len(full), len(free)) == (solid, 40 - solid)
        assert (full + free).startswith("│1 ext4")
        assert set(free[7 - min(solid, 7) :].strip()) <= {"░"}
        assert "░" not in full
    assert drawn(disk, 41, Facts())[0] == ("│1 ext4".ljust(40), "$bar-linux")


def test_a_label_that_is_longer_than_what_is_used_is_whole() -> None:
    path = "/dev/sda"
    disk = fakes.disk(path, 100 * GiB, fakes.part(path, 1, 0, 100 * GiB, "ext4"))
    assert bar.draw(disk, 21, Facts({"/dev/sda1": 5 * GiB})).plain == "│1 ext4 ░░░░░░░░░░░░│"
    assert bar.draw(disk, 6, Facts({"/dev/sda1": 0})).plain == "│E ░░│"
    assert bar.draw(disk, 5, Facts({"/dev/sda1": 0})).plain == "│E░░│"


@given(st.integers(10, 300), st.integers(0, 2**50))
def test_a_bar_with_facts_is_as_wide_as_asked(width: int, used: int) -> None:
    for disk in fakes.several().disks:
        facts = Facts({node.path: used for node in nodes_of(disk)})
        assert bar.draw(disk, width, facts).cell_length == width
        assert bar.draw(disk, width, facts).plain.count("│") == bar.draw(disk, width).plain.count("│")


@given(st.integers(0, 2**60), st.integers(1, 2**60), st.integers(1, 300))
def test_solid_cells_never_leave_the_piece(used: int, size: int, cells: int) -> None:
    solid = bar.solid_cells(bar.Piece(size, "E", "s", "", used), cells)
    assert 0 <= solid <= cells
    assert (solid > 0) == (used > 0)
