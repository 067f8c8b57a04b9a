"""The disk that is measured: GPT, ext4 and NTFS with the files of a system, half of the free space full of stale data.

Everything is drawn from /usr of this machine, directory after directory in an order that a hash decides, so that size,
kind and place of the files are those of a system and the same machine makes the same disk twice. Stale files are
written between the others and then deleted: the used blocks lie in pieces, as on a disk that has been used.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.samples.disk import MIB, fresh_image, make_ext4, mounted, write_table
from tests.samples.loop import attached, partition
from tests.samples.process import run

_TREE = Path("/usr")
_BATCHES = 20
_EXT4_PARTS, _NTFS_PARTS = 3, 2  # the used bytes are shared between the file systems as 3 : 2


@dataclass(frozen=True)
class Filesystem:
    """A partition of the sample and the partclone that reads it."""

    number: int
    name: str
    tool: str


FILESYSTEMS = (Filesystem(1, "ext4", "partclone.ext4"), Filesystem(2, "ntfs", "partclone.ntfs"))


def make_sample(image: Path, used: int) -> None:
    """Make the disk with `used` bytes of files in `image`."""
    shares = [used * parts // (_EXT4_PARTS + _NTFS_PARTS) for parts in (_EXT4_PARTS, _NTFS_PARTS)]
    sizes = [share * 21 // 10 // MIB for share in shares]  # about as much free as used, and the file system's own
    with fresh_image(image, (sum(sizes) + 4) * MIB) as fresh, attached(fresh) as device:
        write_table(device, "label: gpt", *(f"size={size}MiB" for size in sizes))
        make_ext4(partition(device, 1), "system")
        run("mkntfs", "--quick", "--quiet", "--label", "windows", partition(device, 2))
        tree = _shuffled(_TREE)
        for filesystem, share in zip(FILESYSTEMS, shares, strict=True):
            with opened(device, filesystem) as top:
                _fill(top, tree, share)


@contextmanager
def opened(device: str, filesystem: Filesystem) -> Iterator[Path]:
    """Mount a file system of the sample for writing."""
    node = partition(device, filesystem.number)
    if filesystem.name == "ext4":
        with mounted(node) as top:
            yield top
        return
    with TemporaryDirectory(prefix="bench-") as top:
        run("ntfs-3g", node, top)
        try:
            yield Path(top)
        finally:
            run("umount", top)


def change_files(device: str, percent: int, *, scattered: bool) -> int:
    """Overwrite `percent` of the files with other bytes of the same length; return how many bytes that were.

    Scattered: single files all over the tree. Else whole directories, as an update of packages does it.
    """
    return sum(_change(device, filesystem, percent, scattered=scattered) for filesystem in FILESYSTEMS)


def _change(device: str, filesystem: Filesystem, percent: int, *, scattered: bool) -> int:
    changed = 0
    with opened(device, filesystem) as top:
        files = sorted(path for path in top.rglob("*") if path.is_file() and not path.is_symlink())
        count = len(files) * percent // 100
        if scattered:
            chosen = sorted(files, key=lambda path: _digest(path.relative_to(top)))[:count]
        else:
            start = len(files) // 3
            chosen = files[start : start + count]
        for path in chosen:
            size = path.stat().st_size
            fresh = path.with_name(f"{path.name[:100]}.new")
            fresh.write_bytes(_other_bytes(path))
            fresh.replace(path)
            changed += size
    return changed


def _other_bytes(path: Path) -> bytes:
    """The file's bytes in another order of lines: other content that compresses like the old one."""
    return b"".join(sorted(path.read_bytes().splitlines(keepends=True), key=lambda line: hashlib.md5(line).digest()))  # noqa: S324


def _fill(top: Path, tree: Iterator[Path], share: int) -> None:
    """Write `share` bytes of files and half as many of stale files in turns, then delete the stale ones."""
    stale = top / "stale"
    stale.mkdir()
    kept = gone = 0
    for batch in range(1, _BATCHES + 1):
        kept += _copy(tree, top, share * batch // _BATCHES - kept, share // 8)
        gone += _copy(tree, stale, share // 2 * batch // _BATCHES - gone, share // 8)
        run("sync", "--file-system", str(top))
    shutil.rmtree(stale)


def _copy(tree: Iterator[Path], top: Path, budget: int, largest: int) -> int:
    """Copy files until `budget` bytes are there, none larger than `largest`; return how many it were."""
    copied = 0
    while copied < budget:
        source = next(tree)
        size = source.stat().st_size
        if size <= largest:
            target = top / source.relative_to(_TREE)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
            copied += size
    return copied


def _shuffled(tree: Path) -> Iterator[Path]:
    """Files of a tree; what is in one directory stays together, as an installer writes it."""
    yield from sorted(_files(tree), key=lambda path: (_digest(path.parent), path))


def _files(tree: Path) -> Iterator[Path]:
    for directory, _, names in os.walk(tree):
        for name in names:
            path = Path(directory, name)
            if path.is_file() and not path.is_symlink() and path.stat().st_size > 0:
                yield path


def _digest(path: Path) -> bytes:
    return hashlib.sha256(str(path).encode(errors="surrogateescape")).digest()
