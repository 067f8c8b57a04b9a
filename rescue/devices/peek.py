"""Read one small file out of a file system that is not mounted: no journal replay, no kernel driver, no trace left."""

import re
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

from rescue.errors import RescueError
from rescue.process import run

_TIMEOUT_SECONDS = 10.0
_HEX_LINE = re.compile(r"^[0-9a-f]+: ((?: [0-9a-f]{2}){1,16})  ", re.MULTILINE)
_SIZE = re.compile(r"^core\.size = (\d+)$", re.MULTILINE)

# Where distributions put the root of the system: plain, Ubuntu, Debian, Fedora, openSUSE.
_BTRFS_ROOTS = ("", "@/", "@rootfs/", "root/", "@/.snapshots/1/snapshot/")


def first_file(device: str, fstype: str, names: Iterable[str]) -> bytes | None:
    """Content of the first of these files that is there and not empty; None where none is, or nobody can read `fstype`.

    Paths are relative to the root of the file system. A failure to read counts as absence.
    """
    reader = _READERS.get(fstype)
    if reader is None:
        return None
    return next((content for name in names if (content := _attempt(reader, device, name))), None)


def has_file(device: str, fstype: str, names: Iterable[str]) -> bool:
    """True when one of these files is on the NTFS volume; False for any other file system."""
    return fstype == "ntfs" and any(_attempt(_ntfs_entry, device, name) for name in names)


def _attempt(reader: Callable[[str, str], bytes], device: str, name: str) -> bytes:
    try:
        return reader(device, name)
    except (RescueError, OSError):
        return b""


def _ext(device: str, name: str) -> bytes:
    """`-c` leaves the bitmaps alone, which takes long on a large disk and is of no use here."""
    return run(["debugfs", "-c", "-R", f"cat /{name}", device], timeout=_TIMEOUT_SECONDS).stdout


def _xfs(device: str, name: str) -> bytes:
    """xfs_db shows the first block of the file in hexadecimal; a symbolic link has no such block."""
    commands = (f"path /{name}", "print core.size", "dblock 0", "type text", "print")
    options = [word for command in commands for word in ("-c", command)]
    listing = run(["xfs_db", "-r", *options, device], timeout=_TIMEOUT_SECONDS).text
    size = _SIZE.search(listing)
    data = b"".join(bytes.fromhex(line) for line in _HEX_LINE.findall(listing))
    return data[: int(size[1])] if size else b""


def _btrfs(device: str, name: str) -> bytes:
    """`btrfs restore` copies the file out of every subvolume that may be the root of the system."""
    with tempfile.TemporaryDirectory() as directory:
        run(
            [
                "btrfs",
                "restore",
                "--path-regex",
                _path_regex([root + name for root in _BTRFS_ROOTS]),
                device,
                directory,
            ],
            timeout=_TIMEOUT_SECONDS,
        )
        found = (Path(directory, root, name) for root in _BTRFS_ROOTS)
        return next((file.read_bytes() for file in found if file.is_file() and not file.is_symlink()), b"")


def _path_regex(paths: list[str]) -> str:
    """`btrfs restore` goes into a directory only when the expression matches its path too."""
    places = {"/".join(path.split("/")[:depth]) for path in paths for depth in range(path.count("/") + 2)}
    return f"^/({'|'.join(re.escape(place) for place in sorted(places))})$"


def _ntfs(device: str, name: str) -> bytes:
    """`--force` reads a volume that is mounted, hibernated or unclean too; ntfscat opens it read-only."""
    return run(["ntfscat", "--force", "--quiet", device, name], timeout=_TIMEOUT_SECONDS).stdout


def _ntfs_entry(device: str, name: str) -> bytes:
    return run(["ntfsls", "--force", "--path", name, device], timeout=_TIMEOUT_SECONDS).stdout


_READERS: dict[str, Callable[[str, str], bytes]] = {
    "ext2": _ext,
    "ext3": _ext,
    "ext4": _ext,
    "xfs": _xfs,
    "btrfs": _btrfs,
    "ntfs": _ntfs,
}

READABLE = frozenset(_READERS)
"""File systems out of which a file can be read."""
