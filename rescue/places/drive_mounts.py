"""Open a drive for backups: mount it for writing, by the driver that is there, and never against a warning.

A drive that was pulled out and came back has another node, and its old mount is dead: that is taken out of the way, and
the drive is found again by the id of its file system.
"""

from pathlib import Path

from rescue import process
from rescue.devices.model import Disk, Inventory, Partition
from rescue.devices.sysfs import Block
from rescue.errors import MissingToolError, PlaceError
from rescue.language import _
from rescue.places import drives, mounting
from rescue.places.model import Place
from rescue.places.opened import opened_at

_MOUNT_SECONDS = 300.0  # a journal may have to be replayed
_OWN_OPTIONS = {"xfs": ",nouuid"}  # a dead mount of the same drive may still have users
_NTFS_UNSAFE = ("hibernated", "unclean", "unsafe state", "fast restarting", "dirty")
_NO_DRIVER = ("unknown filesystem type", "No such device")


def open_drive(place: Place, inventory: Inventory) -> Place:
    """Mount the drive where it is not mounted yet. Nothing is forced, nothing repaired.

    PlaceError: it is gone, its file system is not in order, another one has the same id.
    """
    disk, node = _find(place, inventory)
    found = drives.place_of(disk, node)
    mount = drives.persons_mount(node.uses)
    point = mounting.point_for(found.uuid or Path(found.address).name)
    if mount is not None and Path(mount.detail) != point and mounting.answers(Path(mount.detail)):
        return opened_at(found, Path(mount.detail))
    if not _mounted_alive(point, node.path):
        mounting.detach(point)
        mounting.make_point(point)
        try:
            _mount(found, point)
        except BaseException:
            mounting.remove_point(point)
            raise
    return opened_at(found, point)


def _find(place: Place, inventory: Inventory) -> tuple[Disk, Disk | Partition]:
    """The drive by the id of its file system, wherever it is now; by its node where it has no id."""
    if place.uuid is None:
        disk, part = inventory.find(place.address)
        return disk, part or disk
    found = drives.nodes_with(inventory, place.uuid)
    if not found:
        raise PlaceError(
            _("{name} is not there any more.").format(name=place.name),
            hint=_("Connect the drive again, wait a moment, and try again."),
        )
    alive = [each for each in found if each[1].path == place.address] if len(found) > 1 else found
    if len(alive) != 1:
        nodes = ", ".join(node.path for _disk, node in found)
        raise PlaceError(
            _("{nodes} have the same id: nobody can tell which one is meant.").format(nodes=nodes),
            hint=_("One is a copy of the other. Unplug the one that is not meant."),
        )
    return alive[0]


def _mounted_alive(point: Path, node: str) -> bool:
    """True where exactly this node is mounted there and works; a mount whose drive has gone is not alive."""
    mount = mounting.mount_at(point)
    if mount is None or mounting.node_of(mount) != node or (mount.read_only and not _protected(node)):
        return False
    return mounting.answers(point)


def _protected(node: str) -> bool:
    """True where the kernel refuses to write the device."""
    block = Block.at(node)
    return block is not None and block.read_only


def _mount(place: Place, point: Path) -> None:
    """By the drivers that there are, in order. What none of them can mount for writing is told in words."""
    said, missing = "", None
    for argv in _ways(place.filesystem or "", place.address, point):
        try:
            done = process.run(argv, timeout=_MOUNT_SECONDS, allowed=range(256))
        except MissingToolError as error:
            missing = error
            continue
        if not done.status:
            _require_writable(place, point)
            mounting.restrict(point)
            return
        if not any(word in done.error_text for word in _NO_DRIVER):
            raise _refusal(place, done.error_text)
        said = said or done.error_text
    raise _no_driver(place, missing.hint if missing else said)


def _ways(fstype: str, node: str, point: Path) -> list[list[str]]:
    """Command lines that mount it. For NTFS the driver that is trusted most comes first."""
    how = "ro" if _protected(node) else "rw"  # said outright: else `mount` tries one after the other
    options = f"{how},{mounting.OPTIONS}{_OWN_OPTIONS.get(fstype, '')}"
    kernel = ["mount", "--internal-only", "--types", fstype, "--options", options, node, str(point)]
    if fstype == "ntfs":
        kernel[3] = "ntfs3"
        return [["ntfs-3g", "-o", options, node, str(point)], kernel]
    if fstype == "exfat":
        return [kernel, ["mount.exfat-fuse", "-o", options, node, str(point)]]
    return [kernel]


def _require_writable(place: Place, point: Path) -> None:
    """A mount that came out read-only is kept only where the medium itself cannot be written."""
    mount = mounting.mount_at(point)
    if mount is None:
        raise PlaceError(_("{name} was mounted, and is gone again.").format(name=place.name))
    if not mount.read_only or _protected(place.address):
        return
    mounting.detach(point)
    raise _refusal(place, "")


def _no_driver(place: Place, hint: str) -> PlaceError:
    return PlaceError(
        _("Nothing here can write {filesystem}, the file system of {name}.").format(
            filesystem=place.filesystem, name=place.name
        ),
        hint=hint,
    )


def _refusal(place: Place, said: str) -> PlaceError:
    """What a person can do about a drive that cannot be mounted for writing. `said` is empty: it came out read-only."""
    if place.filesystem == "ntfs" and (not said or any(word in said for word in _NTFS_UNSAFE)):
        return PlaceError(
            _("Windows has not let go of {name}: it sleeps, or was switched off while it wrote.").format(
                name=place.name
            ),
            hint=_("Start Windows with this drive and shut it down (shutdown /s /t 0), or use another drive."),
        )
    reason = mounting.last_line(said) if said else _("it is damaged.")
    return PlaceError(
        _("{name} cannot be opened for writing: {reason}").format(name=place.name, reason=reason),
        hint=_("Nothing was repaired on it. Check it with the system that it belongs to, or use another drive."),
    )
