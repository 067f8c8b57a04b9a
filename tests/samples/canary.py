"""The canary trees: files with every property that an image must bring back, the same on every machine.

About 400 files and 10 MB: an emulated processor hashes no more than a few megabytes a second.
"""

from __future__ import annotations

import os
import random
from pathlib import Path

from tests.samples.process import run

_SCRIPT = Path(__file__).parent / "installed/usr/local/sbin/rescue-canary"
_SIZES = (0, 1, 511, 512, 4095, 4096, 4097, 10_000, 65_536, 70_001)
_NAMES = ("Grüße.txt", "日本語.txt", "with space", "-dash", "trailing ", "*?", "new\nline", "é", "e\u0301", "x" * 255)
_MODES = (0o600, 0o644, 0o4755, 0o2750, 0o1777, 0o000, 0o444)
_OWNERS = ((0, 0), (1000, 1000), (65534, 12), (4_000_000, 4_000_001))
_EPOCH_NS = 1_000_000_000 * 10**9


def plant(root: Path) -> None:
    """Make /srv/canary and /home/canary below `root`, a mounted ext4 tree. Needs root for owners."""
    for seed, place in enumerate(("srv/canary", "home/canary")):
        tree = root / place
        tree.mkdir(parents=True)
        _fill(tree, random.Random(seed))
        _set_times(tree)


def canary_hash(root: Path) -> str:
    """Return the hash of the canary trees below `root`, computed by the very script that the sample system runs."""
    return run(str(_SCRIPT), str(root)).strip()


def _fill(tree: Path, source: random.Random) -> None:
    _regular_files(tree / "files", source)
    _odd_names(tree / "names", source)
    _links(tree / "links", source)
    _sparse(tree / "sparse", source)
    _attributes(tree / "attributes", source)
    _metadata(tree / "metadata", source)


def _regular_files(base: Path, source: random.Random) -> None:
    for number in range(150):
        folder = base / f"{number % 12:02}" / f"{number % 5}"
        folder.mkdir(parents=True, exist_ok=True)
        size = _SIZES[number % len(_SIZES)]
        # Every third file compresses well, so that both kinds of chunk occur.
        content = b"canary\n" * (size // 7 + 1) if number % 3 == 0 else source.randbytes(size)
        (folder / f"file-{number}").write_bytes(content[:size])
    (base / "large").write_bytes(source.randbytes(1_000_001))


def _odd_names(base: Path, source: random.Random) -> None:
    base.mkdir()
    for name in _NAMES:
        (base / name).write_bytes(source.randbytes(100))
    Path(os.fsdecode(os.fsencode(base) + b"/latin-1-\xe9")).write_bytes(b"not UTF-8")


def _links(base: Path, source: random.Random) -> None:
    base.mkdir()
    for number in range(12):
        target = base / f"target-{number}"
        target.write_bytes(source.randbytes(500))
        for copy in range(number % 4):
            (base / f"hard-{number}-{copy}").hardlink_to(target)
        (base / f"soft-{number}").symlink_to(target.name)
    (base / "dangling").symlink_to("/nowhere/at/all")
    # Longer than an ext4 inode holds, so it lies in a block of its own.
    (base / "long").symlink_to("x/" * 60)


def _sparse(base: Path, source: random.Random) -> None:
    base.mkdir()
    with (base / "holes").open("wb") as file:
        for offset in (0, 300_000, 1 << 20):
            file.seek(offset)
            file.write(source.randbytes(5000))
        file.truncate(2 << 20)


def _attributes(base: Path, source: random.Random) -> None:
    base.mkdir()
    # The largest fills one block of an ext4 file system with blocks of 1 KiB.
    for number, size in enumerate((1, 40, 300, 900)):
        path = base / f"attribute-{number}"
        path.write_bytes(b"attributes")
        os.setxattr(path, "user.canary", source.randbytes(size))
    os.setxattr(base, "user.folder", b"of a directory")


def _metadata(base: Path, source: random.Random) -> None:
    base.mkdir()
    for number, mode in enumerate(_MODES):
        path = base / f"mode-{mode:04o}"
        path.write_bytes(source.randbytes(64))
        os.chown(path, *_OWNERS[number % len(_OWNERS)])
        path.chmod(mode)
    os.mkfifo(base / "fifo")
    (base / "empty directory").mkdir(mode=0o700)


def _set_times(tree: Path) -> None:
    """Give every entry its own time, children before their directory; some lie before 1970 and after 2038."""
    paths = sorted(tree.rglob("*"), key=lambda path: (-len(path.parts), os.fsencode(path)))
    for number, path in enumerate((*paths, tree)):
        stamp = (number % 5 - 1) * _EPOCH_NS + number * 1_000_000_007
        os.utime(path, ns=(stamp, stamp), follow_symlinks=False)
