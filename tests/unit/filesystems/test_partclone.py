"""The parser of domain maps: what partclone writes comes back exactly, anything else is refused in words."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rescue.errors import RescueError
from rescue.extents import Extents
from rescue.filesystems.model import UnmappableError
from rescue.filesystems.partclone import parse

HEAD = "# Domain logfile created by unset_name v0.3.23\n# Source: /dev/sda1\n# Offset: 0x00000000\n"
STATUS = "# current_pos  current_status\n0x00003000     ?\n#      pos        size  status\n"


def written(lengths: list[int], *, starts_used: bool) -> str:
    """A map as partclone prints it, from the lengths of ranges that are in turns used and free."""
    lines, position, used = [], 0, starts_used
    for length in lengths:
        lines.append(f"0x{position:08X}  0x{length:08X}  {'+' if used else '?'}")
        position += length
        used = not used
    return HEAD + STATUS + "\n".join(lines) + "\n"


@given(st.lists(st.integers(1, 1 << 40), min_size=1, max_size=50), st.booleans())
def test_round_trip(lengths: list[int], starts_used: bool) -> None:
    domain = parse(io.StringIO(written(lengths, starts_used=starts_used)))
    ends = [sum(lengths[: index + 1]) for index in range(len(lengths))]
    pairs = zip([0, *ends], ends, strict=False)
    assert domain.end == ends[-1]
    assert domain.version == "0.3.23"
    assert domain.used == Extents(pair for index, pair in enumerate(pairs) if (index % 2 == 0) == starts_used)


@given(st.text(alphabet="#0x123ABCDEF+?- \nv.", max_size=300))
def test_hostile_text_is_refused_in_words(text: str) -> None:
    for hostile in (text, HEAD + text, HEAD + STATUS + text):
        try:
            parse(io.StringIO(hostile))
        except RescueError as error:
            assert error.message


@pytest.mark.parametrize(
    "body",
    [
        "",
        "0x00001000  0x00001000  +\n",
        "0x00000000  0x00001000  +\n0x00002000  0x00001000  ?\n",
        "0x00000000  0x00001000  +\n0x00000800  0x00001000  ?\n",
        "0x00000000  0x00000000  +\n",
        "0x00000000  0x00001000  *\n",
        "0x00000000  0x00001000  +\nerror\n",
        "0x00000000  0x00001000\n",
        "0x00000000  0xFFFFFFFFFFFFFFFF  +\n",
        "0x00000000  0x00001000  +\n0x000010",
    ],
)
def test_incomplete_maps_are_refused(body: str) -> None:
    with pytest.raises(UnmappableError):
        parse(io.StringIO(HEAD + STATUS + body))


def test_a_map_without_its_head_is_refused() -> None:
    with pytest.raises(UnmappableError, match="head"):
        parse(io.StringIO("0x00000000  0x00001000  +\n"))
