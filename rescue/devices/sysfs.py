"""Block devices in sysfs: the kernel's own word on sizes, partitions, holders and backing files.

Sources: Documentation/ABI/stable/sysfs-block and Documentation/block/queue-sysfs.rst of the kernel. Attributes
`size` and `start` count units of 512 bytes, whatever the sector size.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

SYSFS = Path("/sys")
DEV = Path("/dev")
_UNIT = 512
_DELETED = " (deleted)"


@dataclass(frozen=True, slots=True)
class Block:
    """The directory of one block device. Attributes are read anew each time, and are empty once the device has gone."""

    directory: Path

    @classmethod
    def numbered(cls, number: int, root: Path = SYSFS) -> Block | None:
        """The device with that number (`st_rdev`), None where the kernel has none."""
        link = root / "dev/block" / f"{os.major(number)}:{os.minor(number)}"
        return cls(link.resolve()) if link.exists() else None

    @classmethod
    def at(cls, path: str, root: Path = SYSFS) -> Block | None:
        """The device whose node is at `path`, through links; None where there is no block device."""
        try:
            status = Path(path).stat()
        except (OSError, ValueError):
            return None
        return cls.numbered(status.st_rdev, root) if stat.S_ISBLK(status.st_mode) else None

    @property
    def name(self) -> str:
        """The kernel's name."""
        return self.directory.name

    @property
    def node(self) -> str:
        """Path of the device node. A "!" in a kernel name is a "/" in /dev."""
        return str(DEV / self.name.replace("!", "/"))

    def text(self, attribute: str) -> str:
        """Content of an attribute without the blanks around it; empty where the device does not have it."""
        return self.content(attribute).decode(errors="replace").strip("\0 \t\n")

    def content(self, attribute: str) -> bytes:
        """Bytes of an attribute; empty where the device does not have it."""
        try:
            return (self.directory / attribute).read_bytes()
        except OSError:
            return b""

    def count(self, attribute: str, default: int = 0) -> int:
        """An attribute that is a number."""
        text = self.text(attribute)
        return int(text) if text.isdecimal() else default

    @property
    def number(self) -> int:
        """The device number, as `st_rdev`; 0 once the device has gone."""
        major, _, minor = self.text("dev").partition(":")
        return os.makedev(int(major), int(minor)) if major and minor else 0

    @property
    def size(self) -> int:
        """Bytes on the device; 0 once it has gone."""
        return self.count("size") * _UNIT

    @property
    def start(self) -> int:
        """Byte of the disk at which the partition begins."""
        return self.count("start") * _UNIT

    @property
    def read_only(self) -> bool:
        """True when the kernel refuses writes."""
        return self.count("ro") == 1

    @property
    def partition_number(self) -> int:
        """Number of the partition, 0 for a whole disk."""
        return self.count("partition")

    @property
    def disk(self) -> Block:
        """The whole disk of a partition; a disk itself."""
        return Block(self.directory.parent) if self.partition_number else self

    def partitions(self) -> list[Block]:
        """Partitions by number."""
        blocks = [Block(entry.parent) for entry in self.directory.glob("*/partition")]
        return sorted(blocks, key=lambda block: block.partition_number)

    def holders(self) -> list[Block]:
        """Devices that the kernel stacks on this one: device-mapper, md, bcache."""
        return self._linked("holders")

    def slaves(self) -> list[Block]:
        """Devices on which this one is stacked."""
        return self._linked("slaves")

    def _linked(self, directory: str) -> list[Block]:
        try:
            return [Block(link.resolve()) for link in sorted((self.directory / directory).iterdir())]
        except OSError:
            return []

    @property
    def backing_file(self) -> str | None:
        """The file, or device node, behind a loop device that is attached."""
        return self.text("loop/backing_file").removesuffix(_DELETED) or None


def all_blocks(root: Path = SYSFS) -> Iterator[Block]:
    """Every block device that the kernel has now."""
    for link in sorted((root / "class/block").iterdir()):
        yield Block(link.resolve())


def btrfs_members(name: str, root: Path = SYSFS) -> list[str]:
    """Kernel names of all devices of the mounted Btrfs that has the device `name`; a mount names only one of them."""
    for link in (root / "fs/btrfs").glob(f"*/devices/{name}"):
        return sorted(entry.name for entry in link.parent.glob("*"))
    return []
