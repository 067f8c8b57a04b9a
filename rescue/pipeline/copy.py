"""The copy engine: one region, any source, any sink.

Memory at defaults: `2 * workers + 3` buffers of one chunk, as many compressed chunks, three packs of 32 MiB (one is
filled, one is joined from its frames and written), 48 MiB of index cache; workers are the processor cores, at most 16:
never more than 35 * 2 + 96 + 48 = 214 MiB. To it come 16 bytes for each used extent. In a restore or a clone, 64 bytes
for each MiB of the disk lie in temporary files.
"""

import os
from contextlib import closing
from typing import TypeVar

from rescue.buffers import BufferPool
from rescue.cancel import CancelToken
from rescue.events import Meter
from rescue.images.base import Piece, Sink, Source, Task
from rescue.images.layout import Region
from rescue.pipeline.ordered import ordered_map

RawT = TypeVar("RawT")
DoneT = TypeVar("DoneT")

MAX_WORKERS = 16


def worker_count() -> int:
    """Threads that hash, compress and write: one a core."""
    return min(len(os.sched_getaffinity(0)), MAX_WORKERS)


def make_pool(chunk_size: int, cancel: CancelToken) -> BufferPool:
    """As many buffers as `copy_region` can have on their way at once."""
    return BufferPool(2 * worker_count() + 3, chunk_size, cancel)


def copy_region(region: Region, source: Source[RawT], sink: Sink[DoneT], *, meter: Meter, cancel: CancelToken) -> None:
    """Copy every chunk of `region`. The first error of source or sink is raised; all threads have ended then."""

    def work(task: Task, raw: RawT) -> DoneT:
        piece: Piece = source.decode(task, raw)
        return sink.put(task, piece)

    workers = worker_count()
    tasks = source.tasks(region)
    mapped = ordered_map(tasks, source.read, work, workers=workers, ahead=2 * workers, cancel=cancel)
    with closing(mapped) as results:  # else an error below keeps its threads alive until somebody handles it
        for task, done in results:
            sink.keep(task, done)
            meter.advance(sum(extent.length for extent in task.used()), region.describe())
