"""The known-bad cases of the canary: each property that is altered gives another hash."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.samples import canary
from tests.samples.disk import MIB, fresh_image, make_ext4, mounted
from tests.samples.loop import attached

pytestmark = pytest.mark.disk

HASH = "9f3eba0aaceb6224ea35008c4923968f78f90ac6fab3b2f0b56ae7d6ed01ce37"
FILE = "srv/canary/files/00/0/file-0"
LARGE = "srv/canary/files/large"


def _flip_a_bit(root: Path) -> None:
    path = root / LARGE
    status = path.stat()
    with path.open("r+b") as file:
        file.seek(500_000)
        byte = file.read(1)[0]
        file.seek(500_000)
        file.write(bytes([byte ^ 1]))
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def _break_a_hard_link(root: Path) -> None:
    name = root / "home/canary/links/hard-3-1"
    folder = name.parent.stat()
    status, content = name.stat(), name.read_bytes()
    name.unlink()
    name.write_bytes(content)
    os.utime(name, ns=(status.st_atime_ns, status.st_mtime_ns))
    os.utime(name.parent, ns=(folder.st_atime_ns, folder.st_mtime_ns))


def _turn_a_symlink(root: Path) -> None:
    link = root / "srv/canary/links/dangling"
    link.unlink()
    link.symlink_to("/somewhere/at/all")


ALTERATIONS: dict[str, Callable[[Path], object]] = {
    "content": _flip_a_bit,
    "mode": lambda root: (root / FILE).chmod(0o640),
    "owner": lambda root: os.chown(root / FILE, 7, 7),
    "time": lambda root: os.utime(root / FILE, ns=(0, 1)),
    "name": lambda root: (root / FILE).rename(root / "srv/canary/files/00/0/file-zero"),
    "loss": lambda root: (root / FILE).unlink(),
    "addition": lambda root: (root / "home/canary/links/more").touch(),
    "attribute": lambda root: os.setxattr(root / "srv/canary/attributes/attribute-3", "user.canary", b"other"),
    "hard link": _break_a_hard_link,
    "symlink": _turn_a_symlink,
}


@pytest.fixture
def tree(tmp_path: Path) -> Iterator[Path]:
    """Yield a mounted ext4 file system with the canary trees."""
    path = tmp_path / "canary.img"
    with fresh_image(path, 64 * MIB) as image, attached(image) as device:
        make_ext4(device, "canary")
        with mounted(device) as root:
            canary.plant(root)
            yield root


@pytest.mark.parametrize("alteration", ALTERATIONS)
def test_an_alteration_gives_another_hash(tree: Path, alteration: str) -> None:
    before = canary.canary_hash(tree)
    ALTERATIONS[alteration](tree)
    assert canary.canary_hash(tree) != before


def test_the_hash_is_the_same_on_every_machine(tree: Path) -> None:
    assert canary.canary_hash(tree) == HASH
