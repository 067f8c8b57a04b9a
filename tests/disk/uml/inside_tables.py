"""A kernel that reads partition tables itself: what is restored, it sees by itself. And disks without identity."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.disk.cli.disks import SIZE, Content, compare, make_gpt, make_mbr
from tests.disk.cli.harness import MIB, blank, tool, untouched
from tests.disk.uml.inside import WholeMachine
from tests.samples import loop

# The test disks of the host: no serial number, no WWN.
UBD = {"GPT": "/dev/ubda", "MBR": "/dev/ubdb"}
MAKERS: dict[str, Callable[[Path], Content]] = {"GPT": make_gpt, "MBR": make_mbr}
OLD_TABLE = "label: gpt\nsize=10MiB\nsize=20MiB\nsize=30MiB\nsize=4MiB\n"
OLD_PARTS = {1: 10 * MIB, 2: 20 * MIB, 3: 30 * MIB, 4: 4 * MIB}


@pytest.fixture(scope="module")
def contents(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Content]:
    """Installed systems on the disks."""
    found = {}
    for name, make in MAKERS.items():
        image = tmp_path_factory.mktemp("image") / "disk.img"
        found[name] = make(image)
        tool("dd", f"if={image}", f"of={UBD[name]}", "bs=1M", "conv=fsync")
        tool("blockdev", "--rereadpt", UBD[name])
    return found


@pytest.fixture
def program(tmp_path: Path) -> Iterator[WholeMachine]:
    """The program with a repository."""
    found = WholeMachine(tmp_path)
    found.run("init")
    yield found
    found.kill_all()


def shown(device: str) -> dict[int, tuple[int, int]]:
    """Start and size of the partitions that the kernel shows, after it has read the table by itself."""
    tool("blockdev", "--rereadpt", device)
    return in_sysfs(device)


def in_sysfs(device: str) -> dict[int, tuple[int, int]]:
    """Start and size, in units of 512 bytes, by number; each has its node."""
    found = {}
    for path in Path("/sys/block", Path(device).name).glob("*/partition"):
        assert Path("/dev", path.parent.name).is_block_device()
        start, size = (int((path.parent / name).read_text()) for name in ("start", "size"))
        found[int(path.read_text())] = (start, size)
    return found


def scanned(image: Path, *options: str) -> str:
    """A loop device whose partitions only the kernel itself looks for."""
    return tool("losetup", "--find", "--show", "--partscan", *options, str(image)).strip()


def test_kernel_reads_tables_itself(contents: dict[str, Content]) -> None:
    """Else the other tests here prove nothing."""
    assert sorted(shown(UBD["GPT"])) == [1, 2, 3]
    assert sorted(shown(UBD["MBR"])) == [1, 2, 5, 6]
    assert set(contents) == set(UBD)


def test_disk_without_identity_is_no_target(contents: dict[str, Content], program: WholeMachine) -> None:
    """Nothing tells it from another disk of its size: fine as a source, never a target."""
    assert contents
    node = program.node(UBD["MBR"])
    assert (node["serial"], node["wwn"], node["confirm"]) == (None, None, "")
    program.run("backup", UBD["GPT"])
    before = untouched(UBD["MBR"])
    for confirmed in ("", "(null)", "/dev/ubdb"):
        words = ("restore", "latest", UBD["MBR"], "--yes", "--confirm", confirmed)
        program.refused(*words, code=15, says="no serial number, no WWN")
    before.require()


@pytest.mark.parametrize("name", UBD)
def test_restore_is_seen_by_the_kernel(
    name: str, contents: dict[str, Content], program: WholeMachine, tmp_path: Path
) -> None:
    """The partitions of the old table go, the new ones come, and a fresh look of the kernel changes nothing."""
    program.run("backup", UBD[name])
    image = blank(tmp_path / "target.img", SIZE)
    tool("sfdisk", "--quiet", str(image), text=OLD_TABLE)
    target, source = scanned(image), scanned(Path(UBD[name]), "--read-only")
    try:
        assert sorted(in_sysfs(target)) == sorted(OLD_PARTS)
        program.run("restore", "latest", target, "--yes", "--confirm", "target.img")
        after = in_sysfs(target)
        assert after == shown(target) == in_sysfs(source)
        compare(contents[name], source, target, tmp_path)
    finally:
        tool("losetup", "--detach", target, source)


def test_undo_is_seen_by_the_kernel(program: WholeMachine, tmp_path: Path) -> None:
    """The old table is back, and so are its partitions."""
    source = scanned(blank(tmp_path / "source.img", SIZE))
    image = blank(tmp_path / "target.img", SIZE)
    tool("sfdisk", "--quiet", str(image), text=OLD_TABLE)
    target = scanned(image)
    try:
        before = in_sysfs(target)
        program.run("clone", source, target, "--yes", "--confirm", "target.img")
        assert in_sysfs(target) == {}
        program.run("undo", target, "--yes", "--confirm", "target.img")
        assert {number: size * 512 for number, (_, size) in in_sysfs(target).items()} == OLD_PARTS
        assert in_sysfs(target) == before == shown(target)
    finally:
        tool("losetup", "--detach", target, source)


def test_sectors_of_4096_bytes(program: WholeMachine, tmp_path: Path) -> None:
    """The kernel reads the copy's table in units of 4096 bytes."""
    content = make_gpt(tmp_path / "source.img", sector_size=4096)
    with loop.attached(tmp_path / "source.img", sector_size=4096) as source:
        target = scanned(blank(tmp_path / "target.img", SIZE), "--sector-size", "4096")
        try:
            program.run("clone", source, target, "--yes", "--confirm", "target.img")
            assert in_sysfs(target) == shown(target) == in_sysfs(source)
            compare(content, source, target, tmp_path)
        finally:
            tool("losetup", "--detach", target)
