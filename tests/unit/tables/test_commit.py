"""Writing tables to a disk that may lose power: after each write, the disk has the old table, the new one, or none."""

from dataclasses import dataclass, field

import pytest
from hypothesis import given

from rescue.errors import RescueError, TableError, TargetWriteError, VerifyError
from rescue.tables.arrange import arrange
from rescue.tables.commit import clear_table, forget_table, verify_table, write_table
from rescue.tables.model import Table, TableKind
from tests.unit.tables.synth import UNTIMED, GptPlan, Image, MbrPlan, gpt_plans, mbr_plans
from tests.unit.tables.test_read_gpt import plan, read


@dataclass
class FakeDisk:
    """A disk that remembers each state it was in, and can fail at one of its writes."""

    image: Image
    fail_at: int = -1
    states: list[Image] = field(default_factory=list)
    unflushed: list[tuple[int, bytes]] = field(default_factory=list)
    flushes: int = 0

    @property
    def size(self) -> int:
        """Bytes on the disk."""
        return self.image.size

    @property
    def logical_sector_size(self) -> int:
        """Bytes of a sector."""
        return self.image.sector_size

    def pread_into(self, buffer: memoryview, offset: int) -> int:
        """Read."""
        buffer[:] = self.image.read(offset, len(buffer))
        return len(buffer)

    def pwrite(self, data: memoryview, offset: int) -> None:
        """Write whole sectors, and keep the states before and after, with the first half written too."""
        assert offset % self.logical_sector_size == len(data) % self.logical_sector_size == 0
        if len(self.states) == self.fail_at:
            raise OSError(5, "Input/output error")
        half = self.image.copy()
        middle = len(data) // 2 // self.logical_sector_size * self.logical_sector_size
        half.write(offset, bytes(data[:middle]))
        self.image.write(offset, bytes(data))
        self.states += [half, self.image.copy()]

    def flush(self) -> None:
        """Count."""
        self.flushes += 1


def outcome(image: Image) -> Table | None:
    """The table of a disk after a crash; None where the reader refuses it as damaged."""
    try:
        return read(image)
    except RescueError:
        return None


@UNTIMED
@given(gpt_plans() | mbr_plans())
def test_the_exact_bytes_come_back(made: GptPlan | MbrPlan) -> None:
    source = made.image()
    table = read(source)
    disk = FakeDisk(Image(source.size, source.sector_size))
    write_table(disk, table)
    verify_table(disk, table)
    assert all(disk.image.read(piece.offset, len(piece.data)) == piece.data for piece in table.sectors)
    assert read(disk.image) == table


@UNTIMED
@given(gpt_plans() | mbr_plans())
def test_a_cleared_disk_has_no_table_until_the_last_write(made: GptPlan | MbrPlan) -> None:
    table = read(made.image())
    disk = FakeDisk(Image(table.disk_size, table.sector_size))
    write_table(disk, table)
    *before, _ = disk.states
    half_of_the_last = before.pop() if len(before) > 1 else None
    assert all(read(state).kind is TableKind.NONE for state in before)
    assert half_of_the_last is None or outcome(half_of_the_last) is None or not read(half_of_the_last).entries


def test_an_old_gpt_is_replaced_without_a_moment_of_neither() -> None:
    old, new = plan((2048, 3000)), plan((3001, 4095), (4096, 5000))
    disk = FakeDisk(old.image())
    write_table(disk, read(new.image()))
    seen = [table.entries for state in disk.states if (table := outcome(state))]
    assert len(seen) == len(disk.states)
    assert set(seen) == {old.entries, new.entries}
    assert disk.flushes == 5


def test_a_damaged_primary_is_written_in_the_same_order() -> None:
    image = plan((2048, 3000)).image()
    image.put(1, bytes(512))
    table = read(image)
    disk = FakeDisk(Image(image.size, 512))
    write_table(disk, table)
    assert read(disk.image) == table
    assert all(not read(state).entries for state in disk.states[:-2])


@pytest.mark.parametrize("sectors", [1, 100, 2048, 2049, 3000, 4096, 8192])
def test_clearing_zeroes_the_first_and_the_last_mib(sectors: int) -> None:
    image = Image(sectors * 512 + 17, 512, dict.fromkeys(range(sectors), b"\xaa" * 512))
    disk = FakeDisk(image)
    clear_table(disk)
    kept = [lba for lba in range(sectors) if disk.image.sectors[lba] != bytes(512)]
    assert kept == list(range(2048, sectors - 2048))


def test_a_crash_while_clearing_leaves_no_usable_table() -> None:
    disk = FakeDisk(plan((2048, 3000)).image())
    clear_table(disk)
    assert read(disk.image).kind is TableKind.NONE
    assert all(outcome(state) is None or not read(state).entries for state in disk.states[1:])


@UNTIMED
@given(gpt_plans() | mbr_plans())
def test_a_forgotten_table_is_gone_and_nothing_else_is(made: GptPlan | MbrPlan) -> None:
    """Only sectors change from which a table is found: the first one, and headers of a GPT."""
    old = made.image()
    disk = FakeDisk(old.copy())
    before = read(old)
    forget_table(disk)
    assert read(disk.image).kind is TableKind.NONE
    size = old.sector_size
    zeros = bytes(size)
    lbas = old.sectors.keys() | disk.image.sectors.keys()
    changed = {lba for lba in lbas if disk.image.sectors.get(lba, zeros) != old.sectors.get(lba, zeros)}
    assert changed <= {0, 1, old.size // size - 1}
    for state in disk.states:
        now = outcome(state)
        assert now is None or now.entries in ((), before.entries)


def test_a_gpt_that_no_table_announces_any_more_is_forgotten_too() -> None:
    """An MBR was put over it: tools would still find its headers."""
    image = plan((2048, 3000)).image()
    mbr = MbrPlan(512, 8192, 0x1234, {0: (0, 0x83, 2048, 4096)}).image()
    image.write(0, mbr.read(0, 512))
    disk = FakeDisk(image)
    forget_table(disk)
    for lba in (0, 1, 8191):
        assert disk.image.read(lba * 512, 512) == bytes(512)
    assert disk.flushes == 3
    table = read(mbr)
    write_table(disk, table)
    assert read(disk.image) == table


def test_another_disk_is_refused_before_the_first_write() -> None:
    table = read(plan((2048, 3000)).image())
    for disk in (FakeDisk(Image(8193 * 512, 512)), FakeDisk(Image(8192 * 512, 4096))):
        with pytest.raises(TableError, match="is for a disk of"):
            write_table(disk, table)
        assert disk.states == []
    larger = FakeDisk(Image(8193 * 512, 512))
    write_table(larger, arrange(table, larger.size))
    assert read(larger.image).entries == table.entries


def test_failures_of_the_disk_are_told() -> None:
    table = read(plan((2048, 3000)).image())
    with pytest.raises(TargetWriteError, match="cannot be written: Input/output error"):
        write_table(FakeDisk(Image(8192 * 512, 512), fail_at=4), table)
    with pytest.raises(TargetWriteError, match="cannot be cleared: Input/output error"):
        clear_table(FakeDisk(Image(8192 * 512, 512), fail_at=2))
    with pytest.raises(TargetWriteError, match="cannot be cleared: Input/output error"):
        forget_table(FakeDisk(plan((2048, 3000)).image(), fail_at=4))


def test_a_disk_that_forgets_is_found_out() -> None:
    table = read(plan((2048, 3000)).image())
    disk = FakeDisk(Image(8192 * 512, 512))
    write_table(disk, table)
    disk.image.write(600, b"x")
    with pytest.raises(VerifyError, match="at byte 512"):
        verify_table(disk, table)
