"""Disks that somebody made to break the reader: it tells what is wrong, reads little, and ends."""

import struct
import zlib

from hypothesis import example, given
from hypothesis import strategies as st

from rescue.errors import RescueError
from rescue.tables.model import Table, first_overlap
from rescue.tables.read import read_table
from rescue.tables.stored import from_json, to_json
from tests.unit.tables.synth import UNTIMED, Image, boot_record, gpt_plans, mbr_plans

MOST_READ = 32 * 1024 * 1024


def sound(image: Image) -> Table | None:
    """Read the table and check what every table promises; None where the reader refuses in words."""
    image.bytes_read = 0
    try:
        table = read_table(image.read, image.size, image.sector_size)
    except RescueError as error:
        assert error.message.endswith((".", "!"))
        return None
    finally:
        assert image.bytes_read <= MOST_READ
    assert first_overlap(table.data_entries) is None
    assert list(table.entries) == sorted(table.entries, key=lambda entry: entry.number)
    for entry in table.entries:
        assert entry.size > 0 <= entry.start < entry.end <= image.size
    assert table.occupied.total == sum(len(piece.data) for piece in table.sectors)
    assert not any(list(table.occupied.between(entry.start, entry.end)) for entry in table.data_entries)
    assert all(image.read(piece.offset, len(piece.data)) == piece.data for piece in table.sectors)
    assert from_json(to_json(table)) == table
    return table


@UNTIMED
@given(st.sampled_from((512, 4096)), st.binary(max_size=40_000), st.booleans())
def test_noise(sector_size: int, noise: bytes, signed: bool) -> None:
    image = Image(len(noise), sector_size)
    if noise:
        image.write(0, noise)
    if signed and len(noise) > 2 * sector_size:
        image.write(510, b"\x55\xaa")
        image.write(450, b"\xee")
        image.write(sector_size, b"EFI PART")
    sound(image)


@UNTIMED
@given(gpt_plans().map(lambda made: made.image()) | mbr_plans().map(lambda made: made.image()), st.data())
def test_changed_bytes(image: Image, data: st.DataObject) -> None:
    for _ in range(data.draw(st.integers(1, 6))):
        lba = data.draw(st.sampled_from(sorted(image.sectors)))
        at = data.draw(st.integers(0, image.sector_size - 1))
        change = data.draw(st.binary(min_size=1, max_size=16))
        image.write(lba * image.sector_size + at, change[: image.sector_size - at])
    sound(image)


NUMBERS = st.one_of(st.integers(0, 70), st.integers(0, 2**64 - 1), st.sampled_from((2**63, 2**64 - 1, 4095, 4096)))


@UNTIMED
@given(st.lists(NUMBERS, min_size=5, max_size=5), st.integers(0, 2**32 - 1) | st.just(128), st.sampled_from((128, 256)))
@example([1, 2**64 - 1, 34, 4000, 2], 32768, 128)
@example([1, 1, 34, 4000, 0], 128, 128)
@example([1, 2, 34, 4000, 2], 128, 128)
def test_headers_with_right_checksums_and_wrong_fields(fields: list[int], count: int, entry_size: int) -> None:
    image = Image(4096 * 512, 512)
    image.put(0, boot_record([(0, 0xEE, 1, 4095)]))
    array = bytes(min(count * entry_size, 1 << 20))
    my_lba, alternate, first, last, entries_lba = fields
    for lba in (1, 4095):
        values = (lba if my_lba == 1 else my_lba, alternate, first, last, bytes(16), entries_lba)
        body = struct.pack("<QQQQ16sQIII", *values, count, entry_size, zlib.crc32(array))
        start = struct.pack("<8sII", b"EFI PART", 0x10000, 92)
        image.put(lba, start + struct.pack("<II", zlib.crc32(start + bytes(8) + body), 0) + body)
    sound(image)


SLOTS = st.tuples(
    st.sampled_from((0, 0x80, 0x7F)), st.sampled_from((0, 5, 0x0F, 0x85, 0x83, 0xEE)),
    st.integers(0, 40) | st.integers(0, 2**32 - 1), st.integers(0, 40) | st.integers(0, 2**32 - 1),
)  # fmt: skip


@UNTIMED
@given(st.lists(st.lists(SLOTS, max_size=4), min_size=1, max_size=40))
def test_webs_of_boot_records(records: list[list[tuple[int, int, int, int]]]) -> None:
    image = Image(40 * 512, 512)
    for lba, slots in enumerate(records):
        image.put(lba, boot_record(slots))
    sound(image)
