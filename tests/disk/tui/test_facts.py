"""What the program learns of real disks: through a scan, the readers of file systems, and smartctl."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from rescue.cancel import CancelToken
from rescue.devices.model import Inventory
from rescue.devices.scan import scan
from rescue.filesystems.usage import used_bytes
from rescue.operations.facts import Facts
from rescue.tui.start import learner
from rescue.units import MiB
from tests.samples.loop import attached, partition

pytestmark = pytest.mark.disk


@pytest.fixture
def device(tmp_path: Path) -> Iterator[str]:
    """A disk with an ext4, something unknown, and a swap."""
    image = tmp_path / "disk.img"
    with image.open("wb") as stream:
        stream.truncate(64 * MiB)
    table = "label: gpt\nsize=32MiB\nsize=8MiB\nsize=16MiB\n"
    subprocess.run(["sfdisk", "--quiet", image], input=table, text=True, check=True)
    with attached(image) as found:
        subprocess.run(["mkfs.ext4", "-q", partition(found, 1)], check=True)
        subprocess.run(["mkswap", partition(found, 3)], check=True, capture_output=True)
        yield found


def test_a_real_disk_is_learned_once(device: str) -> None:
    inventory, learn = scan([device]), learner()
    told = _learned(inventory, learn)
    first = used_bytes(partition(device, 1), "ext4")
    assert told[0] == Facts()
    assert told[-1] == Facts({partition(device, 1): first or -1, partition(device, 3): 16 * MiB}, {})
    assert _learned(inventory, learn) == [told[-1]]
    subprocess.run(["mkfs.ext4", "-q", "-F", "-O", "^has_journal", partition(device, 1)], check=True)
    again = _learned(scan([device]), learn)
    assert again[0] == Facts({partition(device, 3): 16 * MiB}, {})
    assert again[-1].used[partition(device, 1)] == used_bytes(partition(device, 1), "ext4") != first


def _learned(inventory: Inventory, learn: object) -> list[Facts]:
    told: list[Facts] = []
    assert callable(learn)
    learn(inventory, False, told.append, CancelToken())
    return told
