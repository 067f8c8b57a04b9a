"""Which directory of a place is the repository."""

from pathlib import Path

from rescue.flows import words
from rescue.flows.engine import Catalogue, Engine
from rescue.flows.front import Front, Option, Page, Pick
from rescue.language import _
from rescue.places import mounting
from rescue.places.model import Place, PlaceKind
from rescue.repository.repository import FOLDER


def likely_repository(place: Place) -> Path:
    """The repository of a place, or where it will be made; also before the place is open."""
    directory = place.directory or mounting.point_for(place.uuid or place.address)
    return directory / (place.repositories[0] if place.repositories else FOLDER)


def commands(place: Place) -> tuple[tuple[str, ...], ...]:
    """What a person types before a backup into this place: open it, and make the repository where there is none."""
    opening = () if place.kind is PlaceKind.FOLDER else (("connect", place.address),)
    making = (("init", str(likely_repository(place))),) if place.repositories == () else ()
    return (*opening, *making)


async def for_writing(front: Front, engine: Engine, place: Place) -> tuple[Place, Path]:
    """Open the place, and find or make the repository in it. RescueError where that is not possible.

    A place that was open is opened again: the drive may have been away meanwhile.
    """
    opened = await front.busy(_("Opening {place} …").format(place=place.name), lambda: engine.open_place(place))
    if opened.repositories:
        return opened, await _which(front, opened)
    directory = opened.directory or Path(opened.address)
    made = await front.busy(_("Making a repository …"), lambda: engine.make_repository(directory))
    return opened, made


async def for_reading(front: Front, engine: Engine, place: Place) -> tuple[Place, Catalogue] | None:
    """Open the place and read what is in its repository; None where it has none, which is told. RescueError."""
    opened = await front.busy(_("Opening {place} …").format(place=place.name), lambda: engine.open_place(place))
    if not opened.repositories:
        text = _("There is no repository on {place}.").format(place=words.place_title(place))
        await front.read(Page(_("No backups here"), (text, _("Choose another drive or share.")), help="place"))
        return None
    repository = await _which(front, opened)
    catalogue = await front.busy(_("Reading the repository …"), lambda: engine.catalogue(repository))
    return opened, catalogue


async def _which(front: Front, place: Place) -> Path:
    """The only one, or the one that the person picks; going back means the first."""
    found = place.repositories or ()
    if len(found) == 1:
        return found[0]
    options = tuple(Option(path, str(path)) for path in found)
    return await front.pick(Pick(_("Which repository"), options, help="place")) or found[0]
