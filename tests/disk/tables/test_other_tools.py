"""Tables of other tools: read like sfdisk reads them, put back to the byte, and put on larger disks."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from rescue.devices.blockdev import BlockDevice
from rescue.tables.arrange import arrange
from rescue.tables.commit import clear_table, verify_table, write_table
from rescue.tables.kernel import MAX_NUMBER
from rescue.tables.model import EntryRole, Table, TableKind
from rescue.tables.second_opinion import second_opinion
from rescue.tables.settle import settle
from tests.disk.tables.tools import (
    MIB,
    SAMPLES,
    SIZE,
    Sample,
    blank,
    entries_by_sfdisk,
    run,
    table_of,
    told_by_sfdisk,
)
from tests.samples import loop

pytestmark = pytest.mark.disk


@pytest.fixture(params=[512, 4096])
def sector_size(request: pytest.FixtureRequest) -> int:
    """Both usual sizes."""
    return int(request.param)


@pytest.fixture
def source(tmp_path: Path, sector_size: int) -> Iterator[str]:
    """A blank loop device."""
    with loop.attached(blank(tmp_path / "source"), sector_size=sector_size) as device:
        yield device


@pytest.fixture
def larger(tmp_path: Path, sector_size: int) -> Iterator[str]:
    """A larger loop device full of old bytes."""
    path = tmp_path / "larger"
    path.write_bytes(b"\xa5" * (SIZE + 5 * MIB + 3 * 4096))
    with loop.attached(path, sector_size=sector_size) as device:
        yield device


@pytest.fixture(params=SAMPLES, ids=lambda sample: sample.name)
def made(request: pytest.FixtureRequest, source: str) -> Sample:
    """A table of a tool on the source."""
    sample: Sample = request.param
    sample.make(source)
    return sample


def kernel_sees(device: str, table: Table) -> None:
    """Compare with sysfs, apart from the code under test."""
    name = Path(device).name
    shown = {}
    for directory in Path("/sys/class/block", name).glob(f"{name}p*"):
        start, size, number = (int((directory / what).read_text()) for what in ("start", "size", "partition"))
        shown[number] = (start * 512, size * 512)
        assert Path("/dev", directory.name).is_block_device()
    expected = {entry.number: entry for entry in table.entries if entry.number <= MAX_NUMBER}
    assert shown.keys() == expected.keys()
    for number, entry in expected.items():
        if entry.role is EntryRole.EXTENDED:
            assert shown[number][0] == entry.start
        else:
            assert shown[number] == (entry.start, entry.size)


def test_it_is_read_as_sfdisk_reads_it(source: str, made: Sample) -> None:
    table = table_of(source)
    assert table.kind is made.kind
    assert tuple(entry.number for entry in table.entries) == made.numbers
    assert table.entries == entries_by_sfdisk(source)
    assert table.disk_id == told_by_sfdisk(source)["id"].lower()
    assert table.notes == ()
    assert second_opinion(source, table) == ()


@pytest.mark.usefixtures("made")
def test_it_comes_back_to_the_byte(tmp_path: Path, source: str) -> None:
    table = table_of(source)
    before = (tmp_path / "source").read_bytes()
    with BlockDevice.open(source, write=True, exclusive=True) as disk:
        clear_table(disk)
    settle(source, table_of(source))
    assert loop.partitions(source) == []
    with BlockDevice.open(source, write=True, exclusive=True) as disk:
        disk.zero(0, disk.size)
        write_table(disk, table)
        disk.drop_cache()
        verify_table(disk, table)
    assert second_opinion(source, table) == ()
    settle(source, table)
    kernel_sees(source, table)
    run("sync")
    after = (tmp_path / "source").read_bytes()
    kept = [before[piece.offset : piece.end] for piece in table.sectors]
    assert kept == [after[piece.offset : piece.end] for piece in table.sectors]


def test_it_fits_a_larger_disk(source: str, larger: str, made: Sample) -> None:
    table = table_of(source)
    with BlockDevice.open(larger, write=True, exclusive=True) as disk:
        arranged = arrange(table, disk.size)
        clear_table(disk)
        write_table(disk, arranged)
    notes = second_opinion(larger, arranged)
    settle(larger, arranged)
    kernel_sees(larger, arranged)
    assert table_of(larger) == arranged
    assert (arranged.entries, arranged.disk_id, arranged.notes, notes) == (table.entries, table.disk_id, (), ())
    assert entries_by_sfdisk(larger) == table.entries
    before, after = told_by_sfdisk(source), told_by_sfdisk(larger)
    for told in (before, after):
        for key in ("device", "lastlba", "partitions"):
            told.pop(key, None)
    assert before == after
    if made.kind is TableKind.GPT:
        gpt_is_whole(larger)


def gpt_is_whole(device: str) -> None:
    """sgdisk, sfdisk and parted find nothing to complain about, and the backup at the real end."""
    assert "No problems found" in run("sgdisk", "--verify", device)
    verified = run("sfdisk", "--verify", device)
    assert "No errors detected" in verified
    assert "not on the end" not in verified
    run("parted", "--script", device, "print")
    sectors = int(Path("/sys/class/block", Path(device).name, "size").read_text()) * 512
    size = told_by_sfdisk(device)["sectorsize"]
    with Path(device).open("rb") as stream:
        stream.seek(sectors - size)
        assert stream.read(8) == b"EFI PART"
