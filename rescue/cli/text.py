"""What the commands print: lines for people, JSON for scripts."""

import io
import json
import sys
from typing import TextIO

from rescue.text import printable


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
