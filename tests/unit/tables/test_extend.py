"""One more partition behind an image: everything that was there stays, and what cannot be extended is refused."""

import struct
import uuid
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rescue.errors import TableError, TargetTooSmallError
from rescue.tables.arrange import arrange
from rescue.tables.extend import LEAST, Extended, boot_sectors, extend, retract
from rescue.tables.model import SavedSectors, Table, TableKind
from rescue.tables.read import read_table
from rescue.units import GiB, MiB, TiB
from tests.unit.tables.synth import UNTIMED, GptPlan, Image, MbrPlan, gpt_plans, mbr_plans
from tests.unit.tables.test_arrange import written

OWN = uuid.UUID(int=5)
IMAGE = 20 * MiB + 2048
ISO = (0x80, 0x17, 64, 18000)
EFI = (0, 0xEF, 18432, 8192)


def mbr(*slots: tuple[int, int, int, int], size: int = IMAGE) -> Image:
    return MbrPlan(512, size // 512, 0x1234, dict(enumerate(slots))).image()


def extended(image: Image, disk_size: int = GiB) -> Extended:
    return extend(image.read, image.size, disk_size, image.sector_size, OWN)


def test_an_mbr_gets_an_entry_in_its_first_free_slot() -> None:
    image = mbr(ISO, EFI)
    added = extended(image)
    assert (added.number, added.start, added.size) == (3, 21 * MiB, GiB - 21 * MiB)
    old = read_table(image.read, image.size, 512)
    assert added.table.kind is TableKind.MBR
    assert added.table.disk_id == old.disk_id
    assert added.table.entries[:2] == old.entries
    new = added.table.entries[2]
    assert (new.number, new.start, new.size, new.type) == (3, added.start, added.size, "0x07")
    (boot,) = added.table.sectors
    assert boot.data[:478] == image.read(0, 478)
    assert boot.data[494:] == image.read(494, 18)


def test_partitions_that_lie_on_the_table_or_overlap_stay_too() -> None:
    """Their table is only copied: its kind is NONE."""
    for slots in (((0x80, 0x17, 0, 18432), EFI), ((0x80, 0x83, 64, 40000), EFI)):
        image = mbr(*slots)
        added = extended(image)
        assert (added.table.kind, added.number) == (TableKind.NONE, 3)
        (boot,) = added.table.sectors
        assert boot.data[:478] == image.read(0, 478)
        assert struct.unpack_from("<II", boot.data, 446 + 32 + 8) == (added.start // 512, added.size // 512)


def test_a_slot_between_others_is_used() -> None:
    assert extended(mbr(ISO, (0, 0, 0, 0), EFI)).number == 2


def test_an_mbr_ends_at_two_tebibytes() -> None:
    added = extended(mbr(ISO, EFI), 3 * TiB)
    assert added.start + added.size == 2 * TiB - MiB


def test_what_cannot_be_extended_is_refused() -> None:
    announced = mbr(ISO, EFI)
    announced.write(512, b"EFI PART")
    cases = {
        "no partition table": Image(IMAGE, 512),
        "all four entries": mbr(ISO, EFI, (0, 0x83, 30000, 8), (0, 0x83, 30100, 8)),
        "partition 2 reaches beyond its end": mbr(ISO, (0, 0xEF, 18432, 80000)),
        "extended": mbr(ISO, (0, 0x0F, 18432, 80)),
        "two tables": announced,
        "an MBR with partitions": replace(gpt(), hybrid=True).image(),
    }
    for why, image in cases.items():
        with pytest.raises(TableError, match=why):
            extended(image)


@pytest.mark.parametrize("missing", [1, 512, MiB, 64 * MiB])
def test_too_little_room(missing: int) -> None:
    least = 21 * MiB + LEAST
    assert extended(mbr(ISO, EFI), least).size == LEAST
    with pytest.raises(TargetTooSmallError, match="no room"):
        extended(mbr(ISO, EFI), least - missing)


def gpt(count: int = 128, used: int = 2) -> GptPlan:
    slots = {
        number: (uuid.UUID(int=9), uuid.UUID(int=number + 10), 2048 * (number + 1), 2048 * (number + 2) - 1, 0, "x")
        for number in range(used)
    }
    return GptPlan(512, IMAGE // 512, uuid.UUID(int=77), count, 128, slots)


def test_a_gpt_gets_an_entry_in_both_copies_and_ends_with_the_disk() -> None:
    image = gpt().image()
    added = extended(image)
    assert added.table.entries[:2] == gpt().entries
    new = added.table.entries[2]
    assert (new.number, new.name, new.uuid) == (3, "RESCUE-DATA", str(OWN))
    assert (new.start, new.size) == (added.start, added.size) == (21 * MiB, GiB - 22 * MiB)
    assert added.table.notes == ()
    disk = written(added.table)
    for start in (0, 512):
        damaged = disk.copy()
        damaged.write(start, bytes(512) if start else disk.read(0, 512))
        table = read_table(damaged.read, GiB, 512)
        assert table.entries == added.table.entries


def test_a_full_or_damaged_gpt_is_refused() -> None:
    with pytest.raises(TableError, match="in use"):
        extended(gpt(count=4, used=4).image())
    image = gpt().image()
    image.put(1, bytes(512))
    image.put(IMAGE // 512 - 1, bytes(512))
    with pytest.raises(TableError, match="damaged"):
        extended(image)
    with pytest.raises(TargetTooSmallError):
        extended(gpt().image(), IMAGE)


@UNTIMED
@given(gpt_plans() | mbr_plans(), st.integers(0, 200) | st.integers(1, 2**31))
def test_whatever_the_table_is_what_was_there_stays(plan: GptPlan | MbrPlan, growth: int) -> None:
    image = plan.image()
    disk_size = image.size + growth * MiB
    try:
        added = extended(image, disk_size)
    except (TableError, TargetTooSmallError):
        return
    if added.table.kind is TableKind.NONE:
        return
    old = arrange(read_table(image.read, image.size, image.sector_size), disk_size)
    assert tuple(entry for entry in added.table.entries if entry.number != added.number) == old.entries
    (new,) = (entry for entry in added.table.entries if entry.number == added.number)
    assert (new.start, new.size) == (added.start, added.size)
    assert new.start >= image.size
    assert new.end <= disk_size
    assert new.start % MiB == 0


@pytest.mark.parametrize("slots", [(ISO, EFI), ((0x80, 0x17, 0, 18432), EFI), (ISO,)])
def test_retract_is_the_inverse(slots: tuple[tuple[int, int, int, int], ...]) -> None:
    image = mbr(*slots)
    boot = bytearray(image.read(0, 512))
    boot[446 + 16 * len(slots) : 510] = bytes(16 * (4 - len(slots)))
    image.write(0, bytes(boot))
    added = extended(image)
    assert added.table.sectors[0].data != bytes(boot)
    assert retract(added.table.sectors[0].data, IMAGE, 512) == bytes(boot)
    assert retract(bytes(boot), IMAGE, 512) == bytes(boot)


def test_a_gpt_is_not_retracted() -> None:
    with pytest.raises(TableError, match="belongs to that disk"):
        retract(gpt().image().read(0, 512), IMAGE, 512)


def test_boot_sectors_hold_the_head_and_the_table_wins() -> None:
    head = bytes(range(256)) * 16
    plain = boot_sectors(Table(TableKind.NONE, 512, GiB), head)
    assert [(piece.offset, len(piece.data)) for piece in plain.sectors] == [(0, 512), (512, 3584)]
    pieces = (SavedSectors(0, b"a" * 512), SavedSectors(1024, b"b" * 512), SavedSectors(GiB - 512, b"c" * 512))
    mixed = boot_sectors(Table(TableKind.NONE, 512, GiB, sectors=pieces), head)
    assert b"".join(piece.data for piece in mixed.sectors) == (
        b"a" * 512 + head[512:1024] + b"b" * 512 + head[1536:] + b"c" * 512
    )
    assert mixed.occupied.total == len(head) + 512
