"""Folders of other computers that are open now: a small file beside each mount says which one it is."""

import json
import os
import shutil
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from rescue.errors import PlaceError, reason_of
from rescue.language import _
from rescue.places import mounting, repositories
from rescue.places.model import Place, PlaceKind

_NETWORK = (PlaceKind.SMB, PlaceKind.NFS, PlaceKind.SSH)


def opened_at(place: Place, directory: Path) -> Place:
    """The place, open at `directory`: with its space and its repositories. PlaceError where it does not answer."""
    try:
        usage = shutil.disk_usage(directory)
        flags = os.statvfs(directory).f_flag
    except OSError as error:
        raise PlaceError(
            _("{name} does not answer: {reason}.").format(name=place.name, reason=reason_of(error)),
            hint=_("Check the drive, its cable or the connection, and open it again."),
        ) from error
    return replace(
        place,
        directory=directory,
        size=usage.total,
        free=usage.free,
        read_only=bool(flags & os.ST_RDONLY),
        repositories=repositories.find(directory),
    )


def remember(place: Place, point: Path) -> None:
    """Keep what a mount is, for other programs and for the next start of this one."""
    temporary = _record(point).with_suffix(".new")
    temporary.write_text(json.dumps({"kind": place.kind.value, "address": place.address, "name": place.name}))
    temporary.rename(_record(point))


def forget(point: Path) -> None:
    """The mount is gone, and what was written beside it goes, too."""
    for suffix in (".json", ".log"):
        point.with_name(f"{point.name}{suffix}").unlink(missing_ok=True)


def shares() -> tuple[Place, ...]:
    """Every folder of another computer that is open, and answers; where it is."""
    found = []
    for place in mounted_shares():
        if place.directory is not None and mounting.answers(place.directory):
            with suppress(PlaceError):
                found.append(opened_at(place, place.directory))
    return tuple(found)


def mounted_shares() -> tuple[Place, ...]:
    """Every folder of another computer that is mounted, whether its server is there or not. Nobody is asked."""
    points = sorted(Path(mount.point) for mount in mounting.own_mounts())
    known = [(recalled(point), point) for point in points]
    return tuple(replace(place, directory=point) for place, point in known if place is not None)


def recalled(point: Path) -> Place | None:
    """What is mounted at `point`, a folder of another computer; None for a drive."""
    try:
        value = json.loads(_record(point).read_text())
        kind = PlaceKind(value["kind"])
        return Place(kind, str(value["address"]), str(value["name"])) if kind in _NETWORK else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _record(point: Path) -> Path:
    return point.with_name(f"{point.name}.json")
