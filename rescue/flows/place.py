"""Which place: a drive, a folder, a share of another computer, or a drive that is made one for backups first."""

from rescue.errors import RescueError
from rescue.flows import words
from rescue.flows.asking import look_for_places, tell
from rescue.flows.drives import format_drive
from rescue.flows.engine import Engine
from rescue.flows.front import Field, Form, Front, Option, Pick
from rescue.flows.share import open_share
from rescue.language import _
from rescue.places.model import Place, PlaceKind
from rescue.units import format_size

_SHARES = ((PlaceKind.SMB, "w"), (PlaceKind.NFS, "n"), (PlaceKind.SSH, "s"))
_FOLDER, _FORMAT, _AGAIN = "folder", "format", "again"

Answer = Place | PlaceKind | str


async def choose_place(front: Front, engine: Engine, *, writable: bool) -> Place | None:
    """The place that the person chooses, open; None for going back. What cannot be opened is told, and asked again."""
    while True:
        _inventory, places = await look_for_places(front, engine)
        answer = await front.pick(place_question(places, writable=writable))
        if answer is None:
            return None
        try:
            place = await _opened(answer, front, engine, writable=writable)
        except RescueError as error:
            await tell(front, _("This place cannot be used"), error, "place")
            continue
        if place is not None:
            return place


async def _opened(answer: Answer, front: Front, engine: Engine, *, writable: bool) -> Place | None:
    """The place of an answer, open; None where the question is asked again. RescueError."""
    match answer:
        case Place():
            return await front.busy(_("Opening {place} …").format(place=answer.name), lambda: engine.open_place(answer))
        case PlaceKind():
            return await open_share(front, engine, answer, writable=writable)
        case "folder":
            return await _open_folder(front, engine)
        case "format":
            await format_drive(front, engine)
    return None


def place_question(places: tuple[Place, ...], *, writable: bool) -> Pick[Answer]:
    """Every drive with what is known about it, and the ways to other places."""
    options: list[Option[Answer]] = [
        Option(place, words.place_title(place), _details(place), refused=_refusal(place, writable=writable))
        for place in places
    ]
    ways = {
        PlaceKind.SMB: (_("A Windows or Samba share, a NAS"), _("asks for address, user and password")),
        PlaceKind.NFS: (_("An NFS export"), _("asks for the address")),
        PlaceKind.SSH: (_("A folder on another computer by SSH"), _("asks for address, user and password")),
    }
    options += [Option(kind, ways[kind][0], (ways[kind][1],), key=key) for kind, key in _SHARES]
    options.append(Option(_FOLDER, _("A folder of this computer"), (_("one that is mounted already"),), key="o"))
    if writable:
        options.append(
            Option(
                _FORMAT, _("Make a drive one for backups"), (_("all that is on it is lost; it asks first"),), key="m"
            )
        )
    options.append(Option(_AGAIN, _("Look again"), (_("after a drive was plugged in"),), key="l"))
    title = _("Where to") if writable else _("From where")
    return Pick(title, tuple(options), help="place", text=_("A drive is opened when you choose it, and not before."))


def _details(place: Place) -> tuple[str, ...]:
    told = []
    if place.repositories:
        told.append(_("holds backups"))
    elif place.repositories is not None and place.open:
        told.append(_("holds no backups yet"))
    if place.free is not None and place.size is not None:
        told.append(_("{free} of {size} are free").format(free=format_size(place.free), size=format_size(place.size)))
    elif place.size is not None:
        told.append(format_size(place.size))
    if place.open:
        told.append(_("open at {directory}").format(directory=place.directory))
    if place.fat:
        told.append(_("FAT: works, but does not like to be unplugged early"))
    return (", ".join(told),) if told else ()


def _refusal(place: Place, *, writable: bool) -> str:
    return _("It is read-only.") if writable and place.read_only else ""


async def _open_folder(front: Front, engine: Engine) -> Place | None:
    """A directory that the person types; the form stays until there is one."""
    found: list[Place] = []

    def check(filled: dict[str, str]) -> str | None:
        try:
            found.append(engine.folder(filled["path"].strip()))
        except RescueError as error:
            return error.message
        return None

    field = Field("path", _("Folder"), value="/mnt/", hint=_("as in /mnt/backup"))
    form = Form(_("A folder of this computer"), (field,), help="place", submit=_("Use it"), check=check)
    return None if await front.fill(form) is None else found[-1]
