"""Device to device."""

from rescue.cancel import CancelToken
from rescue.devices.blockdev import BlockDevice
from rescue.events import Outcome, Sink
from rescue.extents import Extents
from rescue.images.device import DeviceSource
from rescue.images.layout import Layout
from rescue.language import _
from rescue.operations.recheck import recheck_source
from rescue.operations.write import Origin, run_write
from rescue.pipeline.copy import make_pool
from rescue.plans.token import Confirmation
from rescue.plans.write import WritePlan
from rescue.repository.format import CHUNK_SIZE


def run_clone(
    plan: WritePlan, confirmation: Confirmation, layout: Layout, *, allow_bad: bool, sink: Sink, cancel: CancelToken
) -> Outcome:
    """Write a source disk, or one partition of it, as planned. The source is only read.

    See `run_write` for the state of the target after an error.
    """
    recheck_source(layout)
    starts = {region.name: region.start for region in layout.regions}
    pool = make_pool(CHUNK_SIZE, cancel)
    with BlockDevice.open(layout.path) as device:
        device.drop_cache()
        source = DeviceSource(device, starts, pool, cancel, allow_bad=allow_bad)

        def losses(name: str) -> tuple[str, ...]:
            lost = Extents(source.bad.get(name, [])).total
            return (_("{lost} bytes could not be read and stand as zeros.").format(lost=lost),) if lost else ()

        return run_write(plan, confirmation, Origin(source, pool, losses), sink=sink, cancel=cancel)
