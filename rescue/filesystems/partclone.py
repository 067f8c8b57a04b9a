"""partclone as the reader of allocation structures: it writes the used blocks as a ddrescue domain map.

Read in its source (0.3.23 and 0.3.36, src/main.c, src/partclone.c): `-D` opens the source read-only, `-I` skips the
checks of the state flags (which our gate makes itself), `-F` would go on after every error and is never used, `-f 0`
takes two seconds of sleep out of the thread that shows the progress, which the end of the program waits for. A map line
is `start size +` for used and `start size ?` for free; the lines touch each other from 0 to the last block of the file
system. Most failures go to stderr, some exit with 0.
"""

import re
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from rescue import process
from rescue.extents import Extents
from rescue.filesystems.gate import demand
from rescue.filesystems.model import Bench, UnmappableError
from rescue.language import _

_TIMEOUT_SECONDS = 6 * 3600.0
_SIGN_OF_FAILURE = re.compile(
    r"\b(fail\w*|error\w*|err|warn\w*|can't|couldn't|cannot|unable|bad|invalid|corrupt\w*|mismatch\w*|bug|broken|"
    r"wrong|mounted|not cleanly|unclean\w*|unknown|unsupported|damaged)\b",
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

    `tool` is the program ("partclone.ext4"). UnmappableError where it complains in any way, or where its map does not
    go from 0 to `end`.
    """
    with tempfile.TemporaryDirectory(dir=bench.scratch, prefix="partclone-") as directory:
        target = Path(directory, "map")
        options = ["-D", "-q", "-I", "-f", "0", "--offset_domain=0", "-L", f"{directory}/log"]
        done = process.run(
            [tool, *options, "-s", path, "-o", str(target)],
            allowed=range(256),
            timeout=_TIMEOUT_SECONDS,
            cancel=bench.cancel,
        )
        _demand_clean(tool, done, path, directory)
        domain = _read(tool, target)
    demand(
        domain.end == end,
        _("{tool} ends its map at byte {found}, the file system ends at byte {end}.").format(
            tool=tool, found=domain.end, end=end
        ),
    )
    return domain.used, f"{tool} {domain.version}"


def _demand_clean(tool: str, done: process.Completed, *paths: str) -> None:
    """Neither the exit status nor any word that it prints tells of trouble."""
    text = done.stderr.decode("utf-8", "replace")
    for path in paths:
        text = text.replace(path, "")
    for line in re.split(r"[\r\n]+", text):
        if _SIGN_OF_FAILURE.search(line):
            raise UnmappableError(_("{tool} says: {words}").format(tool=tool, words=line.strip()[:300]))
    demand(done.status == 0, _("{tool} ended with status {status}.").format(tool=tool, status=done.status))
    demand(_SUCCESS in text, _("{tool} does not report success.").format(tool=tool))


def _read(tool: str, target: Path) -> DomainMap:
    try:
        with target.open(encoding="ascii") as lines:
            return parse(lines)
    except (OSError, UnicodeDecodeError) as error:
        raise UnmappableError(_("{tool} wrote no readable map.").format(tool=tool)) from error


def parse(lines: Iterable[str]) -> DomainMap:
    """Read a domain map strictly, line by line; UnmappableError for anything that is not exactly one."""
    stream = iter(lines)
    version = _VERSION.match(next(stream, ""))
    body = (line for line in stream if line.strip() and not line.startswith("#"))
    if version is None or not _POSITION.match(next(body, "")):
        raise UnmappableError(_("The map of used blocks has no proper head."))
    pieces = _Pieces(body)
    used = Extents(pieces.used())
    demand(pieces.end > 0, _("The map of used blocks is empty."))
    return DomainMap(used, pieces.end, version[1])


class _Pieces:
    """The lines of a map, each beginning where the one before ends, the first at 0. `end` is known after the last."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self.end = 0

    def used(self) -> Iterator[tuple[int, int]]:
        """Start and end of every used range."""
        for line in self._lines:
            match = _LINE.match(line)
            if match is None:
                raise UnmappableError(
                    _("The map of used blocks has a line that is none: {line!r}").format(line=line[:80])
                )
            start, length = int(match[1], 16), int(match[2], 16)
            if start != self.end or length <= 0 or start + length >= 1 << 63:
                text = _("The map of used blocks has a gap or an overlap at byte {start}.")
                raise UnmappableError(text.format(start=start))
            self.end = start + length
            if match[3] == "+":
                yield start, self.end
