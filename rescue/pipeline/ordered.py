"""The one shape of all our concurrency: read in order, work in parallel, take the results in order.

    reader thread: fetch(task) ──► worker threads: work(task, raw) ──► caller: results in the order of the tasks

At most `ahead` results wait, so memory is bounded. The first error, wherever it happens, ends everything and reaches
the caller; when the generator ends in any way, all threads have ended.
"""

import queue
import threading
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import TypeVar

from rescue.cancel import CancelToken

TaskT = TypeVar("TaskT")
RawT = TypeVar("RawT")
DoneT = TypeVar("DoneT")

_POLL_SECONDS = 0.1


def ordered_map(
    tasks: Iterable[TaskT],
    fetch: Callable[[TaskT], RawT],
    work: Callable[[TaskT, RawT], DoneT],
    *,
    workers: int,
    ahead: int,
    cancel: CancelToken,
) -> Generator[tuple[TaskT, DoneT], None, None]:
    """Yield `(task, work(task, fetch(task)))` for every task, in order. CancelledError once `cancel` is set.

    Close the generator, with `contextlib.closing`, where the loop over it may raise.
    """
    results: queue.Queue[tuple[TaskT, Future[DoneT]] | BaseException | None] = queue.Queue(ahead)
    stop = threading.Event()
    pool = ThreadPoolExecutor(workers, thread_name_prefix="worker")
    reader = threading.Thread(target=_feed, args=(tasks, fetch, work, pool, results, stop, cancel), name="reader")
    reader.start()
    try:
        while (item := results.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            task, future = item
            yield task, future.result()
    finally:
        stop.set()
        reader.join()  # it may wait for a buffer, which the workers that still run give back
        pool.shutdown(wait=True)


def _feed(
    tasks: Iterable[TaskT],
    fetch: Callable[[TaskT], RawT],
    work: Callable[[TaskT, RawT], DoneT],
    pool: ThreadPoolExecutor,
    results: "queue.Queue[tuple[TaskT, Future[DoneT]] | BaseException | None]",
    stop: threading.Event,
    cancel: CancelToken,
) -> None:
    """Body of the reader thread."""
    end: BaseException | None = None
    try:
        for task in tasks:
            cancel.raise_if_cancelled()
            if stop.is_set() or not _put(results, (task, pool.submit(work, task, fetch(task))), stop):
                return
    except BaseException as error:  # noqa: BLE001 - it is raised again in the caller's thread
        end = error
    _put(results, end, stop)


def _put(
    results: "queue.Queue[tuple[TaskT, Future[DoneT]] | BaseException | None]",
    item: tuple[TaskT, Future[DoneT]] | BaseException | None,
    stop: threading.Event,
) -> bool:
    """Wait for room; False when the caller has gone away."""
    while not stop.is_set():
        with suppress(queue.Full):
            results.put(item, timeout=_POLL_SECONDS)
            return True
    return False
