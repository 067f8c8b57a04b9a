"""The places of this computer: which there are, opening one, closing one."""

from dataclasses import replace
from pathlib import Path

from rescue.devices.model import Inventory
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


def close_place(place: Place) -> None:
    """Write everything out and unmount it, so that it can be unplugged. PlaceError says who keeps it busy."""
    if place.kind is PlaceKind.FOLDER or place.directory is None:
        return
    mounting.unmount(place.directory, place.name)
    opened.forget(place.directory)


def find_open(text: str, inventory: Inventory) -> Place:
    """The open place that an address, a directory or a node means; PlaceError where none does."""
    found = [place for place in places(inventory) if place.open and _means(text, place, inventory)]
    if not found:
        raise PlaceError(_("{what} is not open.").format(what=text), hint=_("`rescue places` lists what is open."))
    return found[0]


def _means(text: str, place: Place, inventory: Inventory) -> bool:
    if is_share(text):
        if place.kind in (PlaceKind.DRIVE, PlaceKind.FOLDER):
            return False
        wanted, own = parse_address(text), parse_address(place.address)
        return wanted == own or (not wanted.user and replace(own, user="") == wanted)
    if place.kind is PlaceKind.DRIVE and Path(text).is_block_device():
        disk, part = inventory.find(text)
        return (part or disk).path == place.address
    return place.directory == Path(text).resolve()
