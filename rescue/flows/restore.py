"""Restore: a place, an image, what of it, a target; before and after; the typed identity; the job."""

from dataclasses import dataclass, replace

from rescue.devices.model import Inventory
from rescue.errors import RescueError
from rescue.flows import closings, recorded, words
from rescue.flows.asking import look, look_for_places, read_back_row, tell
from rescue.flows.engine import Catalogue, Engine
from rescue.flows.front import START, Estimate, Front, Option, Pick, Row, Sheet
from rescue.flows.overwrite import overwrite, target_estimate, target_question
from rescue.flows.place import choose_place
from rescue.flows.repositories import for_reading
from rescue.language import _
from rescue.operations.commands import command
from rescue.operations.prepare import RestoreRequest
from rescue.places.model import Place
from rescue.repository.repository import Stored
from rescue.repository.snapshot import DiskRecord, RegionKind
from rescue.units import format_size

TABLE_ONLY = "table"
ALL = ""


@dataclass(frozen=True, slots=True)
class Draft:
    """What is chosen so far. `part` is a region's name, ALL, or TABLE_ONLY."""

    inventory: Inventory
    place: Place | None = None
    catalogue: Catalogue | None = None
    stored: Stored | None = None
    disk: int = 1
    part: str = ALL
    target: str = ""
    verify: bool = True

    @property
    def record(self) -> DiskRecord | None:
        """The disk of the image that is restored."""
        return self.stored.snapshot.disks[self.disk - 1] if self.stored else None

    def request(self) -> RestoreRequest:
        """The request of a draft that has an image."""
        assert self.stored is not None  # noqa: S101 - callers check `missing` first
        assert self.catalogue is not None  # noqa: S101
        return RestoreRequest(
            snapshot=self.stored.id[:12],
            part=self.part if self.part not in (ALL, TABLE_ONLY) else None,
            disk=self.disk,
            target=self.target,
            repository=str(self.catalogue.repository),
            verify=self.verify,
            table_only=self.part == TABLE_ONLY,
        )

    def missing(self) -> str:
        """The first row that has to be chosen; empty when all are."""
        chosen = {"place": self.catalogue, "image": self.stored, "target": self.target}
        return next((name for name, value in chosen.items() if not value), "")


async def restore(front: Front, engine: Engine, *, begin: Draft | None = None) -> None:
    """From the first screen, or from an image that is chosen already, to a result that somebody has read."""
    draft = begin or await _likely(front, engine)
    while (answer := await front.sheet(sheet(draft, engine))) is not None:
        if answer == START:
            if await _run(draft, front, engine):
                return
            continue
        draft = await _chain(draft, answer, front, engine)


async def _likely(front: Front, engine: Engine) -> Draft:
    """The newest image of the place that is open already, or of the only drive that is known to hold backups."""
    inventory, places = await look_for_places(front, engine)
    known = [place for place in places if place.repositories]
    opened = [place for place in known if place.open]
    chosen = opened[0] if opened else known[0] if len(known) == 1 else None
    draft = Draft(inventory)
    return draft if chosen is None else await _placed(draft, chosen, front, engine)


async def _placed(draft: Draft, place: Place, front: Front, engine: Engine) -> Draft:
    """The draft with what is in a place, and its newest image."""
    try:
        found = await for_reading(front, engine, place)
    except RescueError as error:
        await tell(front, _("This place cannot be used"), error, "place")
        return draft
    if found is None:
        return draft
    opened, catalogue = found
    newest = catalogue.snapshots[0] if catalogue.snapshots else None
    return replace(draft, place=opened, catalogue=catalogue, stored=newest, disk=1, part=ALL, target="")


def sheet(draft: Draft, engine: Engine) -> Sheet:
    """The page of a draft."""
    missing = draft.missing()
    rows = (
        Row("place", "p", _("From"), words.place_title(draft.place) if draft.place else "", _choose(draft.place)),
        Row("image", "i", _("Image"), recorded.title(draft.stored) if draft.stored else "", _choose(draft.stored)),
        Row("what", "w", _("What"), _what_text(draft)),
        Row("target", "t", _("To"), _target_text(draft), _choose(draft.target)),
        read_back_row(verify=draft.verify),
    )
    return Sheet(
        title=_("Restore"),
        rows=rows,
        help="restore",
        start="" if missing else _("Go on: you are asked before anything is written"),
        text=_("Everything on the target is overwritten. Other disks are protected meanwhile."),
        missing=missing,
        command=() if missing else (words.command_line(*command(draft.request())),),
        estimate=None if missing else lambda: estimate(draft, engine),
    )


def estimate(draft: Draft, engine: Engine) -> Estimate:
    """Before and after, and whether it is possible."""
    return target_estimate(draft.request(), draft.inventory, engine, verify=draft.verify)


def _choose(value: object) -> str:
    return "" if value else _("choose")


def _what_text(draft: Draft) -> str:
    record = draft.record
    if record is None:
        return ""
    if draft.part == TABLE_ONLY:
        return _("only the partition table")
    regions = {region.name: region for region in record.regions}
    disk = f"{record.model or record.path}, {format_size(record.size)}"
    if draft.part in regions:
        return _("{part} of {disk}").format(part=recorded.part_title(regions[draft.part]), disk=disk)
    return _("the whole disk: {disk}").format(disk=disk)


def _target_text(draft: Draft) -> str:
    return words.sources_title(draft.inventory, (draft.target,)) if draft.target else ""


async def _chain(draft: Draft, row: str, front: Front, engine: Engine) -> Draft:
    """Change one row, and go on with the rows that are missing then, until the person goes back."""
    while row:
        changed = await _changed(draft, row, front, engine)
        if changed == draft:
            return draft
        draft, row = changed, "" if row == "verify" else changed.missing()
    return draft


async def _changed(draft: Draft, row: str, front: Front, engine: Engine) -> Draft:
    match row:
        case "place":
            place = await choose_place(front, engine, writable=False)
            return draft if place is None else await _placed(draft, place, front, engine)
        case "image":
            stored = await front.pick(image_question(draft))
            return draft if stored is None else replace(draft, stored=stored, disk=1, part=ALL, target="")
        case "what":
            chosen = await front.pick(what_question(draft))
            return draft if chosen is None else replace(draft, disk=chosen[0], part=chosen[1], target="")
        case "target":
            return await _aimed(draft, front, engine)
        case _:
            return replace(draft, verify=not draft.verify)


async def _aimed(draft: Draft, front: Front, engine: Engine) -> Draft:
    draft = replace(draft, inventory=await look(front, engine))
    if draft.stored is None:
        return draft
    whole = draft.part in (ALL, TABLE_ONLY)
    target = await front.pick(await target_question(front, engine, draft.inventory, draft.request(), whole=whole))
    return draft if target is None else replace(draft, target=target)


def image_question(draft: Draft) -> Pick[Stored]:
    """Every image of the repository, the newest first; those that cannot be read are told."""
    catalogue = draft.catalogue
    found = catalogue.snapshots if catalogue else ()
    verified = catalogue.verified if catalogue else {}
    options = tuple(
        recorded.option(stored, stored, verified.get(stored.id), chosen=stored == draft.stored) for stored in found
    )
    damaged = "\n".join(error.message for error in catalogue.damaged) if catalogue else ""
    return Pick(_("Which image"), options, help="image", text=damaged, empty=_("The repository holds no image yet."))


def what_question(draft: Draft) -> Pick[tuple[int, str]]:
    """Each disk of the image as a whole, its partitions, and its table alone."""
    options: list[Option[tuple[int, str]]] = []
    disks = draft.stored.snapshot.disks if draft.stored else ()
    for number, record in enumerate(disks, 1):
        title = _("Whole disk: {disk}").format(disk=f"{record.model or record.path}, {format_size(record.size)}")
        here = number == draft.disk
        options.append(Option((number, ALL), title, disk=recorded.disk_of(record), chosen=here and draft.part == ALL))
        options += [
            Option(
                (number, region.name),
                "   " + recorded.part_title(region),
                refused="" if region.included else _("not in this backup"),
                chosen=here and draft.part == region.name,
            )
            for region in record.regions
            if region.kind is RegionKind.PARTITION
        ]
        options.append(Option((number, TABLE_ONLY), "   " + _("Only the partition table")))
    text = _("One partition goes into a partition that is there already and large enough.")
    return Pick(_("What to restore"), tuple(options), help="partitions", text=text)


async def _run(draft: Draft, front: Front, engine: Engine) -> bool:
    """True when it ended and the person is done with it."""
    title = _("Restore {image} to {target}").format(
        image=draft.stored.snapshot.name if draft.stored else "", target=_target_text(draft)
    )
    return await overwrite(front, engine, draft.request(), draft.inventory, title=title, close=closings.write_closing)
