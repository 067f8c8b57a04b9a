"""What uses the block devices now: mounts, swap spaces, holders and loop devices on top of a device."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rescue.devices.location import mounted_blocks
from rescue.devices.model import Use, UseKind
from rescue.devices.mounts import read_mounts, read_swaps
from rescue.devices.sysfs import Block, all_blocks

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class UseTable:
    """Uses by device number, read once for many devices. Mounts of other mount namespaces are not seen."""

    by_number: dict[int, tuple[Use, ...]]

    @classmethod
    def read(cls) -> UseTable:
        """The uses at this moment."""
        found: defaultdict[int, list[Use]] = defaultdict(list)
        for number, use in (*_mounts(), *_swaps(), *_loops()):
            found[number].append(use)
        return cls({number: tuple(uses) for number, uses in found.items()})

    def of(self, block: Block) -> tuple[Use, ...]:
        """Uses of one disk or partition itself."""
        return (*self.by_number.get(block.number, ()), *map(_held_by, block.holders()))

    def of_all(self, block: Block) -> tuple[Use, ...]:
        """Uses of a disk and of its partitions; or of a partition and of its disk itself."""
        others = block.partitions() if block.disk == block else [block.disk]
        return tuple(use for each in (block, *others) for use in self.of(each))


def _mounts() -> Iterator[tuple[int, Use]]:
    for mount in read_mounts():
        for block in mounted_blocks(mount):
            yield block.number, Use(UseKind.MOUNT, mount.point, mount.read_only)


def _swaps() -> Iterator[tuple[int, Use]]:
    for path in read_swaps():
        if (block := Block.at(path)) is not None:
            yield block.number, Use(UseKind.SWAP, "")


def _loops() -> Iterator[tuple[int, Use]]:
    """A loop device may lie on a disk or partition instead of a file; the kernel does not list it as holder."""
    for block in all_blocks():
        backing = block.backing_file
        if backing is not None and (below := Block.at(backing)) is not None:
            yield below.number, _held_by(block)


def _held_by(block: Block) -> Use:
    title = block.text("dm/name")
    return Use(UseKind.HOLDER, f"{block.node} ({title})" if title else block.node, block.read_only)
