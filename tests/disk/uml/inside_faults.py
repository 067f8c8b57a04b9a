"""Drives that fail for the kernel too: device-mapper below a loop device gives bad sectors, refused writes, death."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.disk.cli.disks import compare, make_gpt
from tests.disk.cli.harness import MIB, blank, finished, hash_of, read, tool, write
from tests.disk.uml import inside
from tests.disk.uml.inside import WholeMachine
from tests.samples import loop

SIZE = 96 * MIB
BLOCK = 4096
EXT = 35 * MIB
"""Where `make_gpt` puts its ext4, p2."""


@dataclass(frozen=True)
class Drive:
    """A disk that can be made to fail; `below` is where its bytes lie."""

    device: str
    below: str
    name: str

    def message(self, *words: str | int) -> None:
        """Talk to the target of the mapping."""
        tool("dmsetup", "message", self.name, "0", *map(str, words))

    def become(self, table: str) -> None:
        """Replace what the drive does while it is in use."""
        tool("dmsetup", "suspend", "--noflush", "--nolockfs", self.name)
        tool("dmsetup", "load", self.name, "--table", table)
        tool("dmsetup", "resume", self.name)

    def die(self) -> None:
        """Answer every request with an error from now on."""
        self.become(f"0 {SIZE // 512} error")


@contextmanager
def drive(image: Path, table: str) -> Iterator[Drive]:
    """A loop device on a mapping on a loop device on `image`; in `table`, {below} is the lower one."""
    name = image.stem
    with loop.attached(image) as below:
        tool("dmsetup", "create", name, "--table", table.format(below=below, sectors=SIZE // 512))
        device = tool("losetup", "--find", "--show", "--partscan", "--direct-io=on", f"/dev/mapper/{name}").strip()
        try:
            yield Drive(device, below, name)
        finally:
            tool("losetup", "--detach", device)
            tool("dmsetup", "remove", "--retry", name)


@pytest.fixture
def program(tmp_path: Path) -> Iterator[WholeMachine]:
    """The program with a repository."""
    found = WholeMachine(tmp_path)
    found.run("init")
    yield found
    found.kill_all()


def noise(image: Path) -> Path:
    """A disk of bytes that do not compress."""
    image.write_bytes(random.Random(image.name).randbytes(SIZE))
    return image


def blocks_of_ext(node: str) -> tuple[list[int], int, int]:
    """Data blocks, of which the first two are neighbours; a free block read along with used ones; one far from them."""
    free = set(map(int, tool("debugfs", "-R", "ffb 100000", node).rpartition(":")[2].split()))
    mapped = [int(tool("debugfs", "-R", f"bmap /large.bin {number}", node)) for number in (5, 6, 40, 300)]
    holes = (block for block in sorted(free) if block - 1 not in free and not free.issuperset(range(block, block + 16)))
    return mapped, next(holes), max(free) - 64  # not in the last 64 KiB, where blkid looks for RAID


def test_bad_sectors(program: WholeMachine, tmp_path: Path) -> None:
    """Refused unless allowed; then PARTIAL with exactly the used bad blocks, in the backup and in what comes of it."""
    image, target_image = tmp_path / "source.img", blank(tmp_path / "target.img", SIZE)
    content = make_gpt(image)
    dust = f"0 {{sectors}} dust {{below}} 0 {BLOCK}"
    with drive(image, dust) as source, loop.attached(target_image) as target:
        mapped, between, far = blocks_of_ext(f"{source.below}p2")
        for block in (*mapped, between, far):
            source.message("addbadblock", EXT // BLOCK + block)
        before = hash_of(source.below)
        source.message("enable")
        first = EXT + min(mapped) * BLOCK
        done = program.refused("backup", source.device, code=20, says=f"cannot be read at byte {first}")
        assert "--allow-bad-sectors" in done.err
        assert program.run("list", "--json").out == ""
        done = program.run("backup", source.device, "--allow-bad-sectors", code=3)
        assert "PARTIAL" in done.err
        regions = json.loads(program.run("show", "latest", "--json").out)["disks"][0]["regions"]
        assert {each["name"]: each["bad"] for each in regions if each["bad"]} == {"p2": _extents(mapped)}
        assert {each["name"] for each in regions if each["outcome"] != "OK"} == {"p2"}
        words = ("restore", "latest", target, "--yes", "--confirm", "target.img", "--json")
        assert program.run(*words, code=3).event("JobFinished")["outcome"] == "PARTIAL"
        source.message("disable")
        assert hash_of(source.below) == before
    with loop.attached(image) as whole, loop.attached(target_image) as target:
        for block in mapped:
            write(whole, EXT + block * BLOCK, bytes(BLOCK))
        compare(content, whole, target, tmp_path)


def _extents(blocks: list[int]) -> list[list[int]]:
    """Start and length in bytes; the first two blocks are neighbours."""
    first, second, *others = blocks
    assert second == first + 1
    return [[first * BLOCK, 2 * BLOCK], *([block * BLOCK, BLOCK] for block in others)]


def test_surface(program: WholeMachine, tmp_path: Path) -> None:
    """Exactly the bad sectors, in the partitions that they belong to, used or not; and nothing is written."""
    image = tmp_path / "disk.img"
    make_gpt(image)
    with drive(image, f"0 {{sectors}} dust {{below}} 0 {BLOCK}") as disk:
        before = hash_of(disk.below)
        blocks = [MIB // BLOCK + 900, EXT // BLOCK + 3000, EXT // BLOCK + 3001, EXT // BLOCK + 9000, 95 * MIB // BLOCK]
        for block in blocks:
            disk.message("addbadblock", block)
        disk.message("enable")
        done = program.run("surface", disk.device, "--json", code=3)
        disk.message("disable")
        assert program.run("surface", disk.device, "--json").event("JobFinished")["unreadable"] == []
        assert hash_of(disk.below) == before
    result = done.event("JobFinished")
    first, second, _, third, last = (block * BLOCK for block in blocks)
    extents = [[first, BLOCK], [second, 2 * BLOCK], [third, BLOCK], [last, BLOCK]]
    assert result["unreadable"] == extents
    assert result["read_bytes"] == SIZE - 5 * BLOCK
    regions = {event["region"].split()[0]: event for event in done.events if event["event"] == "RegionFinished"}
    assert {name for name, event in regions.items() if event["outcome"] == "PARTIAL"} == {"p1", "p2", "gap2"}
    words = (
        f"Bytes {second} to {second + 2 * BLOCK - 1} (sectors {second // 512} to {second // 512 + 15}) cannot be read."
    )
    assert words in regions["p2"]["reasons"]


def test_wipe_of_a_drive_with_bad_sectors(program: WholeMachine, tmp_path: Path) -> None:
    """A sector that takes writes, as bad ones mostly do, is wiped like all others; one that takes none is told."""
    first, last, end = (value // 512 for value in (68 * MIB, 68 * MIB + BLOCK, SIZE))
    table = f"0 {first} linear {{below}} 0\n{first} {last - first} error\n{last} {end - last} linear {{below}} {last}"
    with drive(noise(tmp_path / "target.img"), table) as target:
        words = ("wipe", target.device, *program.confirm(target.device), "--json")
        done = program.run(*words, code=3)
        result = done.event("JobFinished")
        assert (result["outcome"], result["not_overwritten"]) == ("PARTIAL", [[68 * MIB, BLOCK]])
        assert result["not_read_back"] == []
        target.become(f"0 {end} linear {target.below} 0")
        assert any(read(target.device, 68 * MIB, BLOCK))
        for start, length in ((0, 68 * MIB), (68 * MIB + BLOCK, SIZE - 68 * MIB - BLOCK)):
            assert not any(read(target.device, start, length))
        assert program.run(*words).event("JobFinished")["outcome"] == "OK"
        assert not any(read(target.device, 0, SIZE))


def test_target_that_refuses_writes_in_the_middle(program: WholeMachine, tmp_path: Path) -> None:
    """It answers everywhere else: the report says so, and no table is on it."""
    for name in ("source.img", "target.img"):
        make_gpt(tmp_path / name)
    first, last, end = (value * MIB // 512 for value in (68, 69, 96))
    table = f"0 {first} linear {{below}} 0\n{first} {last - first} error\n{last} {end - last} linear {{below}} {last}"
    with loop.attached(tmp_path / "source.img") as source, drive(tmp_path / "target.img", table) as target:
        words = ("clone", source, target.device, *program.confirm(target.device), "--json")
        done = program.run(*words, code=21)
        assert f"{target.device} does not take the data at byte" in done.err
        _require_unusable(program, target, done.err, done.event("JobFinished"))


def test_target_dies(program: WholeMachine, tmp_path: Path) -> None:
    """Every request fails from one moment on, and the device is still there."""
    image = tmp_path / "target.img"
    make_gpt(image)
    with (
        inside.disk(tmp_path / "source", SIZE, "90MiB") as source,
        drive(image, "0 {sectors} delay {below} 0 20") as target,
    ):
        job = program.start("clone", source, target.device, *program.confirm(target.device), "--json")
        assert job.stdout is not None
        while '"Progress"' not in (line := job.stdout.readline()):
            assert line
        target.die()
        done = finished(job, code=21)
        target.become(f"0 {SIZE // 512} linear {target.below} 0")
        _require_unusable(program, target, done.err, done.event("JobFinished"))


def _require_unusable(program: WholeMachine, target: Drive, said: str, result: dict[str, Any]) -> None:
    """Screen and report tell the state; nobody can take the disk for a good one."""
    assert result["outcome"] == "FAILED"
    assert f"{target.device} is incomplete and must not be used" in said
    assert Path(result["report"]).read_text().splitlines()[-1].startswith("FAILED.")
    assert read(target.device, 0, 1024) == bytes(1024)
    assert read(target.device, SIZE - 512, 512) == bytes(512)
    node = program.node(target.device)
    assert (node["table"], node["parts"]) == (None, [])


@pytest.mark.parametrize("allow", [(), ("--allow-bad-sectors",)], ids=["no bad sectors allowed", "bad sectors allowed"])
def test_source_dies(program: WholeMachine, tmp_path: Path, allow: tuple[str, ...]) -> None:
    """A drive that gives nothing any more is gone, which is no matter of bad sectors: no snapshot is made of it."""
    with drive(noise(tmp_path / "source.img"), "0 {sectors} delay {below} 0 100") as source:
        job = program.start("backup", source.device, "--json", *allow)
        assert job.stdout is not None
        while '"Progress"' not in (line := job.stdout.readline()):
            assert line
        source.die()
        done = finished(job, code=20)
        assert source.device in done.err
    assert program.run("list", "--json").out == ""
    program.run("check", "--read-data")
