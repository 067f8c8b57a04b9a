"""Reading GPT disks: whole, damaged at either end, of the wrong size, and with tables that lie."""

import struct
import uuid
import zlib
from dataclasses import replace

import pytest
from hypothesis import given

from rescue.errors import SourceReadError, TableError
from rescue.tables.model import OverlappingEntriesError, Table, TableKind
from rescue.tables.read import read_table
from tests.unit.tables.synth import KNOWN_SIZES, UNTIMED, GptPlan, Image, boot_record, gpt_plans

LINUX = uuid.UUID("0fc63daf-8483-4772-8e79-3d69d8477de4")
DISK = uuid.UUID("12345678-9abc-def0-1234-56789abcdef0")


def plan(*lbas: tuple[int, int], sector_size: int = 512, count: int = 128) -> GptPlan:
    """A usual table with partitions from and to the LBAs, each with its slot in its GUID and its name."""
    slots = {
        slot: (LINUX, uuid.UUID(int=slot + 1), first, last, 0, f"part {slot + 1}")
        for slot, (first, last) in enumerate(lbas)
    }
    return GptPlan(sector_size, 8192, DISK, count, 128, slots)


def read(image: Image) -> Table:
    """The table of the image."""
    return read_table(image.read, image.size, image.sector_size)


def spoil(image: Image, lba: int, at: int = 60) -> None:
    """Change one byte of a sector."""
    offset = lba * image.sector_size + at
    image.write(offset, bytes([image.read(offset, 1)[0] ^ 0xFF]))


@UNTIMED
@given(gpt_plans())
def test_every_good_table_is_read_as_it_was_made(made: GptPlan) -> None:
    image = made.image()
    table = read(image)
    assert table.kind is TableKind.GPT
    assert table.disk_id == str(made.disk_guid)
    assert table.entries == made.entries
    assert table.notes == ()
    size, last = made.sector_size, made.sectors - 1
    assert [(piece.offset // size, len(piece.data) // size) for piece in table.sectors] == [
        (0, 1), (1, 1), (2, made.array_sectors), (last - made.array_sectors, made.array_sectors), (last, 1),
    ]  # fmt: skip
    assert all(image.read(piece.offset, len(piece.data)) == piece.data for piece in table.sectors)


@pytest.mark.parametrize("spoiled", [1, 2], ids=["header", "entries"])
def test_damaged_primary_gives_the_backup_and_keeps_the_damage(spoiled: int) -> None:
    made = plan((2048, 4095), (40, 2047))
    image = made.image()
    spoil(image, spoiled)
    table = read(image)
    assert table.entries == made.entries
    assert "primary GPT is damaged" in table.notes[0]
    assert table.occupied.contains(0, 34 * 512)
    assert all(image.read(piece.offset, len(piece.data)) == piece.data for piece in table.sectors)


@pytest.mark.parametrize("spoiled", [8191, 8170], ids=["header", "entries"])
def test_damaged_backup_is_told_and_kept(spoiled: int) -> None:
    made = plan((2048, 4095))
    image = made.image()
    spoil(image, spoiled)
    table = read(image)
    assert table.entries == made.entries
    assert "backup GPT is missing or damaged" in table.notes[0]
    assert table.occupied.contains(8159 * 512, 8192 * 512)


def test_both_copies_damaged_is_an_error() -> None:
    image = plan((2048, 4095)).image()
    spoil(image, 1)
    spoil(image, 8191)
    with pytest.raises(TableError, match="damaged"):
        read(image)


def test_an_unreadable_copy_is_like_a_damaged_one() -> None:
    made = plan((2048, 4095))
    image = made.image()

    def failing(offset: int, length: int) -> bytes:
        if offset <= 512 < offset + length:
            raise SourceReadError("input/output error")
        return image.read(offset, length)

    table = read_table(failing, image.size, 512)
    assert table.entries == made.entries
    assert "cannot be read" in table.notes[0]


def test_unreadable_first_sector_is_an_error() -> None:
    def failing(offset: int, length: int) -> bytes:
        raise OSError(5, f"input/output error at {offset}, {length}")

    with pytest.raises(TableError, match="first sector"):
        read_table(failing, 1 << 20, 512)


def test_a_grown_disk_has_its_backup_inside() -> None:
    made = plan((2048, 4095))
    image = made.image().copy(9000 * 512)
    table = read(image)
    assert table.entries == made.entries
    assert "not at the end" in table.notes[0]
    assert table.sectors[-1].end == 8192 * 512


def test_a_cut_disk_loses_its_backup_and_what_lies_behind() -> None:
    made = plan((2048, 4095), (4096, 5000), (5001, 8000))
    table = read(made.image().copy(4500 * 512))
    assert [entry.number for entry in table.entries] == [1]
    missing, cut, outside = table.notes
    assert "missing or damaged (outside the disk)" in missing
    assert cut.startswith("Partition 2 reaches beyond the end of the disk (bytes 2097152 to 2560512;")
    assert outside.startswith("Partition 3 lies outside the disk (bytes 2560512 to 4096512;")


def test_a_wrong_place_of_the_backup_is_found_at_the_end() -> None:
    made = plan((2048, 4095))
    image = made.image()
    image.put(1, made.header(1, 5000, 2))
    table = read(image)
    assert "wrong place" in table.notes[0]
    assert table.sectors[-1].end == image.size


def test_the_primary_wins_where_both_copies_are_good_and_differ() -> None:
    made, older = plan((2048, 4095)), plan((2048, 3000))
    image = made.image()
    for lba in (8159, 8191):
        image.put(lba, older.image().read(lba * 512, (32 if lba == 8159 else 1) * 512))
    table = read(image)
    assert table.entries == made.entries
    assert "list different partitions" in table.notes[0]


def test_overlapping_partitions_are_refused_by_number() -> None:
    with pytest.raises(OverlappingEntriesError, match="Partitions 1 and 3 overlap") as caught:
        read(plan((2048, 4095), (100, 200), (4095, 5000)).image())
    assert "one by one" in caught.value.hint


def test_a_partition_over_the_table_itself_is_refused() -> None:
    with pytest.raises(OverlappingEntriesError, match="covers the partition table itself"):
        read(plan((33, 4095)).image())


def test_a_partition_that_ends_before_it_begins_is_left_out() -> None:
    table = read(plan((2048, 4095), (7000, 6000)).image())
    assert [entry.number for entry in table.entries] == [1]
    assert "ends before it begins" in table.notes[0]


def test_many_wrong_partitions_make_few_notes() -> None:
    table = read(plan(*((9000 + index, 9000 + index) for index in range(128))).image())
    assert table.entries == ()
    assert len(table.notes) == 9


@pytest.mark.parametrize("made_for", KNOWN_SIZES)
def test_a_disk_that_changed_its_sector_size_says_so(made_for: int) -> None:
    image = plan((2048, 4095), sector_size=made_for).image()
    other = 4608 - made_for
    table = read_table(image.read, image.size, other)
    assert table.kind is TableKind.NONE
    assert table.sectors == ()
    assert f"made for sectors of {made_for} bytes" in table.notes[0]


def test_a_name_that_is_no_utf16_is_still_text() -> None:
    made = plan((2048, 4095))
    broken = made.array()[:56] + b"\x00\xd8" + b"a\0" + made.array()[60:]

    class Broken(GptPlan):
        def array(self) -> bytes:
            return broken

    image = Broken(**{name: getattr(made, name) for name in made.__dataclass_fields__}).image()
    (entry,) = read(image).entries
    entry.name.encode("utf-8")
    assert entry.name.startswith("\N{REPLACEMENT CHARACTER}")


def test_a_stale_gpt_without_protective_mbr_is_not_used() -> None:
    image = plan((2048, 4095)).image()
    image.put(0, bytes(512))
    table = read(image)
    assert table.kind is TableKind.NONE
    assert "does not announce it" in table.notes[0]
    image.put(0, boot_record([(0, 0x83, 2048, 100)]))
    assert read(image).kind is TableKind.MBR


@pytest.mark.parametrize(("count", "entry_size"), [(2**31, 128), (0, 128), (32768, 4096), (128, 64), (128, 130)])
def test_absurd_sizes_in_a_header_are_damage(count: int, entry_size: int) -> None:
    made = plan((2048, 4095))
    image = made.image()
    for my_lba, alternate in ((1, 8191), (8191, 1)):
        header = bytearray(made.header(my_lba, alternate, 2))
        struct.pack_into("<II", header, 80, count, entry_size)
        image.put(my_lba, with_crc(header))
    with pytest.raises(TableError, match="damaged"):
        read(image)
    assert image.bytes_read < 1 << 20


def with_crc(header: bytearray) -> bytes:
    """The header with a right checksum, so that only its fields are wrong."""
    struct.pack_into("<I", header, 16, 0)
    struct.pack_into("<I", header, 16, zlib.crc32(header[:92]))
    return bytes(header)


def test_an_entry_array_beyond_all_use_is_not_read() -> None:
    made = GptPlan(512, 1 << 20, DISK, 20_000, 512, {})
    image = made.image()
    image.bytes_read = 0
    with pytest.raises(TableError, match="damaged"):
        read(image)
    assert image.bytes_read < 1 << 20


def test_a_header_that_stands_in_the_wrong_place_is_damage() -> None:
    made = plan((2048, 4095))
    image = made.image()
    image.put(1, image.read(8191 * 512, 512))
    table = read(image)
    assert table.entries == made.entries
    assert "names another place" in table.notes[0]


def test_the_backup_of_another_table_is_not_taken() -> None:
    made, other = plan((2048, 4095)), replace(plan((100, 200)), disk_guid=LINUX)
    image = made.image()
    for lba, count in ((8159, 32), (8191, 1)):
        image.put(lba, other.image().read(lba * 512, count * 512))
    table = read(image)
    assert (table.entries, table.disk_id) == (made.entries, str(DISK))
    assert "belongs to another table" in table.notes[0]
