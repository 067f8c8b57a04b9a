"""A disk as a bar to scale: pure functions from a disk to cells and colours.

Every piece carries a letter as well as a colour, for terminals without colours and eyes that do not tell them apart.
Only glyphs that the Linux console's fonts have, and only the eight background colours that it has with them.
"""

from dataclasses import dataclass

from textual.content import Content

from rescue.devices.model import Disk, Partition

_EXTENDED = ("0x5", "0xf", "0x85")  # MBR: a frame around other partitions
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


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of the disk: a partition, the file system on the whole disk, or free space (no style, letter "·")."""

    size: int
    letter: str
    style: str
    label: str = ""

    @property
    def free(self) -> bool:
        """True where nothing is."""
        return not self.style


def kind(filesystem: str | None) -> tuple[str, str]:
    """Letter and style of a file system."""
    return _KINDS.get(filesystem or "", _UNKNOWN)


def is_frame(part: Partition) -> bool:
    """True for an extended partition, which holds others and nothing else."""
    return (part.type or "").lower() in _EXTENDED


def pieces(disk: Disk) -> list[Piece]:
    """What is on the disk, in the order of the disk."""
    if not disk.partitions and (disk.filesystem or disk.uses or not disk.readable):
        return [_piece(disk.size, disk.filesystem.type if disk.filesystem else None, "", in_use=bool(disk.uses))]
    found: list[Piece] = []
    end = 0
    for part in sorted(disk.partitions, key=lambda each: each.start):
        if is_frame(part):
            continue
        found += _gap(disk, end, part.start)
        name = part.filesystem.type if part.filesystem else None
        found.append(_piece(part.size, name, f"{part.number} ", in_use=bool(part.uses)))
        end = max(end, part.start + part.size)
    return found + _gap(disk, end, disk.size)


def _piece(size: int, filesystem: str | None, number: str, *, in_use: bool) -> Piece:
    letter, style = kind(filesystem)
    mark = "*" if in_use else ""
    return Piece(size, f"{letter}{mark}", style, f"{number}{filesystem or 'unknown'}{mark}")


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


def draw(disk: Disk, width: int) -> Content:
    """The bar, `width` cells wide."""
    parts = pieces(disk)
    inner = max(1, width - 1)
    smallest = [1 if part.free else 1 + len(part.letter) for part in parts]
    cells = widths([part.size for part in parts], smallest, inner) if parts else []
    return Content.assemble(*[_drawn(part, count) for part, count in zip(parts, cells, strict=True) if count], "│")


def _drawn(part: Piece, cells: int) -> Content:
    """One piece: an edge, and what fits of its label."""
    if part.free:
        text = " free " if cells > len("│· free ·") else ""
        return Content("│" + (f"·{text}" if text else "").ljust(cells - 1, "·"))
    label = part.label if len(part.label) < cells - 1 else part.letter
    return Content.styled("│" + label.ljust(cells - 1)[: cells - 1], part.style)
