"""Writing a device: used bytes arrive, zeros are really zeros, free space may be discarded and nothing else."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rescue.cancel import CancelToken
from rescue.devices.blockdev import BlockDevice
from rescue.errors import CancelledError, TargetWriteError
from rescue.events import Meter, Phase, nowhere
from rescue.extents import Extents
from rescue.images.device import DeviceSink, DeviceSource
from rescue.images.layout import Region
from rescue.images.sinks import CompareSink
from rescue.pipeline.copy import copy_region, make_pool
from rescue.repository.format import HOLE
from rescue.repository.snapshot import RegionKind
from rescue.units import KiB, MiB
from tests.unit.repository.backups import CHUNK, STALE, noise

SIZE = 8 * MiB
START = MiB + 512
"""Where the region lands on the target, not where it was on the source."""


class Target(BlockDevice):
    """A drive that remembers what it was told to discard."""

    discarded: list[tuple[int, int]]
    takes_discard = True

    def discard(self, start: int, length: int, cancel: CancelToken | None = None) -> bool:
        del cancel
        self.discarded.append((start, length))
        return self.takes_discard


@pytest.fixture
def target(tmp_path: Path) -> Iterator[Target]:
    """A drive full of old data."""
    path = tmp_path / "target"
    path.write_bytes(bytes([STALE]) * (START + SIZE + MiB))
    with Target.open(str(path), write=True) as device:
        device.discarded = []
        yield device


def clone(folder: Path, data: bytes, used: Extents, target: BlockDevice) -> tuple[Region, DeviceSink]:
    (folder / "source").write_bytes(data)
    region = Region("p1", RegionKind.PARTITION, 1, 0, len(data), used=used)
    cancel = CancelToken()
    sink = DeviceSink(target, {"p1": START}, CHUNK, cancel)
    with BlockDevice.open(str(folder / "source")) as device:
        source = DeviceSource(device, {"p1": 0}, make_pool(CHUNK, cancel), cancel)
        copy_region(region, source, sink, meter=Meter(nowhere, Phase.CLONE, used.total), cancel=cancel)
    sink.flush()
    return region, sink


def on(target: BlockDevice) -> bytes:
    return Path(target.path).read_bytes()


def test_used_bytes_arrive_and_the_rest_stays(target: Target, tmp_path: Path) -> None:
    data = noise(SIZE, 1)
    used = Extents([(0, 4096), (CHUNK - 512, CHUNK + 512), (MiB, 3 * MiB), (SIZE - 512, SIZE)])
    clone(tmp_path, data, used, target)
    found = on(target)
    for start, end in used:
        assert found[START + start : START + end] == data[start:end]
    assert set(found[:START]) == {STALE}
    assert set(found[START + SIZE :]) == {STALE}
    assert set(found[START + 3 * MiB + CHUNK : START + 3 * MiB + 10 * CHUNK]) == {STALE}


def test_zeros_over_used_blocks_really_zero_a_dirty_target(target: Target, tmp_path: Path) -> None:
    used = Extents([(0, 512), (MiB, 3 * MiB + 512), (SIZE - CHUNK, SIZE)])
    clone(tmp_path, bytes(SIZE), used, target)
    found = on(target)
    for start, end in used:
        assert not any(found[START + start : START + end])
    assert set(found[START + 512 : START + MiB]) == {STALE}, "a hole writes nothing beside the used bytes"
    assert set(found[START + 3 * MiB + 512 : START + SIZE - CHUNK]) == {STALE}


PIECES = st.lists(st.tuples(st.integers(0, 255), st.integers(1, 64)), max_size=6).map(
    lambda pairs: Extents((start * 4 * KiB, min(start + count, 256) * 4 * KiB) for start, count in pairs)
)


@settings(max_examples=30)
@given(PIECES, PIECES)
def test_any_used_blocks_and_any_zeros(tmp_path_factory: pytest.TempPathFactory, used: Extents, zeros: Extents) -> None:
    folder = tmp_path_factory.getbasetemp()
    data = bytearray(noise(MiB, 1))
    for start, end in zeros:
        data[start:end] = bytes(end - start)
    (folder / "dirty").write_bytes(bytes([STALE]) * (START + MiB))
    with BlockDevice.open(str(folder / "dirty"), write=True) as target:
        region, sink = clone(folder, bytes(data), used, target)
    found = (folder / "dirty").read_bytes()
    for start, end in used:
        assert found[START + start : START + end] == data[start:end]
    touched = used.aligned(CHUNK, region.size)
    for start, end in touched.complement(region.size):
        assert set(found[START + start : START + end]) <= {STALE}
    if touched:
        numbers = {number for start, end in touched for number in range(start // CHUNK, -(-end // CHUNK))}
        for number in range(16):
            if number not in numbers:
                assert sink.ids["p1"][number] == HOLE


@given(PIECES)
def test_only_free_space_is_discarded(tmp_path_factory: pytest.TempPathFactory, used: Extents) -> None:
    path = tmp_path_factory.getbasetemp() / "discarded"
    path.write_bytes(b"x")
    size = 16 * MiB
    spread = Extents((start * 16, end * 16) for start, end in used)
    region = Region("p1", RegionKind.PARTITION, 1, 0, size, used=spread)
    with Target.open(str(path), write=True) as target:
        target.discarded = []
        DeviceSink(target, {"p1": START}, CHUNK, CancelToken()).discard_unused(region)
    told = Extents((start, start + length) for start, length in target.discarded)
    assert (told & spread.shift(START)).total == 0, "used bytes were discarded"
    assert (told - Extents([(START, START + size)])).total == 0, "bytes outside the region were discarded"
    assert all(start % MiB == 0 and length % MiB == 0 and length for start, length in target.discarded)
    for start, end in spread.complement(size).shift(START):
        first, last = -(-start // MiB) * MiB, end // MiB * MiB
        assert first >= last or told.contains(first, last)


def test_a_device_that_takes_no_discard_is_not_asked_again(target: Target) -> None:
    target.takes_discard = False
    region = Region("p1", RegionKind.PARTITION, 1, 0, SIZE, used=Extents([(3 * MiB, 4 * MiB)]))
    DeviceSink(target, {"p1": START}, CHUNK, CancelToken()).discard_unused(region)
    assert len(target.discarded) == 1


def test_a_discard_that_fails_does_no_harm(target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is a favour to the device; the data is written already."""

    def fails(self: Target, start: int, length: int, cancel: CancelToken | None = None) -> bool:
        del cancel
        raise OSError(5, f"Input/output error at {start}+{length}", self.path)

    monkeypatch.setattr(Target, "discard", fails)
    region = Region("p1", RegionKind.PARTITION, 1, 0, SIZE)
    DeviceSink(target, {"p1": START}, CHUNK, CancelToken()).discard_unused(region)


def test_a_target_that_loses_its_data_is_told_by_flush(target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(self: Target) -> None:
        raise OSError(5, "Input/output error", self.path)

    monkeypatch.setattr(Target, "flush", fails)
    with pytest.raises(TargetWriteError, match="did not take all data"):
        DeviceSink(target, {"p1": START}, CHUNK, CancelToken()).flush()


def test_zeroing_a_large_hole_can_be_stopped(target: Target) -> None:
    cancel = CancelToken()
    cancel.cancel()
    with pytest.raises(CancelledError):
        target.zero(0, SIZE, cancel)


def test_reading_back_finds_every_changed_byte(target: Target, tmp_path: Path) -> None:
    data, used = noise(SIZE, 1), Extents([(0, 4 * MiB), (6 * MiB, 6 * MiB + 512)])
    region, sink = clone(tmp_path, data, used, target)
    assert compared(target, region, sink) == {}
    for offset in (0, 3 * MiB + 5, 6 * MiB + 511):
        flip(target, START + offset)
        assert compared(target, region, sink) == {"p1": 1}
        flip(target, START + offset)
    flip(target, START + 5 * MiB)
    assert compared(target, region, sink) == {}, "free space is not compared"


def flip(target: BlockDevice, offset: int) -> None:
    byte = on(target)[offset]
    target.pwrite(memoryview(bytes([byte ^ 1])), offset)


def compared(target: BlockDevice, region: Region, sink: DeviceSink) -> dict[str, int]:
    cancel = CancelToken()
    source = DeviceSource(target, {"p1": START}, make_pool(CHUNK, cancel), cancel)
    found = CompareSink(sink.ids)
    copy_region(region, source, found, meter=Meter(nowhere, Phase.VERIFY, region.used.total), cancel=cancel)
    return found.differing
