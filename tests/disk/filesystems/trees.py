"""Trees of real files for tests: plant one in a mounted file system, and picture what is there, down to metadata.

Standard library only, and runnable as a program, so that a guest system can use it.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import stat
import sys
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

KIB = 1024
STALE = b"STALE-DATA-OF-A-DELETED-FILE/"


@dataclass(frozen=True)
class Traits:
    """What a file system can keep of a file."""

    owners: bool = True
    links: bool = True
    xattrs: bool = True
    sparse: bool = True
    times_ns: int = 1
    large_kib: int = 6000
    rounds: int = 60


_TWO_SECONDS = 2_000_000_000
_BARE = Traits(owners=False, links=False, xattrs=False, sparse=False, times_ns=_TWO_SECONDS, large_kib=3000, rounds=12)
TRAITS = {
    "posix": Traits(),
    "f2fs": Traits(rounds=12),
    "ntfs": Traits(owners=False, times_ns=100),
    "exfat": replace(_BARE, rounds=60),
    "fat": _BARE,
    "fat12": replace(_BARE, large_kib=500),
    "hfsplus": Traits(sparse=False, xattrs=False, times_ns=1_000_000_000, large_kib=1500, rounds=12),
}


@dataclass(frozen=True)
class Entry:
    """One file, directory or link. `times` and `owner` are 0 where the file system does not keep them."""

    kind: str
    mode: int
    owner: tuple[int, int]
    mtime: int
    links: int
    size: int
    content: str
    xattrs: tuple[tuple[str, str], ...]


def plant(root: Path, traits: Traits = TRAITS["posix"], seed: int = 1) -> None:
    """Fill `root`: small and large files, a fragmented one, a sparse one, links, xattrs; then delete some of it."""
    rng = random.Random(seed)
    small = 300 if traits.large_kib > 1000 else 40
    _stale(root, traits)
    for number in range(small):
        folder = root / f"dir{number % 7}" / f"sub {number % 3} ä"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"small{number:04}.bin").write_bytes(rng.randbytes(rng.randrange(1, 9000)))
    (root / "large.bin").write_bytes(rng.randbytes(traits.large_kib * KIB))
    _fragmented(root, rng, traits)
    if traits.sparse:
        _sparse(root / "sparse.bin", rng)
    if traits.links:
        os.link(root / "large.bin", root / "hard-link.bin")
        (root / "soft-link").symlink_to("dir0/nowhere")
    for path in sorted(root.glob("dir*/*/*.bin"))[::4]:
        path.unlink()
    _decorate(root, rng, traits)


def _stale(root: Path, traits: Traits) -> None:
    """Leave recognisable bytes in blocks that are free afterwards."""
    path = root / "stale.bin"
    with path.open("wb") as stream:
        stream.write(STALE * (traits.large_kib * KIB // 2 // len(STALE)))
        stream.flush()
        os.fsync(stream.fileno())
    path.unlink()


def _fragmented(root: Path, rng: random.Random, traits: Traits) -> None:
    """Two files that grow in turns, each step on the disk before the next; then one of them goes."""
    with (root / "odd.bin").open("wb") as odd, (root / "even.bin").open("wb") as even:
        for _ in range(traits.rounds):
            for stream in (odd, even):
                stream.write(rng.randbytes(9 * KIB))
                stream.flush()
                os.fsync(stream.fileno())
    (root / "odd.bin").unlink()


def _sparse(path: Path, rng: random.Random) -> None:
    with path.open("wb") as stream:
        for megabyte in (1, 5, 17):
            stream.seek(megabyte * KIB * KIB)
            stream.write(rng.randbytes(5000))
        stream.truncate(20 * KIB * KIB)


def shred(root: Path, count: int) -> None:
    """Many small files with every other one deleted: free space in `count` / 2 pieces, so its trees grow levels."""
    folder = root / "shred"
    folder.mkdir()
    for number in range(count):
        (folder / f"{number:05}").write_bytes(number.to_bytes(2, "big") * 600)
        if number % 500 == 499:
            os.sync()
    for number in range(0, count, 2):
        (folder / f"{number:05}").unlink()


def _decorate(root: Path, rng: random.Random, traits: Traits) -> None:
    """Owners, modes, extended attributes, and times last, from the leaves to the root."""
    for path in sorted(root.rglob("*"), reverse=True):
        if path.is_symlink() or path.name in {"lost+found", "System Volume Information"}:
            continue
        if traits.xattrs and rng.random() < 0.2:
            os.setxattr(path, "user.note", rng.randbytes(rng.choice((8, 60, 700))))
        if traits.owners:
            os.chown(path, rng.randrange(3) * 1000, rng.randrange(3) * 100)
            path.chmod(rng.choice((0o644, 0o600, 0o755, 0o4755) if path.is_file() else (0o755, 0o700, 0o1777)))
        moment = rng.randrange(1_000_000_000, 1_700_000_000) * 10**9 + rng.randrange(10**9)
        os.utime(path, ns=(moment, moment))


def picture(root: Path, traits: Traits = TRAITS["posix"]) -> dict[str, Entry]:
    """Every entry below `root` by its relative path."""
    paths = sorted(path for path in root.rglob("*") if path.name not in {"lost+found", "System Volume Information"})
    return {str(path.relative_to(root)): _entry(path, traits) for path in paths}


def _entry(path: Path, traits: Traits) -> Entry:
    status = path.lstat()
    is_file = stat.S_ISREG(status.st_mode)
    return Entry(
        kind=stat.filemode(status.st_mode)[0],
        mode=stat.S_IMODE(status.st_mode),
        owner=(status.st_uid, status.st_gid) if traits.owners else (0, 0),
        mtime=status.st_mtime_ns // traits.times_ns,
        links=status.st_nlink if is_file else 1,
        size=status.st_size if is_file else 0,
        content=_content(path, status.st_mode),
        xattrs=_xattrs(path) if traits.xattrs else (),
    )


def _content(path: Path, mode: int) -> str:
    if stat.S_ISLNK(mode):
        return str(path.readlink())
    if not stat.S_ISREG(mode):
        return ""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        for piece in iter(lambda: stream.read(1 << 20), b""):
            digest.update(piece)
    return digest.hexdigest()


def _xattrs(path: Path) -> tuple[tuple[str, str], ...]:
    names = sorted(name for name in os.listxattr(path, follow_symlinks=False) if name.startswith("user."))
    return tuple((name, os.getxattr(path, name, follow_symlinks=False).hex()) for name in names)


def to_json(entries: dict[str, Entry]) -> str:
    """A picture as text, equal for equal trees."""
    return json.dumps({name: asdict(entry) for name, entry in entries.items()}, sort_keys=True, indent=1)


def from_json(text: str) -> dict[str, Entry]:
    """The picture of `to_json`."""
    return {name: _decoded(fields) for name, fields in json.loads(text).items()}


def _decoded(fields: dict[str, Any]) -> Entry:
    xattrs = tuple((name, value) for name, value in fields.pop("xattrs"))
    owner = tuple(fields.pop("owner"))
    return Entry(**fields, owner=(owner[0], owner[1]), xattrs=xattrs)


def main(argv: list[str]) -> None:
    """For a guest: `plant|picture OUT FAMILY=DIR…` writes a picture of each directory to `OUT/<number>.json`."""
    verb, out, *places = argv
    for number, place in enumerate(places):
        family, root = place.split("=")
        if verb == "plant":
            plant(Path(root), TRAITS[family])
        Path(out, f"{number}.json").write_text(to_json(picture(Path(root), TRAITS[family])))


if __name__ == "__main__":
    main(sys.argv[1:])
