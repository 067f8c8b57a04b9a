"""Open block devices: what is written is on the device, and what must not be written is not."""

import errno
import os
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from rescue.cancel import CancelToken
from rescue.devices.blockdev import BlockDevice, aligned_buffer
from rescue.errors import CancelledError, DeviceNotFoundError, NotRootError, TargetRefusedError
from tests.disk.devices.samples import MIB, blank, mounted, partitioned, run
from tests.samples.loop import attached, partition

pytestmark = pytest.mark.disk
SIZE = 16 * MIB


@pytest.fixture
def image(tmp_path: Path) -> Path:
    return blank(tmp_path / "disk.img", SIZE)


@pytest.fixture(params=["loop512", "loop4096", "file"])
def path(request: pytest.FixtureRequest, image: Path) -> Iterator[str]:
    """The same disk as loop device with small and large sectors, and as a file."""
    if request.param == "file":
        yield str(image)
        return
    with attached(image, sector_size=int(request.param.removeprefix("loop"))) as device:
        yield device


def junk(size: int) -> memoryview:
    buffer = aligned_buffer(size)
    buffer[:] = random.Random(size).randbytes(size)
    return buffer


def read(device: BlockDevice, offset: int, size: int) -> bytes:
    buffer = aligned_buffer(size)
    assert device.pread_into(buffer, offset) == size
    return bytes(buffer)


def test_what_is_written_comes_back(path: str, image: Path) -> None:
    data = junk(3 * MIB)
    with BlockDevice.open(path, write=True, exclusive=True) as device:
        assert device.size == SIZE
        device.pwrite(data, 8192)
        device.flush()
        device.drop_cache()
        assert read(device, 8192, len(data)) == data
        assert read(device, 0, 8192) == bytes(8192)
    run("sync", str(image))
    assert image.read_bytes()[8192 : 8192 + len(data)] == data


@pytest.mark.parametrize("sector_size", [512, 4096])
def test_sector_size(image: Path, sector_size: int) -> None:
    with attached(image, sector_size=sector_size) as path, BlockDevice.open(path) as device:
        assert device.logical_sector_size == sector_size


def test_reading_and_writing_beyond_the_end_is_an_error(path: str) -> None:
    with BlockDevice.open(path, write=True) as device:
        with pytest.raises(OSError, match="ends at byte"):
            device.pread_into(aligned_buffer(8192), SIZE - 4096)
        if Path(path).is_block_device():
            with pytest.raises(OSError, match=r"No space left|ends at byte"):
                device.pwrite(aligned_buffer(8192), SIZE - 4096)


def test_discard_and_zero(path: str, image: Path) -> None:
    with BlockDevice.open(path, write=True) as device:
        device.pwrite(junk(SIZE), 0)
        device.flush()
        full = image.stat().st_blocks
        assert device.discard(0, 4 * MIB)
        device.zero(4 * MIB, 4 * MIB)
        device.zero(12 * MIB, 4096)
        device.flush()
        device.drop_cache()
        assert read(device, 4 * MIB, 4 * MIB) == bytes(4 * MIB)
        assert read(device, 8 * MIB, 4 * MIB) == junk(SIZE)[8 * MIB : 12 * MIB]
        assert read(device, 12 * MIB, 8192) == bytes(4096) + bytes(junk(SIZE)[12 * MIB + 4096 : 12 * MIB + 8192])
    assert image.stat().st_blocks < full


def test_zeros_are_written_where_the_device_takes_no_request(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for request in ("zero_out", "punch_hole", "discard"):
        monkeypatch.setattr(f"rescue.devices.ioctls.{request}", lambda *_: False)
    with BlockDevice.open(path, write=True) as device:
        device.pwrite(junk(4 * MIB), 0)
        device.zero(4096, 3 * MIB)
        assert read(device, 4096, 3 * MIB) == bytes(3 * MIB)
        assert read(device, 0, 4096) == junk(4 * MIB)[:4096]
        assert not device.discard(0, 4096)


def test_zeroing_stops_on_request(path: str) -> None:
    token = CancelToken()
    token.cancel()
    with BlockDevice.open(path, write=True) as device, pytest.raises(CancelledError):
        device.zero(0, SIZE, token)


def test_exclusive_refuses_what_is_mounted_and_says_where(image: Path, tmp_path: Path) -> None:
    with attached(image) as path:
        run("mkfs.ext4", "-q", path)
        with mounted(path, tmp_path / "mnt") as directory:
            with pytest.raises(TargetRefusedError, match=f"mounted at {directory}"):
                BlockDevice.open(path, exclusive=True)
            BlockDevice.open(path).close()


def test_exclusive_disk_is_refused_while_a_partition_is_mounted(tmp_path: Path) -> None:
    with attached(partitioned(tmp_path / "disk.img", [16 * MIB])) as path:
        run("mkfs.ext4", "-q", partition(path, 1))
        with (
            mounted(partition(path, 1), tmp_path / "mnt"),
            pytest.raises(TargetRefusedError, match=r"mounted at .*mnt"),
        ):
            BlockDevice.open(path, write=True, exclusive=True)


def test_exclusive_twice_is_refused(image: Path) -> None:
    with (
        attached(image) as path,
        BlockDevice.open(path, exclusive=True),
        pytest.raises(TargetRefusedError, match="another program"),
    ):
        BlockDevice.open(path, exclusive=True)


def test_read_only_device_is_refused_for_writing(image: Path) -> None:
    with attached(image, read_only=True) as path:
        with pytest.raises(TargetRefusedError, match="read-only"):
            BlockDevice.open(path, write=True)
        with BlockDevice.open(path) as device:
            assert device.is_read_only()


def test_set_read_only_makes_the_kernel_refuse_writes(image: Path) -> None:
    with attached(image) as path, BlockDevice.open(path, write=True) as device:
        device.set_read_only(True)
        assert device.is_read_only()
        with pytest.raises(OSError, match="not permitted"):
            device.pwrite(junk(4096), 0)
        device.set_read_only(False)
        device.pwrite(junk(4096), 0)
        assert read(device, 0, 4096) == junk(4096)


def test_reread_table_is_refused_while_a_partition_is_open(tmp_path: Path) -> None:
    with attached(partitioned(tmp_path / "disk.img", [8 * MIB])) as path, BlockDevice.open(path) as device:
        with BlockDevice.open(partition(path, 1)), pytest.raises(OSError, match="busy") as caught:
            device.reread_table()
        assert caught.value.errno == errno.EBUSY
        device.reread_table()


@pytest.mark.parametrize(
    ("path", "error", "words"),
    [
        ("/dev/nosuch", DeviceNotFoundError, "There is no /dev/nosuch"),
        ("/dev/null/x", DeviceNotFoundError, "There is no"),
        ("/dev/null", DeviceNotFoundError, "neither a block device nor a file"),
        ("/etc", DeviceNotFoundError, "neither a block device nor a file"),
    ],
)
def test_what_cannot_be_opened_is_told(path: str, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        BlockDevice.open(path)


def test_without_permission(image: Path) -> None:
    image.chmod(0)
    child = os.fork()
    if child == 0:
        os.setuid(65534)
        try:
            BlockDevice.open(str(image))
        except NotRootError:
            os._exit(0)
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_close_hides_no_earlier_error(image: Path) -> None:
    with pytest.raises(ValueError, match="first"), BlockDevice.open(str(image)) as device:
        os.close(device.fileno())
        raise ValueError("first")
    device.close()
