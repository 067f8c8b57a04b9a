"""What the sample disks share: what one is, file systems, and images that are there whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from tests.samples import loop
from tests.samples.process import run

MIB = 1 << 20
GIB = 1 << 30


class Firmware(Enum):
    """What starts a system; SECURE is UEFI that starts only what is signed with a key it knows."""

    BIOS = "bios"
    UEFI = "uefi"
    SECURE = "secure"


@dataclass(frozen=True)
class SampleDisk:
    """A raw disk image with an installed system, and what that system has to say of itself after booting."""

    path: Path
    firmware: Firmware
    canary: str
    root_uuid: str
    description: str


@contextmanager
def fresh_image(path: Path, size: int) -> Iterator[Path]:
    """Yield a sparse file of `size` bytes beside `path` that takes the name `path` when the body succeeds."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.name}-") as scratch:
        image = Path(scratch, path.name)
        image.touch()
        os.truncate(image, size)
        yield image
        image.replace(path)


@contextmanager
def mounted(device: str, *, at: Path | None = None) -> Iterator[Path]:
    """Mount the ext4 file system of `device` at `at` or in a new directory, and unmount it on leaving."""
    with tempfile.TemporaryDirectory(prefix="sample-") as scratch:
        place = at or Path(scratch)
        run("mount", "-t", "ext4", device, str(place))
        try:
            yield place
        finally:
            run("umount", str(place))


def write_table(device: str, *lines: str) -> None:
    """Write a partition table in sfdisk's script language to `device`, and wait for the partitions."""
    run("sfdisk", "--quiet", "--no-reread", "--no-tell-kernel", "--wipe=always", device, text="\n".join(lines) + "\n")
    loop.settle(device)


def make_ext4(device: str, label: str) -> str:
    """Make an ext4 file system and return its UUID."""
    run("mkfs.ext4", "-q", "-F", "-L", label, device)
    return uuid_of(device)


def make_swap(device: str) -> str:
    """Make a swap area and return its UUID."""
    run("mkswap", "--label", "swap", device)
    return uuid_of(device)


def uuid_of(device: str) -> str:
    """Return the UUID of what is on `device`, read from the device and not from a cache."""
    return run("blkid", "--probe", "--match-tag", "UUID", "--output", "value", device).strip()


def make_blank(path: Path, size: int = 2 * GIB) -> Path:
    """Make an empty disk: a sparse file of zeros."""
    with fresh_image(path, size):
        return path


def make_backup_drive(path: Path, size: int = 4 * GIB) -> Path:
    """Make a drive to keep backups on: GPT, one ext4 partition labelled BACKUP."""
    with fresh_image(path, size) as image, loop.attached(image) as device:
        write_table(device, "label: gpt", "name=backup")
        make_ext4(loop.partition(device, 1), "BACKUP")
    return path
