"""Text from disks and repositories on its way to a terminal: labels and names are anybody's bytes."""

import io
import json
import sys
from typing import TextIO

_UNKNOWN = "�"


def printable(text: str) -> str:
    """One line without control characters: no label moves the cursor, clears the screen or hides a line."""
    return "".join(letter if letter.isprintable() else _UNKNOWN for letter in text)


def say(*lines: str) -> None:
    """Print lines for people."""
    for line in lines:
        print(printable(line))


def say_json(document: object) -> None:
    """Print one line of JSON for scripts, in the letters that standard output has."""
    plain = (sys.stdout.encoding or "").lower().replace("-", "") != "utf8"
    print(json.dumps(document, ensure_ascii=plain), flush=True)


def accept_any_text(*streams: TextIO) -> None:
    """No letter stops the program: what a stream's encoding does not know is written, or read, as a substitute."""
    for stream in streams:
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace" if stream.readable() else "backslashreplace")
