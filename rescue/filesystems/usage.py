"""How much of a partition is in use, in a moment: by the file system's own counts, without a mount or a replay.

For pictures and estimates. What a backup has to store is the question of `used_map`, which proves its answer; here
features that nobody proved, a dirty journal or a volume that somebody has mounted are no hindrance, and the count of a
volume in use is as old as what it last wrote down.
"""

from collections.abc import Callable, Mapping

from rescue.errors import RescueError
from rescue.filesystems import btrfs, exfat, ext_bitmaps, ext_superblock, f2fs, fat, hfsplus, ntfs, xfs_superblock
from rescue.filesystems.gate import demand
from rescue.filesystems.volume import Volume, opened, size_of
from rescue.language import _

_SECONDS = 10.0


def used_bytes(path: str, fstype: str | None) -> int | None:
    """Bytes in use, the file system's own structures with them, of the block device or image file at `path`.

    `fstype` is the name that blkid gives. None where nobody knows: another content, damage, a device that cannot be
    read, or reading that takes more than some seconds. It only reads, runs in any thread, and raises nothing.
    """
    count = _COUNTS.get(fstype or "")
    if count is None:
        return None
    try:
        size = size_of(path)
        with opened(path, size, seconds=_SECONDS) as volume:
            used = count(volume)
    except (RescueError, OSError):
        return None
    return used if 0 <= used <= size else None


def _ext(volume: Volume) -> int:
    """The superblock's count after an unmount, else that of the group descriptors."""
    superblock = ext_superblock.peek_superblock(volume)
    demand(not superblock.has_errors, _("The file system is marked as having errors."))
    free = superblock.free_blocks if superblock.clean else ext_bitmaps.free_blocks(volume, superblock)
    demand(free <= superblock.blocks, _("The ext superblock is damaged."))
    return (superblock.blocks - free) * superblock.block_size


def _xfs(volume: Volume) -> int:
    superblock = xfs_superblock.peek_superblock(volume)
    return superblock.end - xfs_superblock.free_bytes(volume, superblock)


def _btrfs(volume: Volume) -> int:
    """Logical bytes: second copies (DUP), which metadata have on hard disks, are not counted."""
    return btrfs.peek_superblock(volume).bytes_used


def _f2fs(volume: Volume) -> int:
    return f2fs.used_by_checkpoint(volume, f2fs.peek_superblock(volume))


def _exfat(volume: Volume) -> int:
    return exfat.used_by_bitmap(volume, exfat.peek_layout(volume))


def _fat(volume: Volume) -> int:
    """The table itself: the count in the FSInfo sector is only a hint, and often a wrong one."""
    return fat.used_by_table(volume, fat.read_layout(volume))


def _ntfs(volume: Volume) -> int:
    return ntfs.used_by_bitmap(volume, ntfs.read_geometry(volume))


def _hfsplus(volume: Volume) -> int:
    return hfsplus.peek_header(volume).used


def _swap(volume: Volume) -> int:
    """All of it: nobody else can use it."""
    return volume.size


_COUNTS: Mapping[str, Callable[[Volume], int]] = {
    "ext2": _ext,
    "ext3": _ext,
    "ext4": _ext,
    "xfs": _xfs,
    "btrfs": _btrfs,
    "f2fs": _f2fs,
    "exfat": _exfat,
    "vfat": _fat,
    "msdos": _fat,
    "ntfs": _ntfs,
    "hfsplus": _hfsplus,
    "swap": _swap,
    "swsuspend": _swap,
}
