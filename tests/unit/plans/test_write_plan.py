"""What a plan decides, tells, and how tightly a confirmation is bound to it."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from rescue.devices.model import Disk, Identity
from rescue.errors import NotConfirmedError, TargetRefusedError, TargetTooSmallError, UsageError
from rescue.images.layout import Layout
from rescue.plans.backup import BackupPlan
from rescue.plans.token import Confirmation, confirm
from rescue.plans.write import WritePlan, describe_disk, plan_disk, plan_partition
from rescue.units import MiB
from tests.unit.plans.made_up import HUGE, SIZE, bare_layout, disk, layout


def whole(of: Layout | None = None, target: Disk | None = None, *, verify: bool = True) -> WritePlan:
    target = target or disk()
    return plan_disk("restore", "snapshot abc", of or layout(), target, before=describe_disk(target), verify=verify)


def part(number: int = 1, of: Layout | None = None, target: Disk | None = None) -> WritePlan:
    of, target = of or layout(), target or disk()
    region = next(each for each in of.regions if each.number == number)
    return plan_partition("restore", "snapshot abc", of, region, (target, target.partitions[1]), verify=True)


def test_a_disk_of_equal_size_gets_everything_in_its_place() -> None:
    plan, source = whole(), layout()
    assert [(p.region.name, p.start) for p in plan.placements] == [(r.name, r.start) for r in source.regions]
    assert plan.table == source.table
    assert plan.used_bytes == source.used_bytes
    assert plan.notes == ()


def test_a_larger_disk_leaves_the_end_free() -> None:
    """And the gap behind the last partition: what lies there counts from the end of the disk."""
    plan = whole(target=disk(size=HUGE))
    assert [p.region.name for p in plan.placements] == ["gap1", "p1", "p2"]
    assert plan.table is not None
    assert plan.table.disk_size == HUGE
    assert any("stay free" in note for note in plan.notes)
    bare = whole(bare_layout(), disk(size=HUGE))
    assert [p.region.name for p in bare.placements] == ["disk"]


def test_partitions_that_were_not_chosen_are_told_and_not_written() -> None:
    plan = whole(layout(included=(2,)))
    assert "p1" not in [p.region.name for p in plan.placements]
    assert any("p1" in note and "not restored" in note for note in plan.notes)
    with pytest.raises(UsageError, match="no partition"):
        whole(layout(included=()))


@pytest.mark.parametrize("source", [layout(), bare_layout()])
def test_a_smaller_disk_is_refused_with_what_is_missing(source: Layout) -> None:
    with pytest.raises(TargetTooSmallError, match=r"\b512\b"):
        whole(source, disk(size=SIZE - 512))
    with pytest.raises(TargetTooSmallError, match="bytes"):
        whole(source, disk(size=MiB))


def test_other_sectors_are_refused() -> None:
    with pytest.raises(TargetRefusedError, match="sectors of 4096 bytes"):
        whole(target=disk(sector_size=4096))
    with pytest.raises(TargetRefusedError, match="sectors of 4096 bytes"):
        part(target=disk(sector_size=4096))


def test_a_partition_goes_into_a_partition() -> None:
    plan = part(1)
    assert plan.table is None
    assert [(p.region.name, p.start) for p in plan.placements] == [("p1", 0)]
    assert (plan.target.path, plan.target.number, plan.target.size) == ("/dev/sda2", 2, 4 * MiB)
    assert plan.before == ("/dev/sda2: ext4 4.0 MiB “label2”",)


def test_a_partition_must_be_large_enough_and_in_the_backup() -> None:
    target = disk()
    for size, told in ((4 * MiB - 512, "512 bytes"), (5 * MiB, None)):
        other = replace(target, partitions=tuple(replace(each, size=size) for each in target.partitions))
        if told:
            with pytest.raises(TargetTooSmallError, match=told):
                part(target=other)
        else:
            assert any("stay unused" in note for note in part(target=other).notes)
    with pytest.raises(UsageError, match="not in"):
        part(1, layout(included=(2,)))


def test_the_description_says_what_is_lost_and_what_comes() -> None:
    text = "\n".join(whole().describe())
    assert text.startswith("OVERWRITE /dev/sda: Model, 64.0 MiB, SDA.")
    for words in ("/dev/sda1: ext4 4.0 MiB “label1”", "from snapshot abc", "p2 ext4", "Read the target back"):
        assert words in text
    assert "Read the target back" not in "\n".join(whole(verify=False).describe())
    empty = replace(disk(), partitions=())
    assert "nothing that we know" in "\n".join(whole(target=empty).describe())


def test_a_backup_plan_tells_what_it_reads() -> None:
    plan = BackupPlan("monday", "/repo", (layout(included=(1,)),), 3, False, True)
    text = "\n".join(plan.describe())
    assert plan.used_bytes == layout(included=(1,)).used_bytes
    for words in ("Read /dev/source (Old", "not changed", "Debian 13", "not chosen", "“monday” in /repo", "compare"):
        assert words in text


CHANGES: list[Callable[[WritePlan], WritePlan]] = [
    lambda plan: replace(plan, job="clone", source="another snapshot"),
    lambda plan: replace(plan, verify=False),
    lambda plan: replace(plan, table=None),
    lambda plan: replace(plan, placements=plan.placements[1:]),
    lambda plan: replace(plan, placements=(replace(plan.placements[0], start=512), *plan.placements[1:])),
    lambda plan: replace(plan, target=replace(plan.target, path="/dev/sdb")),
    lambda plan: replace(plan, target=replace(plan.target, identity=Identity(None, "OTHER", None, None, SIZE))),
    lambda plan: replace(plan, target=replace(plan.target, number=2)),
    lambda plan: replace(plan, before=()),
    lambda plan: replace(plan, notes=("another",)),
]


@pytest.mark.parametrize("change", CHANGES)
def test_a_confirmation_is_for_one_plan_only(change: Callable[[WritePlan], WritePlan]) -> None:
    plan = whole()
    token = confirm(plan, "SDA")
    token.require(plan)
    token.require(whole())
    with pytest.raises(NotConfirmedError):
        token.require(change(plan))


def test_other_bytes_in_the_table_are_another_plan() -> None:
    plan = whole()
    assert plan.table is not None
    piece = plan.table.sectors[0]
    table = replace(plan.table, sectors=(replace(piece, data=b"\xff" + piece.data[1:]), *plan.table.sectors[1:]))
    with pytest.raises(NotConfirmedError):
        confirm(plan, "SDA").require(replace(plan, table=table))


@pytest.mark.parametrize("typed", ["", " ", "sda", "/dev/sda", "y", "yes", "SD", "SDAA", "SDA SDA", "SDB"])
def test_nothing_but_the_identity_confirms(typed: str) -> None:
    with pytest.raises(NotConfirmedError) as caught:
        confirm(whole(), typed)
    assert caught.value.hint.endswith("SDA")


def test_blanks_around_it_do_not_matter() -> None:
    assert confirm(whole(), " SDA\n")


def test_a_disk_without_identity_cannot_be_confirmed() -> None:
    plan = whole(target=disk(serial=""))
    for typed in ("", "None"):
        with pytest.raises(NotConfirmedError):
            confirm(plan, typed)


def test_nobody_else_makes_a_confirmation() -> None:
    plan = whole()
    with pytest.raises(NotConfirmedError):
        Confirmation(plan.digest(), object()).require(plan)
