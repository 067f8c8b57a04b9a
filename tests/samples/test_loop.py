"""Loop devices: partitions have nodes whatever the kernel and the table do, and nothing stays attached."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.samples import loop
from tests.samples.disk import MIB, make_blank, write_table
from tests.samples.process import run

pytestmark = pytest.mark.disk

SIZE = 64 * MIB


@pytest.mark.parametrize("sector_size", [512, 4096])
def test_partitions_of_an_attached_image_have_nodes(tmp_path: Path, sector_size: int) -> None:
    image = make_blank(tmp_path / "disk.img", SIZE)
    for _ in range(2):
        with loop.attached(image, sector_size=sector_size) as device:
            assert run("blockdev", "--getss", device).strip() == str(sector_size)
            if not loop.partitions(device):
                write_table(device, "label: gpt", "size=10MiB", "size=20MiB")
            assert [_size(node) for node in loop.partitions(device)] == [10 * MIB, 20 * MIB]


def test_logical_partitions_after_unused_numbers(tmp_path: Path) -> None:
    with loop.attached(make_blank(tmp_path / "disk.img", SIZE)) as device:
        write_table(device, "label: dos", "size=10MiB", "type=extended", "5: size=5MiB", "6: size=6MiB")
        assert loop.partitions(device) == [f"{device}p{number}" for number in (1, 2, 5, 6)]
        assert [_size(f"{device}p{number}") for number in (1, 5, 6)] == [10 * MIB, 5 * MIB, 6 * MIB]


def test_settle_follows_the_table(tmp_path: Path) -> None:
    with loop.attached(make_blank(tmp_path / "disk.img", SIZE)) as device:
        write_table(device, "label: gpt", "size=10MiB", "size=20MiB", "size=5MiB")
        write_table(device, "label: gpt", "size=20MiB", "size=20MiB")
        assert [_size(node) for node in loop.partitions(device)] == [20 * MIB, 20 * MIB]
        run("wipefs", "--all", "--quiet", device)
        loop.settle(device)
        assert loop.partitions(device) == []


def test_the_device_is_detached_after_an_error(tmp_path: Path) -> None:
    image = make_blank(tmp_path / "disk.img", SIZE)
    with pytest.raises(ZeroDivisionError), loop.attached(image):
        raise ZeroDivisionError
    assert run("losetup", "--noheadings", "--output", "NAME", "--associated", str(image)) == ""


def test_a_read_only_device(tmp_path: Path) -> None:
    with loop.attached(make_blank(tmp_path / "disk.img", SIZE), read_only=True) as device:
        assert run("blockdev", "--getro", device).strip() == "1"


def _size(node: str) -> int:
    return int(run("blockdev", "--getsize64", node))
