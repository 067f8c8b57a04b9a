"""Several sources as one: each region from its own."""

from pathlib import Path

from rescue.cancel import CancelToken
from rescue.devices.blockdev import BlockDevice
from rescue.events import Meter, Phase, nowhere
from rescue.extents import Extents
from rescue.images.device import DeviceSource
from rescue.images.joined import JoinedSource
from rescue.images.layout import Region
from rescue.pipeline.copy import copy_region, make_pool
from rescue.repository.snapshot import RegionKind
from tests.unit.images.test_device_source import Gather
from tests.unit.repository.backups import CHUNK, noise


def test_each_region_from_its_own_file(tmp_path: Path) -> None:
    cancel = CancelToken()
    pool = make_pool(CHUNK, cancel)
    contents = {"one": noise(3 * CHUNK, 1), "other": noise(2 * CHUNK + 512, 2)}
    for name, data in contents.items():
        (tmp_path / name).write_bytes(data)
    with BlockDevice.open(str(tmp_path / "one")) as one, BlockDevice.open(str(tmp_path / "other")) as other:
        sources = {
            name: DeviceSource(device, {name: 0}, pool, cancel) for name, device in (("one", one), ("other", other))
        }
        joined = JoinedSource(sources)
        for name, data in contents.items():
            size = len(data)
            region = Region(name, RegionKind.WHOLE, 0, 0, size, used=Extents.whole(size))
            found = Gather(size)
            copy_region(region, joined, found, meter=Meter(nowhere, Phase.STICK, size), cancel=cancel)
            assert found.data == data
