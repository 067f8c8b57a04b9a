"""The places of this computer: which there are, opening one, closing one."""

from dataclasses import replace
from pathlib import Path

from rescue.devices.model import Disk, Inventory, Partition
from rescue.errors import PlaceError, UsageError
from rescue.language import _
from rescue.places import drive_mounts, drives, mounting, opened, shares
from rescue.places.address import is_share, parse_address
from rescue.places.model import Place, PlaceKind


def places(inventory: Inventory) -> tuple[Place, ...]:
    """Where backups can lie: drives, and folders of other computers that are open. Open ones come first."""
    found = [*opened.shares(), *drives.candidates(inventory)]
    return tuple(sorted(found, key=lambda place: (not (place.open and place.repositories), not place.open)))


def folder(path: str) -> Place:
    """A directory of this computer as a place; UsageError where there is none."""
    directory = Path(path).absolute()
    if not directory.is_dir():
        raise UsageError(_("There is no directory {path}.").format(path=directory))
    return opened.opened_at(Place(PlaceKind.FOLDER, str(directory), str(directory)), directory)


def open_place(place: Place, inventory: Inventory) -> Place:
    """Open it where it is not open. Folders of other computers that need a password are opened by `shares.connect`."""
    match place.kind:
        case PlaceKind.DRIVE:
            return drive_mounts.open_drive(place, inventory)
        case PlaceKind.FOLDER:
            return folder(place.address)
        case _:
            return shares.connect(place.address)


def open_node(path: str, inventory: Inventory) -> Place:
    """Open the drive at the node `path`. DeviceNotFoundError, PlaceError."""
    disk, part = inventory.find(path)
    node = part or disk
    if node.filesystem is None or node.filesystem.type not in drives.FILESYSTEMS:
        raise PlaceError(
            _("{path} has no file system on which backups can lie.").format(path=node.path),
            hint=_("`rescue format DISK` makes a drive for backups; all that is on it is lost."),
        )
    return drive_mounts.open_drive(drives.place_of(disk, node), inventory)


def close_place(place: Place) -> bool:
    """Write everything out and unmount it, so that it can be unplugged. PlaceError says who keeps it busy.

    False where it was gone already, and only its mount was taken out of the way.
    """
    if place.kind is PlaceKind.FOLDER or place.directory is None:
        return True
    saved = mounting.unmount(place.directory, place.name)
    opened.forget(place.directory)
    return saved


def find_open(text: str, inventory: Inventory) -> Place:
    """The open place that an address, a directory or a node means, even one whose server or drive is gone.

    PlaceError where none is meant.
    """
    directory = Path(text).absolute()
    if is_share(text):
        found = [place for place in opened.mounted_shares() if _same(text, place)]
    elif mounting.mount_at(directory) is None:  # asked of the kernel's table: a lost server answers with errors
        disk, part = inventory.find(text)
        found = [_as_mounted(disk, part or disk)]
    else:
        found = _at(directory, inventory)
    open_ones = [place for place in found if place.open]
    if not open_ones:
        raise PlaceError(_("{what} is not open.").format(what=text), hint=_("`rescue places` lists what is open."))
    return open_ones[0]


def _same(text: str, place: Place) -> bool:
    wanted, own = parse_address(text), parse_address(place.address)
    return wanted == own or (not wanted.user and replace(own, user="") == wanted)


def _as_mounted(disk: Disk, node: Disk | Partition) -> Place:
    mount = drives.persons_mount(node.uses)
    return replace(drives.place_of(disk, node), directory=Path(mount.detail) if mount else None)


def _at(directory: Path, inventory: Inventory) -> list[Place]:
    """What is mounted exactly there; where its drive is gone, at least the mount."""
    known = [place for place in opened.mounted_shares() if place.directory == directory]
    for disk in inventory.disks:
        known += [_as_mounted(disk, node) for node in drives.nodes(disk)]
    found = [place for place in known if place.directory == directory]
    if found or directory.parent != mounting.BASE or mounting.mount_at(directory) is None:
        return found
    return [Place(PlaceKind.DRIVE, str(directory), directory.name, directory=directory)]
