"""Reading a device: only used bytes, exact bad sectors, and a device that is gone is not a device with bad sectors."""

import errno
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rescue.buffers import BufferPool
from rescue.cancel import CancelToken
from rescue.devices.blockdev import BlockDevice
from rescue.errors import CancelledError, SourceReadError
from rescue.events import Meter, Outcome, Phase, nowhere
from rescue.extents import Extent, Extents
from rescue.images.base import Piece, Task
from rescue.images.device import DeviceSource, bridged
from rescue.images.layout import Region
from rescue.images.snapshot import record_of
from rescue.pipeline.copy import copy_region, make_pool
from rescue.repository.format import HOLE, chunk_id
from rescue.repository.snapshot import RegionKind
from rescue.units import KiB
from tests.unit.repository.backups import CHUNK, noise

SECTOR = 512
START = 3 * CHUNK + 7 * SECTOR
"""Where the region begins on the disk: at no chunk."""


class Gather:
    """A sink that puts the chunks together again."""

    def __init__(self, size: int) -> None:
        self.data = bytearray(b"\xaa" * size)
        self.chunks: dict[int, bytes] = {}

    def put(self, task: Task, piece: Piece) -> bytes:
        if piece.buffer is None:
            self.data[task.offset : task.offset + task.length] = bytes(task.length)
        else:
            self.data[task.offset : task.offset + task.length] = piece.buffer.view
            piece.buffer.release()
        return piece.chunk

    def keep(self, task: Task, done: bytes) -> None:
        self.chunks[task.number] = done


class FaultyDevice(BlockDevice):
    """A drive with faults: `fault` says for a read (offset, length) which errno it ends with, 0 for none."""

    fault: Callable[[int, int], int]
    reads: list[tuple[int, int]]

    def pread_into(self, buffer: memoryview, offset: int) -> int:
        self.reads.append((offset, len(buffer)))
        code = self.fault(offset, len(buffer))
        if code:
            raise OSError(code, "what the kernel says", self.path)
        return super().pread_into(buffer, offset)


def bad_sectors(*bad: tuple[int, int], code: int = errno.EIO) -> Callable[[int, int], int]:
    """Reads that touch one of these ranges of the disk fail."""
    faulty = Extents(bad)
    return lambda offset, length: code if any(faulty.between(offset, offset + length)) else 0


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[FaultyDevice]:
    path = tmp_path / "disk"
    path.write_bytes(noise(24 * CHUNK, 1))
    with FaultyDevice.open(str(path)) as device:
        device.fault = bad_sectors()
        device.reads = []
        yield device


def region(size: int, used: Extents | None = None) -> Region:
    return Region("p1", RegionKind.PARTITION, 1, START, size, used=Extents.whole(size) if used is None else used)


def read(device: BlockDevice, part: Region, *, allow_bad: bool = False) -> tuple[Gather, DeviceSource]:
    cancel = CancelToken()
    source = DeviceSource(device, {"p1": part.start}, make_pool(CHUNK, cancel), cancel, allow_bad=allow_bad)
    sink = Gather(part.size)
    copy_region(part, source, sink, meter=Meter(nowhere, Phase.BACKUP, part.used.total), cancel=cancel)
    return sink, source


def content(device: BlockDevice, part: Region) -> bytes:
    return Path(device.path).read_bytes()[part.start : part.end]


def test_a_whole_region(disk: FaultyDevice) -> None:
    part = region(5 * CHUNK + SECTOR)
    sink, source = read(disk, part)
    assert bytes(sink.data) == content(disk, part)
    assert sink.chunks[5] == chunk_id(content(disk, part)[5 * CHUNK :])
    assert source.bad == {}


SECTORS = st.lists(st.tuples(st.integers(0, 640), st.integers(1, 200)), max_size=8).map(
    lambda pairs: Extents((start * SECTOR, min(start + count, 641) * SECTOR) for start, count in pairs)
)


@given(used=SECTORS)
def test_stale_bytes_never_reach_a_chunk(tmp_path_factory: pytest.TempPathFactory, used: Extents) -> None:
    """Whatever is used, the rest of a chunk is zero, also where it is read along."""
    path = tmp_path_factory.getbasetemp() / "stale-disk"
    part = region(641 * SECTOR, used)
    if not path.exists():
        path.write_bytes(b"\xee" * (part.end + 4096))
    with BlockDevice.open(str(path)) as device:
        sink, _ = read(device, part)
    wanted = bytearray(part.size)
    for start, end in used:
        wanted[start:end] = b"\xee" * (end - start)
    touched = {byte // CHUNK for extent in used for byte in range(extent.start, extent.end, SECTOR)}
    assert set(sink.chunks) == touched
    for number in touched:
        piece = slice(number * CHUNK, min((number + 1) * CHUNK, part.size))
        assert sink.data[piece] == wanted[piece]
        assert sink.chunks[number] == chunk_id(bytes(wanted[piece]))


def test_only_used_bytes_and_small_gaps_are_read(disk: FaultyDevice) -> None:
    used = Extents([(0, SECTOR), (10 * SECTOR, 11 * SECTOR), (8 * CHUNK, 9 * CHUNK)])
    read(disk, region(12 * CHUNK, used))
    assert disk.reads == [(START, 11 * SECTOR), (START + 8 * CHUNK, CHUNK)]


def test_zeros_are_a_hole(disk: FaultyDevice, tmp_path: Path) -> None:
    path = tmp_path / "zeros"
    path.write_bytes(bytes(START + 2 * CHUNK))
    del disk
    with BlockDevice.open(str(path)) as device:
        sink, _ = read(device, region(2 * CHUNK))
    assert set(sink.chunks.values()) == {HOLE}


@given(st.lists(st.tuples(st.integers(0, 1000), st.integers(1, 400)), max_size=12))
def test_bridging_reads_all_that_is_used_and_little_more(pairs: list[tuple[int, int]]) -> None:
    used = Extents((start * KiB, (start + length) * KiB) for start, length in pairs)
    runs = list(bridged(list(used)))
    assert (used - Extents(runs)).total == 0
    assert all(gap.length < 128 * KiB for run in runs for gap in (Extents([run]) - used))
    assert all(second.start - first.end >= 128 * KiB for first, second in pairwise(runs))


def aligned(*bad: tuple[int, int]) -> Extents:
    """What is lost: pieces of 4 KiB of the chunk."""
    return Extents(bad).aligned(4 * KiB, 24 * CHUNK)


@pytest.mark.parametrize("code", [errno.EIO, errno.ENODATA, errno.EREMOTEIO, errno.ETIMEDOUT])
@pytest.mark.parametrize(
    "bad",
    [
        [(0, 512)],
        [(5 * 4096, 5 * 4096 + 512)],
        [(CHUNK - 512, CHUNK + 512)],
        [(512, 1024), (3 * CHUNK, 4 * CHUNK), (6 * CHUNK + 8192, 6 * CHUNK + 8193)],
        [(8 * CHUNK - 1, 8 * CHUNK)],
    ],
)
def test_bad_sectors_are_exact_extents_of_zeros(disk: FaultyDevice, bad: list[tuple[int, int]], code: int) -> None:
    part = region(8 * CHUNK)
    disk.fault = bad_sectors(*[(START + start, START + end) for start, end in bad], code=code)
    sink, source = read(disk, part, allow_bad=True)
    lost = aligned(*bad)
    assert source.bad["p1"] == list(lost), "merged, in order, relative to the region"
    wanted = bytearray(content(disk, part))
    for start, end in lost:
        wanted[start:end] = bytes(end - start)
    assert bytes(sink.data) == wanted
    assert all(end - start <= 4 * KiB for start, end in _failed(disk) if end - start < CHUNK)


def _failed(disk: FaultyDevice) -> list[tuple[int, int]]:
    return [(offset, offset + length) for offset, length in disk.reads if disk.fault(offset, length)]


def test_the_record_of_a_region_with_losses_is_partial(disk: FaultyDevice) -> None:
    part = region(4 * CHUNK)
    disk.fault = bad_sectors((START + 4096, START + 3 * 4096))
    _, source = read(disk, part, allow_bad=True)
    record = record_of(part, (), (), source.bad["p1"])
    assert record.outcome is Outcome.PARTIAL
    assert record.bad == ((4096, 8192),)
    assert record.reasons == ("8192 bytes could not be read and stand as zeros.",)
    assert record_of(part, (), (), []).outcome is Outcome.OK


def test_bad_sectors_in_free_space_are_no_loss(disk: FaultyDevice) -> None:
    """They are met only where a gap is read along."""
    used = Extents([(0, 4096), (16384, 20480)])
    disk.fault = bad_sectors((START + 8192, START + 8704))
    sink, source = read(disk, region(CHUNK, used))
    assert source.bad == {}
    assert sink.data[16384:20480] == content(disk, region(CHUNK))[16384:20480]


def test_only_the_used_part_of_a_bad_piece_is_lost(disk: FaultyDevice) -> None:
    used = Extents([(0, 1024), (2048, 2560)])
    disk.fault = bad_sectors((START, START + 4096))
    _, source = read(disk, region(CHUNK, used), allow_bad=True)
    assert source.bad["p1"] == [Extent(0, 1024), Extent(2048, 2560)]


def test_without_leave_a_bad_sector_ends_the_job(disk: FaultyDevice) -> None:
    disk.fault = bad_sectors((START + 5 * CHUNK, START + 5 * CHUNK + 512))
    with pytest.raises(SourceReadError, match=f"byte {START + 5 * CHUNK} ") as caught:
        read(disk, region(8 * CHUNK))
    assert "--allow-bad-sectors" in caught.value.hint


@pytest.mark.parametrize("allow_bad", [True, False])
@pytest.mark.parametrize("code", [errno.ENXIO, errno.ENODEV, errno.ENOMEDIUM])
def test_a_device_that_says_it_is_gone(disk: FaultyDevice, code: int, *, allow_bad: bool) -> None:
    disk.fault = lambda offset, _length: code if offset >= START + 3 * CHUNK else 0
    with pytest.raises(SourceReadError, match="is gone"):
        read(disk, region(8 * CHUNK), allow_bad=allow_bad)


@pytest.mark.parametrize("node_stays", [True, False])
def test_a_device_that_is_unplugged(disk: FaultyDevice, *, node_stays: bool) -> None:
    """From some moment on no sector can be read, also not one that could; the node goes at once, later or never."""
    gone = False

    def fault(offset: int, length: int) -> int:
        nonlocal gone
        if offset + length > START + 3 * CHUNK and not gone:
            gone = True
            if not node_stays:
                Path(disk.path).unlink()
        return errno.EIO if gone else 0

    disk.fault = fault
    with pytest.raises(SourceReadError, match="is gone"):
        read(disk, region(8 * CHUNK), allow_bad=True)


def test_a_file_that_was_cut_is_not_read_as_zeros(disk: FaultyDevice) -> None:
    with Path(disk.path).open("r+b") as stream:
        stream.truncate(START + 4 * CHUNK)
    with pytest.raises(SourceReadError):
        read(disk, region(8 * CHUNK))


def test_a_drive_full_of_bad_sectors_can_be_stopped(disk: FaultyDevice) -> None:
    cancel = CancelToken()

    def fault(offset: int, length: int) -> int:
        del offset
        if length < CHUNK and len(disk.reads) > 5:
            cancel.cancel()
        return errno.EIO

    disk.fault = fault
    part = region(8 * CHUNK)
    source = DeviceSource(disk, {"p1": START}, BufferPool(8, CHUNK, cancel), cancel, allow_bad=True)
    with pytest.raises(CancelledError):
        copy_region(part, source, Gather(part.size), meter=Meter(nowhere, Phase.BACKUP, 1), cancel=cancel)
    assert len(disk.reads) < 12
