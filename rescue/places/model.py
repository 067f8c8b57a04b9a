"""A place for backups as a value: what it is, how it is reached, where it is open."""

from dataclasses import dataclass
from enum import Enum
from pathlib import Path


class PlaceKind(Enum):
    """How a place is reached."""

    DRIVE = "drive"
    FOLDER = "folder"
    SMB = "smb"
    NFS = "nfs"
    SSH = "ssh"


@dataclass(frozen=True, slots=True)
class Place:
    """One place. `address` is what opens it again: the node of a partition, a directory, or a URL as in
    `smb://host/share/folder`, never with a password. `uuid` is that of the file system of a drive, which finds the
    drive again after it was away; `disk` is the node of its disk, `filesystem` what blkid calls its file system.

    `directory` is where it is open now, None before. `size` and `free` are bytes, None where nobody knows before it is
    open. `repositories` are the directories in it that are repositories: relative to the place before it is open, and
    None where nobody knows then.
    """

    kind: PlaceKind
    address: str
    name: str
    uuid: str | None = None
    disk: str | None = None
    directory: Path | None = None
    size: int | None = None
    free: int | None = None
    read_only: bool = False
    repositories: tuple[Path, ...] | None = None
    filesystem: str | None = None
    removable: bool = False

    @property
    def open(self) -> bool:
        """True where it can be used as it is."""
        return self.directory is not None

    @property
    def fat(self) -> bool:
        """True for FAT: no file of 4 GiB or more, which no repository has, and no journal, which matters on a yank."""
        return self.filesystem == "vfat"

    def to_json(self) -> dict[str, object]:
        """The place for scripts."""
        return {
            "kind": self.kind.value,
            "address": self.address,
            "name": self.name,
            "uuid": self.uuid,
            "disk": self.disk,
            "directory": str(self.directory) if self.directory else None,
            "size": self.size,
            "free": self.free,
            "read_only": self.read_only,
            "repositories": None if self.repositories is None else [str(each) for each in self.repositories],
            "filesystem": self.filesystem,
            "removable": self.removable,
        }
