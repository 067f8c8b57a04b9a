"""Clone: a source, a target, before and after, the typed identity, the job."""

from dataclasses import dataclass, replace

from rescue.devices.model import Inventory
from rescue.flows import closings, likely, words
from rescue.flows.asking import look, read_back_row, source_options
from rescue.flows.engine import Engine
from rescue.flows.front import START, Front, Pick, Row, Sheet
from rescue.flows.overwrite import overwrite, target_estimate, target_question
from rescue.language import _
from rescue.operations.commands import command
from rescue.operations.prepare import CloneRequest


@dataclass(frozen=True, slots=True)
class Draft:
    """What is chosen so far."""

    inventory: Inventory
    source: str = ""
    target: str = ""
    verify: bool = True
    allow_bad: bool = False

    def request(self) -> CloneRequest:
        """The request of a draft."""
        return CloneRequest(self.source, self.target, allow_bad=self.allow_bad, verify=self.verify)

    def missing(self) -> str:
        """The first row that has to be chosen; empty when all are."""
        return "source" if not self.source else "target" if not self.target else ""

    @property
    def whole(self) -> bool:
        """True for a disk, False for a partition."""
        return not self.source or self.inventory.find(self.source)[1] is None


async def clone(front: Front, engine: Engine) -> None:
    """From the first screen to a result that somebody has read."""
    inventory = await look(front, engine)
    system = likely.main_disk(inventory)
    draft = Draft(inventory, system.path if system and likely.has_system(system) else "")
    while (answer := await front.sheet(sheet(draft, engine))) is not None:
        if answer == START:
            if await _run(draft, front, engine):
                return
            continue
        draft = await _changed(draft, answer, front, engine)


def sheet(draft: Draft, engine: Engine) -> Sheet:
    """The page of a draft."""
    missing = draft.missing()
    rows = (
        Row("source", "f", _("From"), _text(draft, draft.source), "" if draft.source else _("choose")),
        Row("target", "t", _("To"), _text(draft, draft.target), "" if draft.target else _("choose")),
        read_back_row(verify=draft.verify),
        Row("bad", "b", _("Bad sectors"), _("go on past them") if draft.allow_bad else _("stop at the first one")),
    )
    return Sheet(
        title=_("Clone"),
        rows=rows,
        help="clone",
        start="" if missing else _("Go on: you are asked before anything is written"),
        text=_("The source is not changed. Everything on the target is overwritten."),
        missing=missing,
        command=() if missing else (words.command_line(*command(draft.request())),),
        estimate=None
        if missing
        else lambda: target_estimate(draft.request(), draft.inventory, engine, verify=draft.verify),
    )


def _text(draft: Draft, path: str) -> str:
    return words.sources_title(draft.inventory, (path,)) if path else ""


async def _changed(draft: Draft, row: str, front: Front, engine: Engine) -> Draft:
    match row:
        case "source":
            source = await front.pick(source_question(draft))
            return draft if source is None else replace(draft, source=source, target="")
        case "target":
            draft = replace(draft, inventory=await look(front, engine))
            question = await target_question(front, engine, draft.inventory, draft.request(), whole=draft.whole)
            target = await front.pick(question)
            return draft if target is None else replace(draft, target=target)
        case "verify":
            return replace(draft, verify=not draft.verify)
        case _:
            return replace(draft, allow_bad=not draft.allow_bad)


def source_question(draft: Draft) -> Pick[str]:
    """Every disk, and below it its partitions."""
    options = source_options(draft.inventory.disks, (draft.source,))
    return Pick(_("What to clone"), options, help="clone", empty=_("No disk was found."))


async def _run(draft: Draft, front: Front, engine: Engine) -> bool:
    title = _("Clone {source} to {target}").format(source=_text(draft, draft.source), target=_text(draft, draft.target))
    return await overwrite(front, engine, draft.request(), draft.inventory, title=title, close=closings.write_closing)
