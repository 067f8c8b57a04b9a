"""partclone as the reader of allocation structures: it writes the used blocks as a ddrescue domain map.

Read in its source (0.3.23 and 0.3.36, src/main.c, src/partclone.c): `-D` opens the source read-only, `-I` skips the
checks of the state flags (which our gate makes itself), `-F` would go on after every error and is never used. A map
line is `start size +` for used and `start size ?` for free; the lines touch each other from 0 to the last block of the
file system. Most failures go to stderr, some exit with 0.
"""

import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rescue import process
from rescue.extents import Extents
from rescue.filesystems.gate import demand
from rescue.filesystems.model import Bench, UnmappableError

_TIMEOUT_SECONDS = 6 * 3600.0
_SIGN_OF_FAILURE = re.compile(
    r"\b(fail\w*|error\w*|err|warn\w*|can't|couldn't|cannot|unable|bad|invalid|corrupt\w*|mismatch\w*|bug|broken|"
    r"wrong|not cleanly|unclean\w*|unknown|unsupported|damaged)\b",
    re.IGNORECASE,
)
_SUCCESS = "successfully"
_VERSION = re.compile(r"^# Domain logfile created by \S+ v(\S{1,32})\s*$")
_POSITION = re.compile(r"^0x[0-9A-Fa-f]{1,16}\s+\?\s*$")
_LINE = re.compile(r"^0x([0-9A-Fa-f]{1,16})\s+0x([0-9A-Fa-f]{1,16})\s+([+?])\s*$")


@dataclass(frozen=True, slots=True)
class DomainMap:
    """A parsed map: what is used, and the byte after the last block it speaks of."""

    used: Extents
    end: int
    version: str


def read_map(tool: str, path: str, end: int, bench: Bench) -> tuple[Extents, str]:
    """Used bytes of the file system at `path`, which ends at byte `end`, and the method's name.

    `tool` is the program ("partclone.ext4"). Takes one or two seconds whatever the size, because its progress thread
    sleeps. UnmappableError where it complains in any way, or where its map does not go from 0 to `end`.
    """
    with tempfile.TemporaryDirectory(dir=bench.scratch, prefix="partclone-") as directory:
        target = Path(directory, "map")
        argv = [tool, "-D", "-q", "-I", "--offset_domain=0", "-L", f"{directory}/log", "-s", path, "-o", str(target)]
        done = process.run(argv, allowed=range(256), timeout=_TIMEOUT_SECONDS, cancel=bench.cancel)
        _demand_clean(tool, done, path, directory)
        domain = parse(_text_of(tool, target))
    demand(domain.end == end, f"{tool} ends its map at byte {domain.end}, the file system ends at byte {end}.")
    return domain.used, f"{tool} {domain.version}"


def _demand_clean(tool: str, done: process.Completed, *paths: str) -> None:
    """Neither the exit status nor any word that it prints tells of trouble."""
    text = done.stderr.decode("utf-8", "replace")
    for path in paths:
        text = text.replace(path, "")
    for line in re.split(r"[\r\n]+", text):
        if _SIGN_OF_FAILURE.search(line):
            raise UnmappableError(f"{tool} says: {line.strip()[:300]}")
    demand(done.status == 0, f"{tool} ended with status {done.status}.")
    demand(_SUCCESS in text, f"{tool} does not report success.")


def _text_of(tool: str, target: Path) -> str:
    try:
        return target.read_text("ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise UnmappableError(f"{tool} wrote no readable map.") from error


def parse(text: str) -> DomainMap:
    """Read a domain map strictly; UnmappableError for anything that is not exactly one."""
    lines = text.split("\n")
    version = _VERSION.match(lines[0])
    body = [line for line in lines if line.strip() and not line.startswith("#")]
    if version is None or not body or not _POSITION.match(body[0]):
        raise UnmappableError("The map of used blocks has no proper head.")
    pieces = list(_pieces(body[1:]))
    demand(bool(pieces), "The map of used blocks is empty.")
    used = Extents((start, end) for start, end, is_used in pieces if is_used)
    return DomainMap(used, pieces[-1][1], version[1])


def _pieces(lines: list[str]) -> Iterator[tuple[int, int, bool]]:
    """Start, end and use of every line; each begins where the one before ends, the first at 0."""
    position = 0
    for line in lines:
        match = _LINE.match(line)
        if match is None:
            raise UnmappableError(f"The map of used blocks has a line that is none: {line[:80]!r}")
        start, length = int(match[1], 16), int(match[2], 16)
        end = start + length
        whole = start == position and length > 0 and end < 1 << 63
        demand(whole, f"The map of used blocks has a gap or an overlap at byte {start}.")
        yield start, end, match[3] == "+"
        position = end
