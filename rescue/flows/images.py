"""Browse images: what a repository holds, one image in detail, and what can be done with it."""

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from functools import partial

from rescue.devices.model import Inventory
from rescue.flows import recorded
from rescue.flows.asking import look
from rescue.flows.catalogue import choose_catalogue
from rescue.flows.engine import Catalogue, Engine
from rescue.flows.front import Danger, Front, Option, Page, Pick
from rescue.flows.reading import check, tried, verify
from rescue.flows.restore import Draft, restore
from rescue.language import _
from rescue.places.model import Place
from rescue.repository.repository import Stored
from rescue.repository.snapshot import DiskRecord, RegionKind
from rescue.text import printable
from rescue.units import format_size

_HELP = "images"
_SHORTEST_NAME = 3
_ID = 12

Act = Callable[[], Awaitable[object]]
Restore = Callable[[Draft], Awaitable[None]]


async def images(front: Front, engine: Engine, begin_restore: Restore | None = None) -> None:
    """From a place to its images, until the person goes back. `begin_restore` is the flow that goes on with one."""
    found = await tried(front, partial(choose_catalogue, front, engine), _HELP)
    if found is None:
        return
    place, catalogue = found
    begin = begin_restore or (lambda draft: restore(front, engine, begin=draft))
    while (act := await front.pick(question(front, engine, place, catalogue, begin))) is not None:
        await tried(front, act, _HELP)
        anew = await tried(front, partial(_anew, front, engine, catalogue), _HELP)
        if anew is None:
            return
        catalogue = anew


async def _anew(front: Front, engine: Engine, catalogue: Catalogue) -> Catalogue:
    """The repository as it is now."""
    return await front.busy(_("Reading the repository …"), lambda: engine.catalogue(catalogue.repository))


async def _restore(front: Front, engine: Engine, begin: Restore, draft: Draft) -> None:
    """Go on with an image, and the disks that are there now."""
    await begin(replace(draft, inventory=await look(front, engine)))


def question(front: Front, engine: Engine, place: Place, catalogue: Catalogue, begin: Restore) -> Pick[Act]:
    """Every image, the newest first; those that cannot be read are told above."""
    options: list[Option[Act]] = [
        recorded.option(
            partial(_one, front, engine, Draft(Inventory(()), place, catalogue, stored), begin),
            stored,
            catalogue.verified.get(stored.id),
        )
        for stored in catalogue.snapshots
    ]
    whole: Option[Act] = Option(
        partial(check, front, engine, catalogue.repository),
        _("Check this repository"),
        (_("is everything there that its images need"),),
        key="c",
    )
    told = [str(catalogue.repository), *(error.message for error in catalogue.damaged)]
    if not catalogue.snapshots:
        told.append(_("The repository holds no image yet."))
    return Pick(_("Images"), (*options, whole), help=_HELP, text="\n".join(told))


async def _one(front: Front, engine: Engine, draft: Draft, begin: Restore) -> None:
    """One image, until it is left or gone."""
    catalogue, stored = draft.catalogue, draft.stored
    assert catalogue is not None  # noqa: S101 - a draft of this page has both
    assert stored is not None  # noqa: S101
    while (answer := await front.read(page(stored, catalogue.verified.get(stored.id)))) is not None:
        match answer:
            case "v":
                await verify(front, engine, catalogue.repository, stored)
                return  # when it was read back last is told anew
            case "r":
                await _restore(front, engine, begin, draft)
                return
            case "d" if await _delete(front, engine, catalogue, stored):
                return


def page(stored: Stored, verified: str | None) -> Page:
    """Everything that is known about an image."""
    lines = [*recorded.details(stored, verified), _("Id: {id}").format(id=stored.id[:_ID])]
    for record in stored.snapshot.disks:
        lines += ["", *disk_lines(record)]
    lines += ["", _("The report of the backup:"), *(f"  {line}" for line in stored.snapshot.report)]
    answers = (("v", _("Verify")), ("r", _("Restore from here")), ("d", _("Delete")))
    return Page(recorded.title(stored), tuple(lines), answers, help=_HELP, search=True)


def disk_lines(record: DiskRecord) -> Iterator[str]:
    """A disk of an image: its parts in their order, with what was in use."""
    yield f"{record.model or record.path}, {format_size(record.size)}" + (f", {record.system}" if record.system else "")
    for region in record.regions:
        if region.kind is RegionKind.GAP:
            continue
        used = _("{size} in use").format(size=format_size(region.used_bytes)) if region.included else ""
        yield "  " + ", ".join(filter(None, (recorded.part_title(region), used, recorded.sign(region.outcome))))


async def _delete(front: Front, engine: Engine, catalogue: Catalogue, stored: Stored) -> bool:
    """True once it is deleted: its name was typed. RescueError."""
    if await front.confirm(deletion(catalogue, stored)) is None:
        return False
    await front.busy(_("Deleting …"), lambda: engine.delete(catalogue.repository, stored.id))
    lines = (
        _("“{name}” is deleted.").format(name=stored.snapshot.name),
        _("Its space comes back with `rescue prune`, which keeps all that other images need."),
    )
    await front.read(Page(_("Deleted"), lines, help=_HELP))
    return True


def deletion(catalogue: Catalogue, stored: Stored) -> Danger:
    """The last question: an image that is deleted cannot be brought back."""
    snapshot = stored.snapshot
    steps = (
        _("DELETE the image “{name}” of {date}.").format(name=snapshot.name, date=snapshot.date),
        *(f"  {line}" for line in recorded.details(stored, catalogue.verified.get(stored.id))),
        _("It cannot be brought back. {count} other images in the repository stay as they are.").format(
            count=len(catalogue.snapshots) - 1
        ),
    )
    return Danger(
        title=_("Delete {image}").format(image=snapshot.name),
        steps=steps,
        target=_("the image “{name}”").format(name=snapshot.name),
        confirm=confirm_text(stored),
    )


def confirm_text(stored: Stored) -> str:
    """The name, or the beginning of the id where nobody could type the name."""
    name = stored.snapshot.name
    typable = name == printable(name).strip() and len(name) >= _SHORTEST_NAME
    return name if typable else stored.id[:_ID]
