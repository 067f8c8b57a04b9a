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
    drive again after it was away.

    `directory` is where it is open now, None before. `size` and `free` are bytes, None where nobody knows before it is
    open. `repositories` are the directories in it that are repositories; None where nobody knows before it is open.
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

    @property
    def open(self) -> bool:
        """True where it can be used as it is."""
        return self.directory is not None
