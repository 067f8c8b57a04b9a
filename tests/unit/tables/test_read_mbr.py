"""Reading MBR disks: chains of logical partitions, boot sectors of file systems, and what is no table at all."""

import struct

import pytest
from hypothesis import given

from rescue.tables.model import EntryRole, OverlappingEntriesError, Table, TableKind
from rescue.tables.read import read_table
from tests.unit.tables.synth import UNTIMED, Image, MbrPlan, boot_record, mbr_plans

SECTORS = 8192


def read(image: Image) -> Table:
    """The table of the image."""
    return read_table(image.read, image.size, image.sector_size)


def disk(*slots: tuple[int, int, int, int], code: bytes = b"", sectors: int = SECTORS) -> Image:
    """A disk with an MBR of these (flag, type, first LBA, sectors)."""
    image = Image(sectors * 512, 512)
    image.put(0, boot_record(list(slots), code=code, disk_id=0x1234ABCD))
    return image


def chained(*links: tuple[int, list[tuple[int, int, int, int]]]) -> Image:
    """A disk whose extended partition begins at LBA 1000, with these boot records at their LBAs."""
    image = disk((0x80, 0x83, 64, 900), (0, 0x05, 1000, 7000))
    for lba, slots in links:
        image.put(lba, boot_record(slots))
    return image


@UNTIMED
@given(mbr_plans())
def test_every_good_table_is_read_as_it_was_made(made: MbrPlan) -> None:
    image = made.image()
    table = read(image)
    assert table.kind is TableKind.MBR
    assert table.disk_id == f"0x{made.disk_id:08x}"
    assert table.entries == made.entries
    assert table.notes == ()
    records = {0, *([made.extended[1]] if made.extended else []), *(record for record, _, _ in made.logicals)}
    assert [piece.offset // made.sector_size for piece in table.sectors] == sorted(records)
    assert all(image.read(piece.offset, made.sector_size) == piece.data for piece in table.sectors)


def test_logical_partitions_are_numbered_along_the_chain() -> None:
    table = read(
        chained(
            (1000, [(0, 0x83, 10, 100), (0, 0x05, 5000, 200)]),
            (6000, [(0, 0x82, 10, 100), (0, 0x05, 2000, 200)]),
            (3000, [(0, 0x07, 10, 100)]),
        )
    )
    assert [(entry.number, entry.start // 512, entry.role) for entry in table.entries] == [
        (1, 64, EntryRole.PRIMARY),
        (2, 1000, EntryRole.EXTENDED),
        (5, 1010, EntryRole.LOGICAL),
        (6, 6010, EntryRole.LOGICAL),
        (7, 3010, EntryRole.LOGICAL),
    ]
    assert [entry.number for entry in table.data_entries] == [1, 5, 6, 7]


def test_an_empty_record_in_the_chain_takes_no_number() -> None:
    table = read(chained((1000, [(0, 0, 0, 0), (0, 0x05, 1000, 200)]), (2000, [(0, 0x83, 10, 100)])))
    assert [entry.number for entry in table.data_entries] == [1, 5]


def test_a_record_may_tell_the_next_one_first_and_its_last_two_entries_do_not_count() -> None:
    garbage = (0, 0x83, 300, 50)
    table = read(
        chained((1000, [(0, 0x05, 1000, 200), (0, 0x83, 10, 100), garbage, garbage]), (2000, [(0, 0x83, 10, 100)]))
    )
    assert [(entry.number, entry.start // 512) for entry in table.data_entries] == [(1, 64), (5, 1010), (6, 2010)]


@pytest.mark.parametrize("target", [0, 1000], ids=["to its start", "to its second record"])
def test_a_chain_that_bites_its_tail_ends(target: int) -> None:
    table = read(chained((1000, [(0, 0x83, 10, 9), (0, 5, 1000, 9)]), (2000, [(0, 0x83, 10, 9), (0, 5, target, 9)])))
    assert [entry.number for entry in table.data_entries] == [1, 5, 6]
    assert "does not end" in table.notes[0]


def test_an_endless_chain_is_followed_as_far_as_the_kernel_has_numbers() -> None:
    image = disk((0, 0x05, 1, SECTORS - 1))
    for lba in range(1, SECTORS - 1, 2):
        image.put(lba, boot_record([(0, 0x83, 1, 1), (0, 0x05, lba + 1, 2)]))
    table = read(image)
    assert "does not end" in table.notes[0]
    assert max(entry.number for entry in table.entries) <= 256


@pytest.mark.parametrize(("link", "word"), [(9000, "cannot be read"), (2000, "is damaged")])
def test_a_broken_chain_keeps_what_is_before_the_break(link: int, word: str) -> None:
    table = read(chained((1000, [(0, 0x83, 10, 100), (0, 0x05, link, 200)])))
    assert [entry.number for entry in table.data_entries] == [1, 5]
    assert word in table.notes[0]


def test_partitions_outside_the_disk_are_left_out_with_a_note() -> None:
    table = read(disk((0, 0x83, 64, 100), (0, 0x83, SECTORS - 10, 11), (0, 0x83, 2 * SECTORS, 1)))
    assert [entry.number for entry in table.entries] == [1]
    assert "Partition 2 reaches beyond" in table.notes[0]
    assert "Partition 3 lies outside" in table.notes[1]


def test_overlapping_partitions_are_refused() -> None:
    with pytest.raises(OverlappingEntriesError, match="Partitions 1 and 2 overlap"):
        read(disk((0, 0x83, 64, 100), (0, 0x83, 163, 100)))


def test_a_partition_that_begins_with_the_table_is_refused() -> None:
    with pytest.raises(OverlappingEntriesError, match="covers the partition table itself"):
        read(disk((0x80, 0x17, 0, 1000)))


def test_the_number_of_a_partition_is_its_slot() -> None:
    table = read(disk((0, 0, 0, 0), (0, 0x83, 500, 100), (0, 0, 0, 0), (0x80, 0x07, 64, 100)))
    assert [(entry.number, entry.bootable) for entry in table.entries] == [(2, False), (4, True)]


def fat(*, jump: bytes = b"\xeb\x3c\x90", name: bytes = b"mkfs.fat") -> bytes:
    """The start of the boot sector of a FAT file system."""
    return jump + name + struct.pack("<HBHBHHB", 512, 4, 4, 2, 512, SECTORS, 0xF8)


@pytest.mark.parametrize(
    "code",
    [fat(), fat(jump=b"\xe9\x00\x00"), b"\xeb\x52\x90NTFS    ", b"\xeb\x76\x90EXFAT   ", b"\xeb\x58\x90-FVE-FS-"],
    ids=["FAT", "FAT, long jump", "NTFS", "exFAT", "BitLocker"],
)
def test_a_file_system_on_the_whole_disk_is_no_mbr(code: bytes) -> None:
    assert read(disk(code=code)).kind is TableKind.NONE
    image = disk(code=code)
    image.write(446, b"Remove disks or other media.\xff\r\nPress any key to restart"[:60])
    table = read(image)
    assert (table.kind, table.entries, table.sectors, table.notes) == (TableKind.NONE, (), (), ())


def test_boot_code_with_the_byte_of_a_protective_entry_is_no_gpt() -> None:
    image = disk(code=fat())
    image.write(446, b"text\xee text")
    assert read(image).kind is TableKind.NONE


def test_an_mbr_that_kept_the_bytes_of_an_old_fat_is_an_mbr() -> None:
    table = read(disk((0x80, 0x83, 64, 100), code=fat(jump=b"\xeb\x63\x90")))
    assert table.kind is TableKind.MBR
    assert "file system as well" in table.notes[0]


def test_grub_begins_with_a_jump_and_is_an_mbr() -> None:
    assert read(disk((0x80, 0x83, 64, 100), code=b"\xeb\x63\x90")).kind is TableKind.MBR
    assert read(disk(code=b"\xeb\x63\x90")).kind is TableKind.MBR


def test_a_signature_without_partition_entries_is_told() -> None:
    image = disk()
    image.write(446, b"some boot code, not a table")
    table = read(image)
    assert table.kind is TableKind.NONE
    assert "no valid partition entries" in table.notes[0]


@pytest.mark.parametrize("size", [0, 100, 511, 512, 1 << 20])
def test_a_blank_disk_of_any_size_has_no_table(size: int) -> None:
    table = read(Image(size, 512))
    assert (table.kind, table.entries, table.sectors, table.notes) == (TableKind.NONE, (), (), ())


def test_a_disk_of_one_sector_can_have_an_mbr() -> None:
    table = read(disk((0, 0x83, 64, 100), sectors=1))
    assert table.kind is TableKind.MBR
    assert table.entries == ()
