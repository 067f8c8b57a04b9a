"""What every flow shares that overwrites a disk: which targets are possible, before and after, the typed identity."""

from collections.abc import Callable

from rescue.devices.model import Inventory
from rescue.errors import RescueError, UsageError
from rescue.flows import running, words
from rescue.flows.asking import tell
from rescue.flows.ending import Closing, Ending
from rescue.flows.engine import Agreed, Engine
from rescue.flows.front import Danger, Estimate, Front, Option, Pick, Picture
from rescue.flows.pictures import after
from rescue.language import _
from rescue.operations.commands import Request, command
from rescue.operations.jobs import Job
from rescue.plans.backup import BackupPlan
from rescue.plans.token import Destructive
from rescue.plans.write import WritePlan
from rescue.units import format_size


async def target_question(
    front: Front, engine: Engine, inventory: Inventory, request: Request, *, whole: bool
) -> Pick[str]:
    """Every disk, or every partition, with the reason beside it where it cannot be the target."""
    reasons = await front.busy(_("Looking which disks fit …"), lambda: engine.refusals(request, inventory, whole=whole))
    options: list[Option[str]] = []
    for disk in inventory.disks:
        if whole:
            options.append(Option(disk.path, words.disk_title(disk), disk=disk, refused=reasons.get(disk.path, "")))
            continue
        options += [
            Option(
                part.path,
                f"{part.path}  {words.partition_title(part)}",
                (words.disk_title(disk),),
                refused=reasons.get(part.path, ""),
            )
            for part in disk.partitions
        ]
    text = _("What you choose is overwritten. Nothing happens yet: you are asked once more.")
    return Pick(_("Where to"), tuple(options), help="target", text=text, empty=_("No disk was found."))


def target_estimate(request: Request, inventory: Inventory, engine: Engine, *, verify: bool) -> Estimate:
    """Before and after of the target, and how long it takes; or why it is not possible."""
    try:
        plan = engine.prepare(request)
    except RescueError as error:
        return Estimate(problem=error.message, hint=error.hint)
    lines: list[str] = []
    if isinstance(plan, WritePlan):
        time = words.duration(plan.used_bytes, times=2 if verify else 1)
        lines.append(_("{size} are written. Takes {time}.").format(size=format_size(plan.used_bytes), time=time))
        lines += plan.notes
    return Estimate(tuple(lines), pictures(plan, inventory))


def pictures(plan: object, inventory: Inventory) -> tuple[Picture, ...]:
    """The target now and afterwards; none for what changes no layout."""
    if not isinstance(plan, WritePlan):
        return ()
    disk = inventory.disk(plan.target.disk_path)
    return Picture(_("Now, and lost then"), disk), Picture(_("Afterwards"), after(plan, disk))


async def overwrite(
    front: Front,
    engine: Engine,
    request: Request,
    inventory: Inventory,
    *,
    title: str,
    close: Callable[[Ending], Closing],
) -> bool:
    """Prepare anew, show the plan, have the identity typed, run it. True when the person is done; False to go back."""
    again = True
    while again:
        try:
            job = await _agreed_job(front, engine, request, inventory, title)
        except RescueError as error:
            await tell(front, _("This is not possible"), error, "target")
            return False
        if job is None:
            return False
        again = await running.watch(front, engine, job, close) == "g"
    return True


async def _agreed_job(front: Front, engine: Engine, request: Request, inventory: Inventory, title: str) -> Job | None:
    """The job, once the identity was typed; None where the person goes back. RescueError."""
    plan = await front.busy(_("Making the plan …"), lambda: engine.prepare(request))
    if isinstance(plan, BackupPlan):
        raise UsageError(_("This overwrites nothing."))
    if await front.confirm(_danger(title, plan, request, inventory)) is None:
        return None
    agreed = Agreed(plan.target.confirm, plan.digest())
    about = running.detail(running.WRITE)
    return await front.busy(_("Starting …"), lambda: engine.start(request, agreed, title=title, detail=about))


def _danger(title: str, plan: Destructive, request: Request, inventory: Inventory) -> Danger:
    """The question. The end of the identity is enough, where no other disk's identity ends so."""
    target = plan.target
    others = [disk.confirm for disk in inventory.disks if disk.path != target.disk_path]
    agreed = ("--yes", "--confirm", target.confirm)
    return Danger(
        title=title,
        steps=plan.describe(),
        target=words.sources_title(inventory, (target.path,)),
        confirm=words.short_confirm(target.confirm, others),
        pictures=pictures(plan, inventory),
        command=(words.command_line(*command(request), *agreed),),
    )
