"""Members of LVM, LUKS and RAID that are not open: shown as what they are, stored as raw blocks, restored bit-exact."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.disk.cli.harness import MIB, junk, tool
from tests.disk.uml import inside
from tests.disk.uml.inside import WholeMachine
from tests.samples import loop

SIZE = 64 * MIB
MEMBERS = {
    "p1": "crypto_LUKS",
    "p2": "crypto_LUKS",
    "p3": "LVM2_member",
    "p4": "linux_raid_member",
    "p5": "linux_raid_member",
}


@dataclass(frozen=True)
class Road:
    """A disk that was stored, wiped, and restored: what the program said, and what was and is on it."""

    image: Path
    nodes: dict[str, Any]
    regions: dict[str, Any]
    before: bytes
    after: bytes
    inner: dict[str, bytes]


@pytest.fixture(scope="module")
def road(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Road]:
    """Fill the members, close them, and send the disk along the road."""
    home = tmp_path_factory.mktemp("road")
    program = WholeMachine(home)
    program.run("init")
    with inside.disk(home / "disk", SIZE, "18MiB", "6MiB", "12MiB", "8MiB", "8MiB") as device:
        with ExitStack() as stack:
            used = {
                "p1": stack.enter_context(inside.mapping(f"{device}p1", "one")),
                "p2": stack.enter_context(inside.mapping(f"{device}p2", "two", kind="luks1")),
                "p3": stack.enter_context(inside.logical_volume(f"{device}p3", "group")),
                "p4": stack.enter_context(inside.array(f"{device}p4", "/dev/md7", "0.90")),
                "p5": stack.enter_context(inside.array(f"{device}p5", "/dev/md8", "1.0")),
            }
            inner = {name: inside.scribble(node, seed) for seed, (name, node) in enumerate(used.items())}
        (disk,) = json.loads(program.seeing(device).run("disks", "--json").out)[:1]
        before = inside.content(device)
        program.run("backup", device)
        (stored,) = json.loads(program.run("show", "latest", "--json").out)["disks"]
        junk(device)
        program.run("restore", "latest", device, "--yes", "--confirm", "disk")
        after = inside.content(device)
    nodes = {f"p{part['number']}": part for part in disk["parts"]}
    yield Road(home / "disk", nodes, {each["name"]: each for each in stored["regions"]}, before, after, inner)


def test_named_for_what_they_are(road: Road) -> None:
    assert {name: node["filesystem"]["type"] for name, node in road.nodes.items()} == MEMBERS
    assert not any(node["uses"] for node in road.nodes.values())


def test_all_blocks_are_stored(road: Road) -> None:
    """Nobody knows which blocks inside are free."""
    for name, kind in MEMBERS.items():
        region = road.regions[name]
        assert (region["filesystem"], region["method"], region["outcome"]) == (kind, "raw", "OK")
        assert region["used_bytes"] == region["size"]


def test_restored_bit_exact(road: Road) -> None:
    assert road.before == road.after


def test_restored_ones_open(road: Road) -> None:
    """Keys, volume group and RAID superblocks, at the front and at the end, are found by their own tools."""
    with loop.attached(road.image) as device, ExitStack() as stack:
        one = stack.enter_context(inside.opened(f"{device}p1", "one"))
        two = stack.enter_context(inside.opened(f"{device}p2", "two"))
        tool("vgchange", "--activate=y", "group")
        stack.callback(tool, "vgchange", "--activate=n", "group")
        for array, number in (("/dev/md7", 4), ("/dev/md8", 5)):
            tool("mdadm", "--assemble", "--run", array, f"{device}p{number}")
            stack.callback(tool, "mdadm", "--stop", array)
        found = {"p1": one, "p2": two, "p3": "/dev/group/data", "p4": "/dev/md7", "p5": "/dev/md8"}
        for name, node in found.items():
            assert inside.content(node) == road.inner[name]


def test_raid_to_the_end_of_an_mbr_disk(tmp_path: Path) -> None:
    """A superblock at the end of the last partition is at the end of the disk too: it makes no member of the disk."""
    program = WholeMachine(tmp_path)
    program.run("init")
    with inside.disk(tmp_path / "disk", SIZE // 2) as device:
        table = "label: dos\nstart=1MiB, type=fd\n"
        tool("sfdisk", "--quiet", "--no-reread", "--no-tell-kernel", device, text=table)
        loop.settle(device)
        with inside.array(f"{device}p1", "/dev/md7", "0.90") as array:
            inside.scribble(array, 5)
        node = program.node(device)
        assert (node["table"], node["filesystem"]) == ("dos", None)
        assert node["parts"][0]["filesystem"]["type"] == "linux_raid_member"
        before = inside.content(device)
        program.run("backup", device)
        junk(device)
        program.run("restore", "latest", device, "--yes", "--confirm", "disk")
        assert inside.content(device) == before
