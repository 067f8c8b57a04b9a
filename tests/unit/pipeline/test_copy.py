"""The copy engine: whatever fails, the threads have ended and all buffers are back when the error arrives."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rescue.buffers import BufferPool
from rescue.cancel import CancelToken
from rescue.devices.blockdev import BlockDevice
from rescue.errors import CancelledError, RepositoryFullError, RescueError, TargetWriteError
from rescue.events import Event, Meter, Phase, Progress, nowhere
from rescue.extents import Extents
from rescue.images.base import Piece, Task
from rescue.images.device import DeviceSink, DeviceSource
from rescue.images.layout import Region
from rescue.pipeline.copy import MAX_WORKERS, copy_region, make_pool, worker_count
from rescue.repository.format import CHUNK_SIZE
from rescue.repository.snapshot import RegionKind
from rescue.units import KiB, MiB
from tests.unit.repository.backups import CHUNK, noise

COUNT = 40


@pytest.fixture(autouse=True)
def _no_thread_is_left() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    assert set(threading.enumerate()) <= before


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[BlockDevice]:
    (tmp_path / "disk").write_bytes(noise(COUNT * CHUNK, 1))
    with BlockDevice.open(str(tmp_path / "disk")) as device:
        yield device


REGION = Region("disk", RegionKind.WHOLE, 0, 0, COUNT * CHUNK, used=Extents.whole(COUNT * CHUNK))
STARTS = {"disk": 0}


class Probe:
    """A sink that fails where it is told to, and otherwise only lets go."""

    def __init__(self, fail: Callable[[str, Task], None]) -> None:
        self.fail = fail
        self.kept: list[int] = []

    def put(self, task: Task, piece: Piece) -> int:
        try:
            self.fail("put", task)
        finally:
            if piece.buffer is not None:
                piece.buffer.release()
        return task.number

    def keep(self, task: Task, done: int) -> None:
        self.fail("keep", task)
        assert done == task.number
        self.kept.append(done)


class FailingSource(DeviceSource):
    """A device whose reading fails where it is told to."""

    fail: Callable[[str, Task], None]

    def _read_run(self, task: Task, view: memoryview, start: int, end: int) -> None:
        self.fail("read", task)
        super()._read_run(task, view, start, end)


def all_back(pool: BufferPool, count: int) -> bool:
    """True when every buffer of the pool can be taken without waiting, and no more."""
    fresh = pool._free
    return fresh.qsize() == count and len({id(pool.take(1)) for _ in range(count)}) == count


@pytest.mark.parametrize("stage", ["read", "put", "keep", "nowhere"])
@pytest.mark.parametrize("number", [0, 1, 17, COUNT - 1])
def test_an_error_anywhere(disk: BlockDevice, stage: str, number: int) -> None:
    def fail(where: str, task: Task) -> None:
        if (where, task.number) == (stage, number):
            raise RepositoryFullError(f"{where} {task.number}")

    cancel = CancelToken()
    count = 2 * worker_count() + 3
    pool = BufferPool(count, CHUNK, cancel)
    source = FailingSource(disk, STARTS, pool, cancel)
    source.fail = fail
    sink = Probe(fail)
    meter = Meter(nowhere, Phase.BACKUP, REGION.size)
    before = threading.active_count()
    if stage == "nowhere":
        copy_region(REGION, source, sink, meter=meter, cancel=cancel)
        assert sink.kept == list(range(COUNT))
    else:
        with pytest.raises(RepositoryFullError, match=f"{stage} {number}") as caught:
            copy_region(REGION, source, sink, meter=meter, cancel=cancel)
        assert threading.active_count() == before, "threads work on although the error is known"
        assert sink.kept == list(range(number))
        assert caught.traceback
    assert all_back(pool, count)


def test_cancelled_in_the_middle(disk: BlockDevice) -> None:
    cancel = CancelToken()

    def stop(where: str, task: Task) -> None:
        if (where, task.number) == ("keep", 5):
            cancel.cancel()

    count = 2 * worker_count() + 3
    pool = BufferPool(count, CHUNK, cancel)
    sink = Probe(stop)
    with pytest.raises(CancelledError):
        copy_region(
            REGION,
            DeviceSource(disk, STARTS, pool, cancel),
            sink,
            meter=Meter(nowhere, Phase.BACKUP, REGION.size),
            cancel=cancel,
        )
    assert len(sink.kept) < COUNT
    assert pool._free.qsize() == count


def test_a_listener_that_fails_ends_the_copy(disk: BlockDevice) -> None:
    def deaf(event: Event) -> None:
        raise BrokenPipeError(event)

    cancel = CancelToken()
    pool = make_pool(CHUNK, cancel)
    before = threading.active_count()
    with pytest.raises(BrokenPipeError) as caught:
        copy_region(
            REGION,
            DeviceSource(disk, STARTS, pool, cancel),
            Probe(lambda _where, _task: None),
            meter=Meter(deaf, Phase.BACKUP, REGION.size),
            cancel=cancel,
        )
    assert threading.active_count() == before
    assert caught.traceback


def test_progress_counts_used_bytes(disk: BlockDevice) -> None:
    used = Extents([(0, 512), (3 * CHUNK - 512, 3 * CHUNK + 512), (10 * CHUNK, 12 * CHUNK)])
    region = Region("disk", RegionKind.WHOLE, 0, 0, REGION.size, used=used)
    seen: list[Event] = []
    cancel = CancelToken()
    copy_region(
        region,
        DeviceSource(disk, STARTS, make_pool(CHUNK, cancel), cancel),
        Probe(lambda _where, _task: None),
        meter=Meter(seen.append, Phase.CLONE, used.total),
        cancel=cancel,
    )
    assert seen[-1] == Progress(Phase.CLONE, used.total, used.total, "disk raw")


def test_a_target_that_fails(disk: BlockDevice, tmp_path: Path) -> None:
    """It is the target that is blamed, with the place."""
    (tmp_path / "target").write_bytes(bytes(REGION.size))
    cancel = CancelToken()
    pool = make_pool(CHUNK, cancel)
    with BlockDevice.open(str(tmp_path / "target"), write=True) as target:
        original = target.pwrite

        def pwrite(data: memoryview, offset: int) -> None:
            if offset >= 9 * CHUNK:
                raise OSError(5, "Input/output error")
            original(data, offset)

        target.pwrite = pwrite  # type: ignore[method-assign]
        sink = DeviceSink(target, STARTS, CHUNK, cancel)
        with pytest.raises(TargetWriteError, match=f"byte {9 * CHUNK}") as caught:
            copy_region(
                REGION,
                DeviceSource(disk, STARTS, pool, cancel),
                sink,
                meter=Meter(nowhere, Phase.CLONE, REGION.size),
                cancel=cancel,
            )
    assert isinstance(caught.value, RescueError)
    assert all_back(pool, 2 * worker_count() + 3)


def test_memory_is_bounded_as_promised() -> None:
    """The formula in rescue/pipeline/copy.py, at its largest."""
    buffers, frames = 2 * MAX_WORKERS + 3, 2 * MAX_WORKERS + 3
    total = (buffers + frames) * CHUNK_SIZE + 2 * 32 * MiB + 48 * MiB
    assert total <= 512 * MiB
    assert 1 <= worker_count() <= MAX_WORKERS
    assert make_pool(64 * KiB, CancelToken()).size == 64 * KiB
