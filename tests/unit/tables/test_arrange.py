"""A table on a larger disk: everything the same, the backup at the real end. On an equal one: every byte the same."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rescue.errors import TableError, TargetTooSmallError
from rescue.tables.arrange import arrange
from rescue.tables.gpt import parse_header
from rescue.tables.model import Entry, EntryRole, Table, TableKind
from rescue.tables.read import read_table
from tests.unit.tables.synth import UNTIMED, GptPlan, Image, MbrPlan, gpt_plans, mbr_plans
from tests.unit.tables.test_read_gpt import plan, read, spoil

GROWTH = st.integers(1, 300) | st.integers(1, 2**40)


def written(table: Table) -> Image:
    """A disk with the sectors of the table and zeros elsewhere."""
    image = Image(table.disk_size, table.sector_size)
    for piece in table.sectors:
        image.write(piece.offset, piece.data)
    return image


@UNTIMED
@given(gpt_plans() | mbr_plans())
def test_an_equal_disk_gets_the_same_bytes(made: GptPlan | MbrPlan) -> None:
    table = read(made.image())
    assert arrange(table, table.disk_size) == table


@UNTIMED
@given(gpt_plans(), GROWTH)
def test_a_larger_disk_gets_a_whole_gpt(made: GptPlan, growth: int) -> None:
    image = made.image()
    size = made.sector_size
    last = made.sectors - 1 + growth
    table = arrange(read(image), (last + 1) * size)
    assert table.entries == made.entries
    assert (table.kind, table.disk_id, table.notes) == (TableKind.GPT, str(made.disk_guid), ())
    assert read(written(table)) == table
    new = written(table)
    backup_entries = last - made.array_sectors
    for my_lba, other, entries_lba in ((1, last, 2), (last, 1, backup_entries)):
        header = parse_header(new.read(my_lba * size, size))
        old = parse_header(image.read(size, size))
        assert header
        assert old
        assert header == replace(
            old, sector=header.sector, my_lba=my_lba, alternate_lba=other, entries_lba=entries_lba,
            last_usable=backup_entries - 1,
        )  # fmt: skip
        length = made.array_sectors * size
        assert new.read(entries_lba * size, length) == image.read(2 * size, length)


@UNTIMED
@given(gpt_plans(), GROWTH)
def test_only_the_size_in_a_pure_protective_mbr_grows(made: GptPlan, growth: int) -> None:
    image = made.image()
    table = arrange(read(image), (made.sectors + growth) * made.sector_size)
    old, new = image.read(0, made.sector_size), table.sectors[0].data
    if made.hybrid:
        assert new == old
        return
    assert int.from_bytes(new[458:462], "little") == min(made.sectors - 1 + growth, 0xFFFFFFFF)
    assert new[:458] + old[458:462] + new[462:] == old


def test_a_protective_mbr_of_the_greatest_size_stays() -> None:
    image = plan((2048, 4095)).image()
    image.write(458, b"\xff\xff\xff\xff")
    assert arrange(read(image), 9000 * 512).sectors[0].data == image.read(0, 512)


@UNTIMED
@given(mbr_plans(), GROWTH)
def test_a_larger_disk_gets_the_same_mbr(made: MbrPlan, growth: int) -> None:
    table = read(made.image())
    larger = arrange(table, table.disk_size + growth * made.sector_size)
    assert larger == replace(table, disk_size=larger.disk_size)


def test_no_table_stays_none() -> None:
    assert arrange(Table(TableKind.NONE, 512, 1000, notes=("note",)), 2000) == Table(
        TableKind.NONE, 512, 2000, notes=("note",)
    )


@pytest.mark.parametrize("spoiled", [1, 2, 8191, 8170])
def test_a_damaged_copy_is_made_good_on_a_larger_disk(spoiled: int) -> None:
    made = plan((2048, 4095), (34, 99))
    image = made.image()
    spoil(image, spoiled)
    table = arrange(read(image), 9000 * 512)
    assert table.entries == made.entries
    assert table.notes == ()
    assert table.occupied.end == 9000 * 512


def test_a_grown_image_gets_its_backup_at_the_end_of_a_larger_disk() -> None:
    made = plan((2048, 4095))
    table = arrange(read(made.image().copy(9000 * 512)), 10_000 * 512)
    assert table.notes == ()
    assert table.occupied == arrange(read(made.image()), 10_000 * 512).occupied


def test_a_larger_disk_of_odd_size_ends_at_its_last_whole_sector() -> None:
    table = arrange(read(plan((2048, 4095)).image()), 9000 * 512 + 100)
    assert table.occupied.end == 9000 * 512


def test_a_left_out_partition_in_the_way_is_an_error() -> None:
    image = plan((2048, 4095), (5000, 9000)).image()
    with pytest.raises(TableError, match="covers the partition table"):
        arrange(read(image.copy(4500 * 512)), 9010 * 512)


@UNTIMED
@given(gpt_plans() | mbr_plans(), st.data())
def test_a_smaller_disk_is_refused(made: GptPlan | MbrPlan, data: st.DataObject) -> None:
    table = read(made.image())
    size = data.draw(st.integers(0, table.disk_size - 1))
    with pytest.raises(TargetTooSmallError, match=r"\(\d+ bytes\)"):
        arrange(table, size)


def test_a_smaller_disk_is_told_how_much_is_missing() -> None:
    table = read(plan((2048, 4095)).image())
    needed = (4096 + 33) * 512
    with pytest.raises(TargetTooSmallError, match=r"^The target is 512 B \(512 bytes\) too small"):
        arrange(table, needed - 512)
    with pytest.raises(TargetTooSmallError, match=r"2\.0 MiB .*would fit"):
        arrange(table, needed)


def test_the_smallest_disk_of_an_mbr_or_a_bare_file_system() -> None:
    mbr = Table(TableKind.MBR, 512, 10_000, "", (Entry(1, 512, 5632, "0x83", role=EntryRole.PRIMARY),))
    with pytest.raises(TargetTooSmallError, match=r"\(144 bytes\) too small"):
        arrange(mbr, 6000)
    with pytest.raises(TargetTooSmallError, match=r"\(1 bytes\) too small"):
        arrange(Table(TableKind.NONE, 512, 10_000), 9_999)


def test_arranging_reads_nothing_but_the_table() -> None:
    table = read(plan((2048, 4095)).image())
    larger = arrange(table, 1 << 60)
    assert read_table(written(larger).read, 1 << 60, 512) == larger
