"""A plan that writes nothing but a partition table, and one that overwrites with zeros."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from rescue.devices.model import Disk, Identity
from rescue.errors import NotConfirmedError, TableError, TargetRefusedError, TargetTooSmallError
from rescue.extents import Extents
from rescue.plans.table import plan_table
from rescue.plans.token import confirm
from rescue.plans.wipe import WipePlan, plan_wipe
from rescue.plans.write import WritePlan
from rescue.tables.model import Table, TableKind
from rescue.units import MiB
from tests.unit.plans.made_up import SIZE, disk, layout

TABLE = layout().table


def only_table(table: Table = TABLE, target: Disk | None = None) -> WritePlan:
    return plan_table("table restore", "a file", table, target or disk(), notes=("A note.",), verify=True)


def test_it_writes_the_table_and_says_that_all_else_stays() -> None:
    plan = only_table()
    assert (plan.placements, plan.used_bytes, plan.table, plan.table_only) == ((), 0, TABLE, True)
    text = "\n".join(plan.describe())
    for words in (
        "OVERWRITE the partition table of /dev/sda: Model, 64.0 MiB, SDA.",
        "/dev/sda1: ext4 4.0 MiB “label1”",
        "p1: 4.0 MiB, from byte 4194304",
        "What is in the partitions stays",
        "Note: A note.",
    ):
        assert words in text
    assert "All that is on it now is lost" not in text
    assert "not touched" in plan.unfinished()
    assert "must not be used" in replace(plan, table_only=False).unfinished()


def test_it_is_confirmed_as_what_it_is() -> None:
    """The same sectors in a plan that overwrites everything are another plan."""
    plan = only_table()
    token = confirm(plan, "SDA")
    token.require(only_table())
    with pytest.raises(NotConfirmedError):
        token.require(replace(plan, table_only=False))


def test_tables_that_do_not_go_there() -> None:
    with pytest.raises(TableError, match="no partition table in a file"):
        only_table(Table(TableKind.NONE, 512, SIZE))
    with pytest.raises(TargetRefusedError, match="sectors of 4096 bytes"):
        only_table(target=disk(sector_size=4096))
    with pytest.raises(TargetTooSmallError):
        only_table(target=disk(size=SIZE - 512))
    assert any("at its end stay free" in note for note in only_table(target=disk(size=SIZE + MiB)).notes)


def test_a_table_in_the_middle_of_a_partition_is_told() -> None:
    """As those of logical partitions can be."""
    target = disk()
    moved = replace(target, partitions=(replace(target.partitions[0], start=0),))
    assert any("512 bytes of the new table lie in /dev/sda1" in note for note in only_table(target=moved).notes)


def wipe(target: Disk | None = None, *, quick: bool = False) -> WipePlan:
    return plan_wipe(target or disk(), quick=quick, verify=True)


def test_a_wipe_takes_every_byte_and_says_what_cannot_be_had_back() -> None:
    plan = wipe()
    assert plan.zeros == Extents.whole(SIZE)
    text = "\n".join(plan.describe())
    for words in ("OVERWRITE /dev/sda", "label1", "over every sector, 64.0 MiB", "no undo kit is kept", "spare blocks"):
        assert words in text
    turning = replace(disk(), rotational=True)
    assert "spare blocks" not in "\n".join(wipe(turning).describe())
    assert "spare blocks" in "\n".join(wipe(replace(turning, bus="usb")).describe())


def test_a_quick_wipe_takes_the_ends() -> None:
    plan = wipe(quick=True)
    expected = [(0, 1), (4, 5), (7, 9), (11, 12), (63, 64)]
    assert plan.zeros == Extents((start * MiB, end * MiB) for start, end in expected)
    text = "\n".join(plan.describe())
    for words in ("6.0 MiB", "tools can bring them back", "`rescue undo /dev/sda` takes it back"):
        assert words in text
    assert "cannot be undone" not in text


def test_a_quick_wipe_of_a_tiny_disk_stays_inside() -> None:
    tiny = replace(disk(size=MiB), partitions=())
    assert wipe(tiny, quick=True).zeros == Extents.whole(MiB)


CHANGES: list[Callable[[WipePlan], WipePlan]] = [
    lambda plan: replace(plan, quick=True),
    lambda plan: replace(plan, verify=False),
    lambda plan: replace(plan, zeros=Extents.whole(SIZE - 512)),
    lambda plan: replace(plan, before=()),
    lambda plan: replace(plan, target=replace(plan.target, identity=Identity(None, "OTHER", None, None, SIZE))),
]


@pytest.mark.parametrize("change", CHANGES)
def test_a_wipe_is_confirmed_as_what_it_is(change: Callable[[WipePlan], WipePlan]) -> None:
    token = confirm(wipe(), "SDA")
    token.require(wipe())
    with pytest.raises(NotConfirmedError):
        token.require(change(wipe()))
