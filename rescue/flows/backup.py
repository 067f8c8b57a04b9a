"""Back up: everything preselected on one page, so that Enter starts the most likely backup; each line can change."""

from dataclasses import dataclass, replace

from rescue.devices.model import Inventory
from rescue.errors import RescueError
from rescue.flows import closings, likely, running, words
from rescue.flows.asking import look_for_places, read_back_row, source_options, tell
from rescue.flows.engine import Engine
from rescue.flows.front import START, Estimate, Field, FieldKind, Form, Front, Option, Page, Pick, Row, Sheet
from rescue.flows.place import choose_place
from rescue.flows.repositories import commands, for_writing, likely_repository
from rescue.language import _
from rescue.operations.commands import command
from rescue.operations.jobs import Job
from rescue.operations.prepare import BackupRequest
from rescue.places.model import Place
from rescue.plans.backup import BackupPlan
from rescue.units import format_size


@dataclass(frozen=True, slots=True)
class Draft:
    """What is chosen so far."""

    inventory: Inventory
    sources: tuple[str, ...]
    place: Place | None
    name: str = ""
    note: str = ""
    level: int = 3
    verify: bool = True
    allow_bad: bool = False

    def request(self) -> BackupRequest:
        """The request of a complete draft."""
        repository = str(likely_repository(self.place)) if self.place else "REPO"
        return BackupRequest(
            self.sources, repository, self.name or None, self.level, False, self.allow_bad, self.verify, self.note
        )


async def back_up(front: Front, engine: Engine) -> None:
    """From the first screen to a result that somebody has read."""
    draft = likely_draft(*await look_for_places(front, engine))
    while (answer := await front.sheet(sheet(draft, engine))) is not None:
        if answer != START:
            draft = await _changed(draft, answer, front, engine)
        elif (started := await _run(draft, front, engine)) is not None:
            draft = started
        else:
            return


def likely_draft(inventory: Inventory, places: tuple[Place, ...]) -> Draft:
    """The one-step backup: the system's disk to the drive that holds backups already, or to the only one there is."""
    sources = likely.system_sources(inventory)
    carriers = {inventory.find(path)[0].path for path in sources}
    fitting = [place for place in places if place.disk not in carriers and not place.read_only]
    known = [place for place in fitting if place.repositories]
    chosen = known[0] if known else fitting[0] if len(fitting) == 1 else None
    return Draft(inventory, sources, chosen)


def sheet(draft: Draft, engine: Engine) -> Sheet:
    """The page of a draft."""
    what = words.sources_title(draft.inventory, draft.sources)
    system = _system(draft)
    rows = (
        Row(
            "what", "w", _("What"), f"{system}: {what}" if system else what, "" if what else _("choose what to back up")
        ),
        Row(
            "place", "p", _("Where to"), _place_text(draft.place), "" if draft.place else _("choose a drive or a share")
        ),
        Row("name", "n", _("Name"), draft.name or _("computer's name and time")),
        Row("note", "o", _("Note"), draft.note or _("none")),
        Row("level", "k", _("Compression"), _level_text(draft.level)),
        read_back_row(verify=draft.verify),
    )
    missing = next((row.name for row in rows if row.problem), "")
    return Sheet(
        title=_("Back up"),
        rows=rows,
        help="backup",
        start="" if missing else _("Start the backup"),
        text=_("Nothing on the disks that are backed up is changed."),
        missing=missing,
        command=() if missing else _command_lines(draft),
        estimate=None if not draft.sources else lambda: estimate(draft, engine),
    )


def _command_lines(draft: Draft) -> tuple[str, ...]:
    before = commands(draft.place) if draft.place else ()
    return tuple(words.command_line(*each) for each in (*before, command(draft.request())))


def estimate(draft: Draft, engine: Engine) -> Estimate:
    """How much, how long, and whether there is room. Looks at the used blocks."""
    try:
        plan = engine.prepare(draft.request())
    except RescueError as error:
        return Estimate(problem=error.message, hint=error.hint)
    assert isinstance(plan, BackupPlan)  # noqa: S101 - the type of what prepare gives for a BackupRequest
    size = plan.used_bytes
    times = 2 if draft.verify else 1
    lines = [
        _("{size} in use are read; before compression this is the most that is stored.").format(size=format_size(size)),
        _("Takes {time}.").format(time=words.duration(size, times=times)),
    ]
    lines += [
        _("{part}: every block is read, because: {reason}").format(part=region.describe(), reason=region.raw_reason)
        for layout in plan.layouts
        for region in layout.included
        if region.raw_reason
    ]
    return Estimate((*lines, *_room(draft.place, size)))


def _room(place: Place | None, size: int) -> tuple[str, ...]:
    if place is None or place.free is None:
        return ()
    free = _("{free} are free there.").format(free=format_size(place.free))
    if place.free >= size:
        return (free,)
    return (free, _("It may not fit: only what is new and compressed is stored, and nobody knows how much that is."))


def _system(draft: Draft) -> str:
    disks = {disk.path: disk for disk, part in map(draft.inventory.find, draft.sources) if part is None}
    return ", ".join(filter(None, map(likely.system_name, disks.values())))


def _place_text(place: Place | None) -> str:
    if place is None:
        return ""
    if place.repositories:
        return _("{place}, repository {name}").format(
            place=words.place_title(place), name=likely_repository(place).name
        )
    if place.repositories is None:
        return _("{place}, a new repository unless there is one").format(place=words.place_title(place))
    return _("{place}, a new repository").format(place=words.place_title(place))


def _levels() -> dict[int, str]:
    return {1: _("fast"), 3: _("normal"), 9: _("small"), 16: _("smallest, slow")}


def _level_text(level: int) -> str:
    return f"{_levels().get(level, '')} (zstd {level})"


async def _changed(draft: Draft, row: str, front: Front, engine: Engine) -> Draft:
    """The draft after the person changed one row, or the same one."""
    match row:
        case "what":
            sources = await front.pick_many(sources_question(draft))
            return draft if sources is None else replace(draft, sources=tidy(draft.inventory, sources))
        case "place":
            place = await choose_place(front, engine, writable=True)
            return draft if place is None else replace(draft, place=place)
        case "level":
            level = await front.pick(_level_question(draft.level))
            return draft if level is None else replace(draft, level=level)
        case "verify":
            return replace(draft, verify=not draft.verify)
        case _:
            return await _named(draft, row, front)


async def _named(draft: Draft, row: str, front: Front) -> Draft:
    fields = {
        "name": Field("name", _("Name"), FieldKind.TEXT, draft.name, _("letters, digits, blanks, - _ .")),
        "note": Field("note", _("Note"), FieldKind.TEXT, draft.note, _("for example: before the new drive")),
    }
    filled = await front.fill(Form(_("Name and note"), (fields[row],), help="backup"))
    if filled is None:
        return draft
    text = filled[row].strip()
    return replace(draft, name=text) if row == "name" else replace(draft, note=text)


def sources_question(draft: Draft) -> Pick[str]:
    """Every disk but the stick, and below it its partitions."""
    disks = [disk for disk in draft.inventory.disks if not disk.live_medium]
    return Pick(
        _("What to back up"),
        source_options(disks, draft.sources),
        help="partitions",
        text=_("A whole disk holds all of its partitions, and can be restored to start again."),
        empty=_("No disk was found."),
    )


def tidy(inventory: Inventory, sources: tuple[str, ...]) -> tuple[str, ...]:
    """Without the partitions of disks that are chosen as a whole."""
    return tuple(path for path in sources if (disk := inventory.find(path)[0]).path == path or disk.path not in sources)


def _level_question(level: int) -> Pick[int]:
    options = tuple(Option(known, name, chosen=known == level) for known, name in _levels().items())
    return Pick(_("Compression"), options, help="backup", text=_("Normal suits nearly everybody."))


async def _run(draft: Draft, front: Front, engine: Engine) -> Draft | None:
    """Run the backup until it is well or given up. None when all is done; else the draft with which to go on."""
    while draft.place is not None:
        try:
            place, job = await _started(draft, draft.place, front, engine)
        except RescueError as error:
            await tell(front, _("The backup did not start"), error, "place")
            return draft
        draft = replace(draft, place=place)
        match await running.watch(front, engine, job, closings.backup_closing):
            case "g":
                continue
            case "a":
                draft = replace(draft, allow_bad=True)
            case "p":
                return replace(draft, place=None)
            case "e":
                await _eject(place, front, engine)
                return None
            case _:
                return None
    return draft


async def _started(draft: Draft, place: Place, front: Front, engine: Engine) -> tuple[Place, Job]:
    """Open the place, make the repository where there is none, and start the job. RescueError."""
    place, repository = await for_writing(front, engine, place)
    request = replace(draft.request(), repository=str(repository))
    title = _("Back up {what}").format(what=words.sources_title(draft.inventory, draft.sources))
    about = running.detail(running.BACKUP, place)
    job = await front.busy(_("Starting …"), lambda: engine.start(request, None, title=title, detail=about))
    return place, job


async def _eject(place: Place, front: Front, engine: Engine) -> None:
    try:
        await front.busy(_("Writing everything to the drive …"), lambda: engine.close_place(place))
    except RescueError as error:
        await tell(front, _("It cannot be unplugged yet"), error, "place")
        return
    await front.read(Page(_("Ready"), (_("The drive can be unplugged now."),), help="place"))
