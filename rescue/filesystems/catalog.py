"""The members of the family, found by the name that blkid gives."""

from rescue.filesystems.btrfs import Btrfs
from rescue.filesystems.exfat import Exfat
from rescue.filesystems.ext import Ext
from rescue.filesystems.f2fs import F2fs
from rescue.filesystems.fat import Fat
from rescue.filesystems.hfsplus import HfsPlus
from rescue.filesystems.model import FileSystem
from rescue.filesystems.ntfs import Ntfs
from rescue.filesystems.raw import Raw
from rescue.filesystems.swap import Swap
from rescue.filesystems.xfs import Xfs

MEMBERS: tuple[FileSystem, ...] = (Ext(), Ntfs(), Fat(), Exfat(), Xfs(), Btrfs(), F2fs(), HfsPlus(), Swap())


def member_for(fstype: str | None) -> FileSystem:
    """The member that reads this type; Raw for a type that none reads."""
    for member in MEMBERS:
        if fstype in member.types:
            return member
    return Raw()
