"""Small questions and answers that many flows share."""

from collections.abc import Iterable

from rescue.devices.model import Disk, Inventory
from rescue.errors import RescueError
from rescue.flows import words
from rescue.flows.engine import Engine
from rescue.flows.front import Front, Option, Page, Row
from rescue.language import _
from rescue.places.model import Place


async def look(front: Front, engine: Engine) -> Inventory:
    """The disks that are there now."""
    return await front.busy(_("Looking at the disks …"), engine.look)


async def look_for_places(front: Front, engine: Engine) -> tuple[Inventory, tuple[Place, ...]]:
    """The disks that are there now, and where backups can lie."""
    inventory = await look(front, engine)
    return inventory, await front.busy(_("Looking for drives …"), lambda: engine.places(inventory))


async def tell(front: Front, title: str, error: RescueError, topic: str) -> None:
    """Show what is not possible, why, and what to do."""
    await front.read(Page(title, tuple(filter(None, (error.message, error.hint))), help=topic))


def read_back_row(*, verify: bool) -> Row:
    """Whether what was written is read back."""
    return Row("verify", "v", _("Read back"), _("yes, and compare") if verify else _("no"))


def source_options(disks: Iterable[Disk], chosen: Iterable[str]) -> tuple[Option[str], ...]:
    """Every disk, and below it its partitions. What somebody writes to at this moment is refused."""
    options: list[Option[str]] = []
    for disk in disks:
        title = _("Whole disk: {disk}").format(disk=words.disk_title(disk))
        refused = words.writers(disk)
        options.append(Option(disk.path, title, disk=disk, refused=refused, chosen=disk.path in chosen))
        options += [
            Option(part.path, "   " + words.partition_title(part), chosen=part.path in chosen)
            for part in disk.partitions
        ]
    return tuple(options)
