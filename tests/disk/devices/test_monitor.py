"""Hot-plug: a loop device that comes and goes is told."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import Queue

import pytest

from rescue.cancel import CancelToken
from rescue.devices.monitor import watch
from rescue.devices.scan import scan
from tests.disk.devices.samples import MIB, partitioned
from tests.samples.loop import attached, partition

pytestmark = pytest.mark.disk
Seen = set[str]


@pytest.fixture
def inventories() -> Iterator[Queue[Seen]]:
    """The nodes that a scan at each call finds."""
    seen: Queue[Seen] = Queue()
    stop = CancelToken()

    def changed() -> None:
        disks = scan(systems=False).disks
        seen.put({disk.path for disk in disks} | {part.path for disk in disks for part in disk.partitions})

    thread = threading.Thread(target=watch, args=(changed, stop))
    thread.start()
    yield seen
    stop.cancel()
    started = time.monotonic()
    thread.join()
    assert time.monotonic() - started < 1


def test_disk_with_partitions_comes_and_goes(tmp_path: Path, inventories: Queue[Seen]) -> None:
    image = partitioned(tmp_path / "disk.img", [4 * MIB])
    inventories.get(timeout=10)
    with attached(image) as path:
        wait_for(inventories, lambda nodes: {path, partition(path, 1)} <= nodes)
    wait_for(inventories, lambda nodes: path not in nodes)


def wait_for(inventories: Queue[Seen], condition: Callable[[Seen], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition(inventories.get(timeout=deadline - time.monotonic())):
        pass
