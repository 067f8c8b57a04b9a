"""Just before the first byte: is everything still what the plan was made for?"""

from rescue.devices.model import Identity, Inventory
from rescue.errors import DeviceNotFoundError, SourceReadError, TargetChangedError
from rescue.images.layout import Layout
from rescue.language import _
from rescue.operations.claims import require_unlocked, require_unwritten
from rescue.operations.prepare import look
from rescue.plans.safety import require_source, require_target
from rescue.plans.token import Destructive


def recheck_source(layout: Layout) -> Inventory:
    """The disks as they are now. SourceReadError when the source is another disk, SourceRefusedError when in use."""
    inventory = look()
    try:
        disk = inventory.disk(layout.path)
    except DeviceNotFoundError as error:
        raise SourceReadError(_("{path} is gone.").format(path=layout.path), hint=_("Connect it again.")) from error
    require_same(layout.identity, disk.identity, layout.path, SourceReadError)
    numbers = {region.number for region in layout.included if region.number}
    require_source(disk, numbers or None)
    require_unwritten(disk, numbers or None)
    return inventory


def recheck_target(plan: Destructive, repository: str | None = None, image: str | None = None) -> Inventory:
    """The disks as they are now. TargetChangedError when the target is another disk, or TargetRefusedError.

    `repository` and `image` are files that the job needs, which must not lie on the target.
    """
    inventory = look()
    try:
        disk, part = inventory.find(plan.target.path)
    except DeviceNotFoundError as error:
        raise TargetChangedError(_("{path} is gone. Nothing was written.").format(path=plan.target.path)) from error
    require_same(plan.target.identity, disk.identity, disk.path, TargetChangedError)
    if part is not None and part.size != plan.target.size:
        raise TargetChangedError(_("{path} has another size than before. Nothing was written.").format(path=part.path))
    require_unlocked(disk)
    require_target(inventory, disk, part, repository=repository, image=image)
    return inventory


def require_same(
    expected: Identity, found: Identity, path: str, error: type[SourceReadError] | type[TargetChangedError]
) -> None:
    """`error` when the disk that is found is not the one that is expected."""
    differences = expected.differences(found)
    if differences:
        raise error(
            _("{path} is not the disk that the plan was made for: {differences} Nothing was written.").format(
                path=path, differences=" ".join(differences)
            ),
            hint=_("Look at the disks again with `rescue disks`."),
        )
