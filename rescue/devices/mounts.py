"""What is mounted and what swaps: /proc/self/mountinfo and /proc/swaps, parsed. Format: proc(5)."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

MOUNTINFO = Path("/proc/self/mountinfo")
SWAPS = Path("/proc/swaps")
_OCTAL = re.compile(rb"\\([0-7]{3})")
_DELETED = " (deleted)"


@dataclass(frozen=True, slots=True)
class Mount:
    """One mount. `device` is 0:n for file systems without a block device and for Btrfs; `source` then says more."""

    device: int
    point: str
    fstype: str
    source: str
    read_only: bool
    options: tuple[str, ...] = ()

    @property
    def has_device_number(self) -> bool:
        """True when `device` is the number of a block device."""
        return os.major(self.device) != 0

    def option(self, name: str) -> str | None:
        """Value of an option of the file system, as "upperdir" of an overlay."""
        return next((text.partition("=")[2] for text in self.options if text.startswith(f"{name}=")), None)


def read_mounts() -> list[Mount]:
    """Mounts of this mount namespace, in the order in which they were made."""
    return parse_mountinfo(MOUNTINFO.read_bytes())


def parse_mountinfo(text: bytes) -> list[Mount]:
    """Mounts from the text of a mountinfo file; lines that are cut off are left out."""
    return [mount for line in text.splitlines() if (mount := _parse_mount(line)) is not None]


def _parse_mount(line: bytes) -> Mount | None:
    fields = line.split(b" ")
    if b"-" not in fields[6:]:
        return None
    fstype, source, options = (*fields[fields.index(b"-", 6) + 1 :], b"", b"", b"")[:3]
    major, _, minor = fields[2].partition(b":")
    return Mount(
        device=os.makedev(int(major), int(minor)),
        point=_unescape(fields[4]),
        fstype=_unescape(fstype),
        source=_unescape(source),
        read_only=b"ro" in options.split(b","),
        options=tuple(_unescape(option) for option in options.split(b",")),
    )


def read_swaps() -> list[str]:
    """Paths of active swap spaces: device nodes and files."""
    try:
        return parse_swaps(SWAPS.read_bytes())
    except FileNotFoundError:  # a kernel without swap
        return []


def parse_swaps(text: bytes) -> list[str]:
    """Paths from the text of a swaps file; the first line is its heading."""
    return [_unescape(line.split()[0]).removesuffix(_DELETED) for line in text.splitlines()[1:] if line.strip()]


def _unescape(text: bytes) -> str:
    """The kernel writes blank, tab, newline, backslash and # in octal."""
    return os.fsdecode(_OCTAL.sub(lambda found: bytes([int(found[1], 8) & 0xFF]), text))
