"""The kernel agrees with a new table, also where an old partition is in use; and says plainly where it cannot."""

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from rescue.devices.blockdev import BlockDevice
from rescue.errors import TableError
from rescue.tables.commit import clear_table, write_table
from rescue.tables.model import Table, TableKind
from rescue.tables.second_opinion import second_opinion
from rescue.tables.settle import settle
from tests.disk.tables.tools import SIZE, blank, run, table_of
from tests.samples import loop
from tests.unit.tables.synth import GptPlan
from tests.unit.tables.test_read_gpt import LINUX

pytestmark = pytest.mark.disk

OLD = "label: gpt\n1: start=2MiB, size=8MiB\n2: start=20MiB, size=8MiB\n3: start=40MiB, size=8MiB\n"
NEW = "label: gpt\n1: start=2MiB, size=8MiB\n2: start=24MiB, size=8MiB\n5: start=44MiB, size=8MiB\n"


@pytest.fixture
def tables(tmp_path: Path) -> tuple[Path, Table, Table]:
    """A disk image with the old table, the old table, and the new one."""
    read = {}
    for name, script in (("new", NEW), ("old", OLD)):
        with loop.attached(blank(tmp_path / name)) as device:
            run("sfdisk", "--quiet", device, text=script)
            read[name] = table_of(device)
    return tmp_path / "old", read["old"], read["new"]


def commit(device: str, table: Table) -> None:
    """Write the table while partitions may be in use."""
    with BlockDevice.open(device, write=True) as disk:
        write_table(disk, table)


@contextmanager
def in_use(node: str) -> Iterator[None]:
    """Hold a partition like a mount does."""
    fd = os.open(node, os.O_RDONLY | os.O_EXCL)
    try:
        yield
    finally:
        os.close(fd)


def test_partitions_move_while_an_equal_one_is_in_use(tables: tuple[Path, Table, Table]) -> None:
    image, _, new = tables
    with loop.attached(image) as device:
        with in_use(loop.partition(device, 1)):
            commit(device, new)
            settle(device, new)
            assert loop.partitions(device) == [loop.partition(device, number) for number in (1, 2, 5)]
        assert second_opinion(device, new) == ()


def test_a_partition_in_use_that_has_to_go_is_named(tables: tuple[Path, Table, Table]) -> None:
    image, _, new = tables
    with loop.attached(image) as device:
        with in_use(loop.partition(device, 3)):
            commit(device, new)
            began = time.monotonic()
            with pytest.raises(TableError, match=r"It still has partition 3 \(bytes 41943040 to 50331648\)") as caught:
                settle(device, new, deadline=0.3)
            assert time.monotonic() - began < 5
            assert "Unmount" in caught.value.hint
        settle(device, new)


def test_a_partition_that_is_let_go_in_time_is_no_trouble(tables: tuple[Path, Table, Table]) -> None:
    image, _, new = tables
    with loop.attached(image) as device:
        commit(device, new)
        node = loop.partition(device, 3)
        with subprocess.Popen(["/bin/sh", "-c", f"exec 3< {node}; echo; sleep 0.5"], stdout=subprocess.PIPE) as child:
            assert child.stdout
            child.stdout.readline()
            settle(device, new)
        assert loop.partitions(device) == [loop.partition(device, number) for number in (1, 2, 5)]


def test_a_cleared_disk_shows_no_partitions(tables: tuple[Path, Table, Table]) -> None:
    image, _, _ = tables
    with loop.attached(image) as device:
        assert len(loop.partitions(device)) == 3
        with BlockDevice.open(device, write=True, exclusive=True) as disk:
            clear_table(disk)
        none = table_of(device)
        assert (none.kind, none.sectors, none.notes) == (TableKind.NONE, (), ())
        assert second_opinion(device, none) == ()
        settle(device, none)
        assert loop.partitions(device) == []


def test_a_loop_device_without_partition_scan_settles(tables: tuple[Path, Table, Table]) -> None:
    image, old, _ = tables
    device = run("losetup", "--find", "--show", str(image)).strip()
    try:
        assert loop.partitions(device) == []
        settle(device, old)
        assert len(loop.partitions(device)) == 3
        settle(device, replace(old, entries=()))
    finally:
        run("losetup", "--detach", device)


def test_what_is_no_whole_disk_is_refused(tables: tuple[Path, Table, Table]) -> None:
    image, old, _ = tables
    with loop.attached(image) as device:
        for path in (loop.partition(device, 1), str(image), "/dev/null", "/nowhere"):
            with pytest.raises(TableError, match="no whole disk"):
                settle(path, old)


def test_libparted_sees_a_wrong_table(tables: tuple[Path, Table, Table]) -> None:
    image, old, new = tables
    with loop.attached(image) as device:
        with pytest.raises(TableError, match=r"libparted sees other partitions .* 3 \(primary, sector 81920"):
            second_opinion(device, new)
        with pytest.raises(TableError, match="the kind gpt"):
            second_opinion(device, Table(TableKind.NONE, 512, SIZE))
        assert second_opinion(device, old) == ()


def test_libparted_may_refuse_what_we_read(tables: tuple[Path, Table, Table]) -> None:
    image, old, _ = tables
    with image.open("r+b") as stream:
        stream.seek(512)
        stream.write(bytes(512))
    with loop.attached(image) as device:
        table = table_of(device)
        assert table.entries == old.entries
        assert "primary GPT is damaged" in table.notes[0]
        (note,) = second_opinion(device, table)
        assert "no second opinion" in note
        settle(device, table)


@pytest.mark.parametrize("sector_size", [512, 4096])
def test_entries_of_another_size_settle(tmp_path: Path, sector_size: int) -> None:
    """No tool makes such a table, and the parser of the kernel does not know it: the kernel is told."""
    made = GptPlan(sector_size, SIZE // sector_size, LINUX, 64, 256, {9: (LINUX, LINUX, 600, 700, 1, "odd")})
    path = blank(tmp_path / "odd")
    with path.open("r+b") as stream:
        for lba, data in made.image().sectors.items():
            stream.seek(lba * sector_size)
            stream.write(data)
    with loop.attached(path, sector_size=sector_size) as device:
        table = table_of(device)
        assert (table.entries, table.notes) == (made.entries, ())
        assert second_opinion(device, table) == ()
        settle(device, table)
        assert loop.partitions(device) == [loop.partition(device, 10)]


def test_libparted_asks_nobody_and_writes_nothing(tables: tuple[Path, Table, Table]) -> None:
    """A grown image makes libparted offer to move the backup GPT."""
    image, old, _ = tables
    with image.open("r+b") as stream:
        stream.truncate(SIZE + (1 << 20))
    with loop.attached(image) as device:
        table = table_of(device)
        assert "not at the end" in table.notes[0]
        before = image.read_bytes()
        assert second_opinion(device, table) == ()
        run("sync")
        assert image.read_bytes() == before
    assert table.entries == old.entries
