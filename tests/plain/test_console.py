"""Lines in and out: pipes, files, terminals; cut between words; nothing lost when nobody waits any more."""

import asyncio
import io
import os
import pty
import struct
import termios
from collections.abc import Iterator
from contextlib import contextmanager
from fcntl import ioctl
from pathlib import Path
from typing import Literal, TextIO

import pytest

from rescue.plain.console import Console, wrapped


@pytest.mark.parametrize(
    ("line", "width", "pieces"),
    [
        ("", 20, [""]),
        ("one two three", 8, ["one two", "three"]),
        ("   one two three", 9, ["   one", "   two", "   three"]),
        ("a " + "b" * 12, 8, ["a bbbbbb", "bbbbbb"]),
        ("well-known words", 12, ["well-known", "words"]),
        (" " * 40 + "deep", 20, [" " * 10 + "deep"]),
    ],
)
def test_lines_are_cut_between_words(line: str, width: int, pieces: list[str]) -> None:
    assert wrapped(line, width) == pieces


def test_what_moves_the_cursor_does_not_come_out() -> None:
    target = io.StringIO()
    console = Console(io.StringIO(), target)
    console.say("a\x1b[2Jb\nc", "x" * 100)
    console.say_whole("y" * 100 + "\r")
    console.prompt("ask?")
    assert target.getvalue() == f"a\ufffd[2Jb\ufffdc\n{'x' * 78}\n{'x' * 22}\n{'y' * 100}\ufffd\nask? "


@contextmanager
def pipe() -> Iterator[tuple[TextIO, int]]:
    ours, theirs = os.pipe()
    with os.fdopen(ours) as source:
        yield source, theirs


def test_lines_come_from_a_pipe_as_they_are_written() -> None:
    async def play(console: Console, end: int) -> list[str | None]:
        os.write(end, b"eins\r\nzwei\ndr")
        first = await console.line()
        second = await console.line()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await console.line()
        os.write(end, b"ei \xff\nnever sent")
        os.close(end)
        return [first, second, await console.line(), await console.line(), await console.line()]

    with pipe() as (source, end):
        console = Console(source, io.StringIO())
        assert asyncio.run(play(console, end)) == ["eins", "zwei", "drei \ufffd", None, None]
        assert console.ended


def test_lines_come_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "answers"
    path.write_text("1\n2\nnot sent")

    async def play(console: Console) -> list[str | None]:
        return [await console.line(), await console.line(), await console.line()]

    with path.open() as source:
        assert asyncio.run(play(Console(source, io.StringIO()))) == ["1", "2", None]


@contextmanager
def terminal(mode: Literal["r", "w"], rows: int = 24, columns: int = 80) -> Iterator[tuple[TextIO, int]]:
    ours, theirs = pty.openpty()
    ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    with os.fdopen(theirs, mode, encoding="utf-8") as stream:
        yield stream, ours
    os.close(ours)


def test_a_password_is_not_shown() -> None:
    with pty_console() as (console, ours):

        async def play() -> tuple[str | None, str | None, bytes]:
            asking = asyncio.create_task(console.hidden_line())
            await asyncio.sleep(0)  # it runs until it waits
            assert not termios.tcgetattr(ours)[3] & termios.ECHO
            os.write(ours, b"secret\n")
            secret = await asking
            os.write(ours, b"open\n")
            shown = await console.line()
            return secret, shown, os.read(ours, 1000)

        secret, shown, said = asyncio.run(play())
    assert (secret, shown) == ("secret", "open")
    assert said == b"\r\nopen\r\n"


@contextmanager
def pty_console() -> Iterator[tuple[Console, int]]:
    with terminal("r") as (stream, ours):
        yield Console(stream, io.StringIO()), ours


def test_the_echo_comes_back_when_nobody_waits_any_more() -> None:
    with pty_console() as (console, ours):

        async def play() -> None:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.01):
                    await console.hidden_line()

        asyncio.run(play())
        assert termios.tcgetattr(ours)[3] & termios.ECHO


def test_the_end_of_a_terminal() -> None:
    with pty_console() as (console, ours):
        os.write(ours, b"\x04")
        assert asyncio.run(console.line()) is None
        assert console.ended


@pytest.mark.parametrize(
    ("rows", "columns", "width", "height"), [(24, 80, 78, 20), (25, 40, 39, 21), (0, 0, 78, 20), (2, 3, 20, 8)]
)
def test_the_size_of_the_terminal(rows: int, columns: int, width: int, height: int) -> None:
    with terminal("w", rows, columns) as (stream, _):
        console = Console(io.StringIO(), stream)
        assert (console.width, console.height) == (width, height)


def test_nobody_waits_for_a_file() -> None:
    assert Console(io.StringIO(), io.StringIO()).height is None
