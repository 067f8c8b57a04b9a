"""A disk as a bar to scale: pure functions from a disk to cells and colours.

Every piece carries a letter as well as a colour, for terminals without colours and eyes that do not tell them apart.
What is used of a piece is solid, the rest of it is lighter; a piece of which nobody knows that is solid. Only glyphs
that the Linux console's fonts have, and only the eight background colours that it has with them.
"""

from dataclasses import dataclass

from textual.content import Content

from rescue.devices.model import Disk, Partition
from rescue.language import _
from rescue.operations.facts import NOTHING, Facts

_SMALLEST_SHARE = 100  # free space below a hundredth of the disk is not drawn

_LINUX, _WINDOWS, _FAT, _MAC, _WRAPPED, _OTHER = (
    "$bar-linux",
    "$bar-windows",
    "$bar-fat",
    "$bar-mac",
    "$bar-wrapped",
    "$bar-other",
)
_KINDS = {
    "ext2": ("E", _LINUX),
    "ext3": ("E", _LINUX),
    "ext4": ("E", _LINUX),
    "xfs": ("X", _LINUX),
    "btrfs": ("B", _LINUX),
    "f2fs": ("2", _LINUX),
    "ntfs": ("N", _WINDOWS),
    "vfat": ("F", _FAT),
    "exfat": ("A", _FAT),
    "hfs": ("H", _MAC),
    "hfsplus": ("H", _MAC),
    "apfs": ("P", _MAC),
    "crypto_LUKS": ("L", _WRAPPED),
    "BitLocker": ("K", _WRAPPED),
    "LVM2_member": ("V", _WRAPPED),
    "linux_raid_member": ("R", _WRAPPED),
    "zfs_member": ("Z", _WRAPPED),
    "swap": ("S", _OTHER),
    "iso9660": ("I", _OTHER),
    "squashfs": ("Q", _OTHER),
}
_UNKNOWN = ("?", _OTHER)
_SHADE = "░"
_SMALLEST_SHADE = 2


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of the disk: a partition, the file system on the whole disk, or free space (no style, letter "·").

    `used` is how many of its bytes are in use; all of them where nobody knows.
    """

    size: int
    letter: str
    style: str
    label: str = ""
    used: int = 0

    @property
    def free(self) -> bool:
        """True where nothing is."""
        return not self.style


def kind(filesystem: str | None) -> tuple[str, str]:
    """Letter and style of a file system."""
    return _KINDS.get(filesystem or "", _UNKNOWN)


def pieces(disk: Disk, facts: Facts = NOTHING) -> list[Piece]:
    """What is on the disk, in the order of the disk."""
    if not disk.partitions and (disk.filesystem or disk.uses or not disk.readable):
        return [_piece(disk, "", facts)]
    found: list[Piece] = []
    end = 0
    for part in sorted(disk.partitions, key=lambda each: each.start):
        if part.is_extended:
            continue
        found += _gap(disk, end, part.start)
        found.append(_piece(part, f"{part.number} ", facts))
        end = max(end, part.start + part.size)
    return found + _gap(disk, end, disk.size)


def _piece(node: Disk | Partition, number: str, facts: Facts) -> Piece:
    name = node.filesystem.type if node.filesystem else None
    word = name or _("unknown")
    letter, style = kind(name)
    mark = "*" if node.uses else ""
    used = facts.used.get(node.path, node.size)
    return Piece(node.size, f"{letter}{mark}", style, f"{number}{word}{mark}", used)


def _gap(disk: Disk, start: int, end: int) -> list[Piece]:
    length = end - start
    return [Piece(length, "·", "")] if length * _SMALLEST_SHARE >= disk.size > 0 else []


def widths(sizes: list[int], smallest: list[int], total: int) -> list[int]:
    """Cells for each size, `total` together, none below its smallest. Where even these do not fit, the last are cut."""
    room, sum_of_sizes = total - sum(smallest), sum(sizes) or 1
    if room < 0:
        left = total
        return [min(least, max(0, left - sum(smallest[:place]))) for place, least in enumerate(smallest)]
    wanted = [max(0, size * total // sum_of_sizes - least) for size, least in zip(sizes, smallest, strict=True)]
    scale = sum(wanted) or 1
    cells = [least + more * room // scale for least, more in zip(smallest, wanted, strict=True)]
    cells[cells.index(max(cells))] += total - sum(cells)
    return cells


def draw(disk: Disk, width: int, facts: Facts = NOTHING) -> Content:
    """The bar, `width` cells wide."""
    parts = pieces(disk, facts)
    inner = max(1, width - 1)
    smallest = [1 if part.free else 1 + len(part.letter) for part in parts]
    cells = widths([part.size for part in parts], smallest, inner) if parts else []
    return Content.assemble(*[_drawn(part, count) for part, count in zip(parts, cells, strict=True) if count], "│")


def _drawn(part: Piece, cells: int) -> Content:
    """One piece: an edge, what fits of its label, and how full it is."""
    if part.free:
        text = " " + _("free") + " "
        text = text if cells > len(f"│·{text}·") else ""
        return Content("│" + (f"·{text}" if text else "").ljust(cells - 1, "·"))
    label = part.label if len(part.label) < cells - 1 else part.letter
    text = f"│{label}"[:cells]
    solid = solid_cells(part, cells)
    blank = " " if cells - len(text) > _SMALLEST_SHADE and len(text) >= solid else ""
    light = (text + blank).ljust(solid).ljust(cells, _SHADE)
    return Content.assemble((light[:solid], part.style), (light[solid:], f"{part.style}-free"))


def solid_cells(part: Piece, cells: int) -> int:
    """How many of its cells stand for what is used: the nearest number, but something is never nothing."""
    used = min(part.used, part.size)
    return max(min(1, used), (2 * cells * used + part.size) // (2 * part.size)) if part.size else cells
