"""What counts as agreement between the kernel and a table."""

import pytest

from rescue.tables.kernel import KernelPartition, agrees, expected, is_inner
from rescue.tables.model import Entry, EntryRole, Table, TableKind

BSD = Table(TableKind.MBR, 512, 1 << 30, entries=(Entry(1, 4096, 65536, "0xa5"), Entry(2, 1 << 20, 4096, "0x83")))


@pytest.mark.parametrize(("start", "size", "same"), [(4096, 8192, True), (4096, 4096, False), (0, 8192, False)])
def test_a_partition_agrees_in_place_and_size(start: int, size: int, same: bool) -> None:
    assert agrees(KernelPartition(1, start, size, "/dev/sda1"), Entry(1, 4096, 8192, "0x83")) is same


@pytest.mark.parametrize(("start", "size", "same"), [(4096, 1024, True), (4096, 8192, True), (4096, 9000, False)])
def test_an_extended_partition_agrees_where_it_begins(start: int, size: int, same: bool) -> None:
    entry = Entry(4, 4096, 8192, "0x05", role=EntryRole.EXTENDED)
    assert agrees(KernelPartition(4, start, size, "/dev/sda4"), entry) is same


def test_the_kernel_shows_no_numbers_above_its_own() -> None:
    entries = (Entry(255, 4096, 4096, "x"), Entry(256, 8192, 4096, "x"))
    assert list(expected(Table(TableKind.GPT, 512, 1 << 30, entries=entries))) == [255]


@pytest.mark.parametrize(
    ("start", "size", "inner"), [(8192, 4096, True), (1 << 20, 4096, False), (8192, 1 << 20, False)]
)
def test_a_part_of_a_bsd_slice_belongs_to_its_slice(start: int, size: int, inner: bool) -> None:
    assert is_inner(KernelPartition(5, start, size, "/dev/sda5"), BSD) is inner
