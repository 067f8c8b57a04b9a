"""The terminal on a serial line, without a machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.vm import picture
from tests.vm.keys import keyboard_key, terminal_key
from tests.vm.terminal import Pieces, Screen, plain


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("\x1b[6n", "\x1b[1;1R"),
        ("\x1b[999;999H\x1b[6n", "\x1b[24;80R"),
        ("\x1b[c", "\x1b[?6c"),
        ("\x1b[5n", "\x1b[0n"),
        ("\x1b[>c\x1b[>q\x1b[?2026$p\x1b[?6n\x1bP+q544e\x1b\\\x1b]11;?\x07", ""),
    ],
)
def test_answers(question: str, answer: str) -> None:
    assert Screen().feed(question.encode()).decode() == answer


@pytest.mark.parametrize("size", [1, 2, 3, 5, 100])
def test_sequences_are_not_text_however_they_are_cut(size: int) -> None:
    drawn = (
        "\x1b[?1049h\x1b[>1u\x1b[>4;2m\x1b[!p\x1b[?7h\x1b]0;title\x1b\\\x1bP1;2|no\x1b\\\x1b(B\x1b F"
        "\x1b[2;3H\x1b[38;2;1;2;3mGrüße\x1b[0m\x1b[<u\x1b[?25l\r\n│x│"
    ).encode()
    screen, pieces = Screen(), Pieces()
    text = ""
    for start in range(0, len(drawn), size):
        piece = drawn[start : start + size]
        screen.feed(piece)
        text += plain(pieces.feed(piece))
    assert screen.rows()[:4] == ["", "  Grüße", "│x│", ""]
    assert text == "Grüße\n│x│"


def test_leaving_a_full_screen_clears_it() -> None:
    screen = Screen()
    screen.feed(b"\x1b[?1049hBack up\x1b[?1049l$ ")
    assert screen.rows()[0] == "$"


def test_a_question_for_the_size_leaves_the_cursor_where_it_was() -> None:
    screen = Screen()
    assert screen.feed(b"$ \x1b[s\x1b[999;999H\x1b[6n\x1b[u") == b"\x1b[24;80R"
    screen.feed(b"rescue")
    assert screen.rows()[0] == "$ rescue"


def test_a_string_without_an_end_does_not_hide_what_follows() -> None:
    screen = Screen()
    screen.feed(b"\x1b]" + b"x" * 5000 + b"\r\nhere")
    assert screen.rows()[-1] == "here"


def test_keys() -> None:
    assert [terminal_key(name) for name in ("enter", "ctrl+c", "f1", "f5", "y")] == [
        "\r",
        "\x03",
        "\x1bOP",
        "\x1b[15~",
        "y",
    ]
    assert [keyboard_key(name) for name in ("enter", "ctrl+alt+f2", "Y", "_", "+")] == [
        ["ret"],
        ["ctrl", "alt", "f2"],
        ["shift", "y"],
        ["shift", "minus"],
        ["shift", "equal"],
    ]


def test_a_picture_has_texts_and_colours(tmp_path: Path) -> None:
    screen = Screen()
    screen.feed(b"\x1b[33;44mBack up\x1b[0m <here> \x1b[94mblue\x1b[38;2;1;2;3mown\x1b[0m")
    drawn = picture.save(screen, tmp_path / "docs/screen.svg", "Rescue").read_text()
    for part in ("Back&#160;up", "&lt;here&gt;", ">Rescue<", "#010203"):
        assert part in drawn, part


def test_a_larger_terminal_tells_its_size() -> None:
    assert Screen(120, 40).feed(b"\x1b[999;999H\x1b[6n") == b"\x1b[40;120R"
