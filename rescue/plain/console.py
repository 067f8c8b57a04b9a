"""Lines in and lines out: no cursor, no colours, nothing drawn again. Any terminal, any pipe, any screen reader."""

import asyncio
import io
import os
import termios
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from rescue.text import printable

WIDTH = 78
_NARROWEST = 20
_TERMINAL_LINES = 24
_BLOCK = 65536


class Console:
    """A person's input and output. It reads only while somebody waits for a line, so that a program to which the
    terminal is given gets what is typed for it. For one event loop."""

    def __init__(self, source: TextIO, target: TextIO) -> None:
        self._source, self._target = source, target
        self._descriptor = _descriptor(source)
        self._encoding = source.encoding or "utf-8"
        self._typed = b""
        self.ended = False

    def say(self, *lines: str) -> None:
        """Write lines, wrapped between words; what follows in a wrapped line is indented like its beginning."""
        for line in lines:
            self._write(*wrapped(printable(line), self.width))
        self._target.flush()

    def say_whole(self, *lines: str) -> None:
        """Write lines as they are, however long: for commands and texts that are to be typed."""
        self._write(*map(printable, lines))
        self._target.flush()

    def prompt(self, text: str) -> None:
        """Write a question; the answer is typed behind it."""
        *lines, last = wrapped(printable(text), self.width) or [""]
        self._write(*lines)
        self._target.write(f"{last} ")
        self._target.flush()

    async def line(self) -> str | None:
        """The next line that is typed, without its end; None at the end of the input, and ever after.

        A line without Enter at the end of the input does not count: nobody has sent it. May be cancelled.
        """
        line = self._plain_line() if self._descriptor is None else await self._typed_line(self._descriptor)
        if line is not None and not self._source.isatty():  # nothing else ends the line of the prompt
            self._write("")
        return line

    async def hidden_line(self) -> str | None:
        """The same, without echo where the input is a terminal."""
        with _no_echo(self._descriptor):
            return await self.line()

    @property
    def width(self) -> int:
        """Letters in a line: 78, or less where the terminal has less."""
        columns = _size(self._target).columns
        return min(WIDTH, max(_NARROWEST, columns - 1)) if columns else WIDTH

    @property
    def height(self) -> int | None:
        """Lines that are said before somebody asks for more; None where nobody waits for them, as in a file."""
        if not self._target.isatty():
            return None
        return max(8, (_size(self._target).lines or _TERMINAL_LINES) - 4)

    def _write(self, *lines: str) -> None:
        self._target.write("".join(f"{line}\n" for line in lines))

    async def _typed_line(self, descriptor: int) -> str | None:
        while b"\n" not in self._typed:
            await self._readable(descriptor)
            self._typed += self._block(descriptor)
            if self.ended:
                return None
        line, _, self._typed = self._typed.partition(b"\n")
        return line.rstrip(b"\r").decode(self._encoding, errors="replace")

    def _plain_line(self) -> str | None:
        """From a stream without a descriptor, which never makes anybody wait."""
        line = "" if self.ended else self._source.readline()
        self.ended = not line.endswith("\n")
        return None if self.ended else line.rstrip("\r\n")

    async def _readable(self, descriptor: int) -> None:
        """Return when there is something to read, or the end."""
        loop = asyncio.get_running_loop()
        ready = loop.create_future()
        try:
            loop.add_reader(descriptor, lambda: None if ready.done() else ready.set_result(None))
        except PermissionError:  # a file: never waits (epoll_ctl(2), EPERM)
            return
        try:
            await ready
        finally:
            loop.remove_reader(descriptor)

    def _block(self, descriptor: int) -> bytes:
        try:
            data = os.read(descriptor, _BLOCK)
        except OSError:  # the terminal was closed
            data = b""
        self.ended = self.ended or not data
        return data


def wrapped(line: str, width: int) -> list[str]:
    """The line in pieces of at most `width` letters, cut between words where that is possible."""
    indent = line[: len(line) - len(line.lstrip())][: width // 2]
    pieces = textwrap.wrap(line.strip(), width, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False)
    return pieces or [""]


def _descriptor(stream: TextIO) -> int | None:
    try:
        return stream.fileno()
    except (io.UnsupportedOperation, OSError):
        return None


def _size(stream: TextIO) -> os.terminal_size:
    """The size of the terminal; zeros where it is none, or does not tell."""
    try:
        return os.get_terminal_size(stream.fileno())
    except (OSError, ValueError):
        return os.terminal_size((0, 0))


@contextmanager
def _no_echo(descriptor: int | None) -> Iterator[None]:
    """Show nothing of what is typed but Enter, while the block runs."""
    if descriptor is None or not os.isatty(descriptor):
        yield
        return
    former = termios.tcgetattr(descriptor)
    quiet = list(former)
    quiet[3] = (quiet[3] & ~termios.ECHO) | termios.ECHONL
    try:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, quiet)
        yield
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, former)
