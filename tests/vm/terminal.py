"""The terminal at the other end of a serial line: what it shows, and what it answers when it is asked."""

from __future__ import annotations

import codecs
import re
from typing import Protocol

import pyte

COLUMNS = 80
LINES = 24
# ECMA-48: control sequences, control strings (OSC, DCS, APC, PM, SOS), short escape sequences, and an escape by itself.
_SEQUENCE = re.compile(
    r"\x1b(?:\[(?P<parameters>[0-?]*)(?P<between>[ -/]*)(?P<final>[@-~])"
    r"|(?P<string>[\]PX^_])[^\x07\x1b]*(?:\x07|\x1b\\)"
    r"|(?P<short>[ -/]*)[0-OQ-WYZ\\`-~]"
    r"|)"
)
# The beginning of one at the end of the text.
_UNFINISHED = re.compile(r"\x1b(?:\[[0-?]*[ -/]*|[\]PX^_][^\x07\x1b]{0,4096}\x1b?|[ -/]*)\Z")
# Of the private sequences (`ESC [ ?`) these are the ones that the emulation knows how to tell from the public ones.
_PRIVATE = "hlJKc"
# Save and restore the cursor: the emulation knows the older of the two ways.
_CURSOR = {"s": "\x1b7", "u": "\x1b8"}
_ALTERNATE_SCREEN = ("?1049", "?47", "?1047")


class Terminal(Protocol):
    """What a serial port is connected to."""

    def feed(self, data: bytes) -> bytes:
        """Take what the guest wrote, and return what the terminal answers. Called in the serial port's thread."""
        ...

    def rows(self) -> list[str]:
        """What the screen shows, top to bottom, without trailing spaces; empty if it is not known here."""
        ...


class Screen(pyte.Screen):
    """A VT102, of 80x24 by default, that answers the guest's questions: where the cursor is, which terminal this is."""

    def __init__(self, columns: int = COLUMNS, lines: int = LINES) -> None:
        super().__init__(columns, lines)
        self._answers: list[str] = []
        self._pieces = Pieces()
        self._stream = pyte.Stream(self)

    def feed(self, data: bytes) -> bytes:
        """Show the text and return the answers to the questions in it."""
        self._stream.feed(_SEQUENCE.sub(_understood, self._pieces.feed(data)))
        answers = "".join(self._answers)
        self._answers.clear()
        return answers.encode()

    def rows(self) -> list[str]:
        """What the screen shows."""
        return [line.rstrip() for line in self.display]

    def write_process_input(self, data: str) -> None:
        """Collect an answer; `feed` returns it."""
        self._answers.append(data)


class Pieces:
    """Makes text of a stream of bytes in whatever pieces they come: no character and no control sequence is cut."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._rest = ""

    def feed(self, data: bytes) -> str:
        """Return the text up to the last complete sequence; the rest is kept for the next call."""
        text = self._rest + self._decoder.decode(data)
        unfinished = _UNFINISHED.search(text)
        end = unfinished.start() if unfinished else len(text)
        self._rest = text[end:]
        return text[:end]


def plain(text: str) -> str:
    """The text without control sequences and carriage returns."""
    return _SEQUENCE.sub("", text).replace("\r", "")


def _understood(sequence: re.Match[str]) -> str:
    """Leave out what the emulation would take for something else or show as text."""
    parameters, final = sequence["parameters"], sequence["final"]
    if final is None:
        return sequence[0] if sequence["short"] in ("", "(", ")", "#", "%") else ""
    if parameters in _ALTERNATE_SCREEN and final in "hl":
        return "\x1b[H\x1b[2J"  # there is one screen; what leaves it is gone
    if not parameters and final in _CURSOR:
        return _CURSOR[final]
    if sequence["between"] or parameters[:1] in ("<", "=", ">"):
        return ""
    return "" if parameters.startswith("?") and final not in _PRIVATE else sequence[0]
