"""Snapshot to device."""

from rescue.cancel import CancelToken
from rescue.events import Outcome, Sink
from rescue.images.snapshot import SnapshotSource
from rescue.operations.verify import load_ids
from rescue.operations.write import Origin, run_write
from rescue.pipeline.copy import make_pool
from rescue.plans.token import Confirmation
from rescue.plans.write import WritePlan
from rescue.repository.repository import Repository
from rescue.repository.snapshot import DiskRecord


def run_restore(
    plan: WritePlan,
    confirmation: Confirmation,
    repository: Repository,
    record: DiskRecord,
    *,
    sink: Sink,
    cancel: CancelToken,
) -> Outcome:
    """Write a disk of a snapshot as planned. Every chunk is known to be in the repository before the first write.

    A region that was PARTIAL when it was backed up is PARTIAL again. See `run_write` for the state after an error.
    """
    pool = make_pool(repository.chunk_size, cancel)
    source = SnapshotSource(repository, load_ids(repository, record), pool)
    reasons = {region.name: region.reasons for region in record.regions if region.bad}
    origin = Origin(source, pool, lambda name: reasons.get(name, ()), str(repository.place.root))
    return run_write(plan, confirmation, origin, sink=sink, cancel=cancel)
