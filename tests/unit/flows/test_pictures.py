"""The picture of a disk after a plan ran: everything that is drawn comes from the plan, and nothing else changes."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest

from rescue.devices.model import Disk, FilesystemInfo
from rescue.extents import Extents
from rescue.flows.pictures import after, facts_after
from rescue.images.boot_image import BootImage
from rescue.images.layout import Layout
from rescue.plans.stick import plan_stick
from rescue.plans.write import WritePlan, plan_disk, plan_partition
from rescue.tables.arrange import arrange
from rescue.tables.read import read_table
from rescue.units import GiB, KiB, MiB
from tests.unit.plans.made_up import HUGE, MOUNTED, SIZE, bare_layout, disk, laid_out, layout, used_by, with_part
from tests.unit.tables.synth import GptPlan

LINUX = UUID("0fc63daf-8483-4772-8e79-3d69d8477de4")


def described(source: Layout) -> Layout:
    """The layout with labels, a swap in its second partition, and gaps as they are."""
    names = {1: ("ext4", "root", "u-1"), 2: ("swap", None, "u-2"), 0: ("iso9660", "CD", None)}
    regions = tuple(
        replace(each, filesystem=names[each.number][0], label=names[each.number][1], uuid=names[each.number][2])
        for each in source.regions
    )
    return replace(source, regions=regions)


def target(size: int = SIZE, name: str = "sda") -> Disk:
    """A disk with a system and somebody who looks into it."""
    found = disk(name, size=size)
    busy = replace(used_by(found.partitions[0], MOUNTED), system="Debian", filesystem=FilesystemInfo("ntfs", "old"))
    return replace(with_part(found, busy), system="Old", live_medium=False)


def planned(source: Layout, to: Disk) -> WritePlan:
    return plan_disk("restore", "snapshot", source, to, before=(), verify=True)


def test_a_restored_disk_is_the_disk_of_the_backup() -> None:
    source, to = described(layout()), target()
    seen = after(planned(source, to), to)
    assert (seen.path, seen.model, seen.confirm, seen.size) == (to.path, to.model, to.confirm, to.size)
    assert seen.identity == replace(to.identity, table_uuid="0x00001234")
    assert (seen.table, seen.system, seen.uses, seen.filesystem) == ("dos", None, (), None)
    assert [(part.path, part.number, part.start, part.size) for part in seen.partitions] == [
        ("/dev/sda1", 1, 4 * MiB, 4 * MiB),
        ("/dev/sda2", 2, 8 * MiB, 4 * MiB),
    ]
    assert [part.filesystem for part in seen.partitions] == [
        FilesystemInfo("ext4", "root", "u-1"),
        FilesystemInfo("swap", None, "u-2"),
    ]
    assert not any(part.uses or part.system for part in seen.partitions)
    assert seen.partitions[0].type == "0x83"
    assert facts_after(planned(source, to), to).used == {"/dev/sda1": MiB, "/dev/sda2": MiB}


def test_a_larger_disk_has_the_table_that_the_plan_arranges() -> None:
    gpt = GptPlan(512, SIZE // 512, UUID(int=7), 128, 128, {0: (LINUX, UUID(int=1), 8192, 16383, 0, "root")})
    table = read_table(gpt.image().read, SIZE, 512)
    source, to = laid_out(table, SIZE, included=(1,)), target(HUGE, "nvme0n1")
    seen = after(planned(source, to), to)
    assert seen.table == "gpt"
    assert seen.identity.table_uuid == arrange(table, HUGE).disk_id
    (part,) = seen.partitions
    assert (part.path, part.type, part.name, part.start, part.size) == (
        "/dev/nvme0n1p1", str(LINUX), "root", 4 * MiB, 4 * MiB,
    )  # fmt: skip
    assert seen.size == HUGE


def test_partitions_that_are_not_restored_have_no_content() -> None:
    source, to = described(layout(included=(2,))), target()
    seen = after(planned(source, to), to)
    assert [part.filesystem and part.filesystem.type for part in seen.partitions] == [None, "swap"]
    assert facts_after(planned(source, to), to).used == {"/dev/sda2": MiB}


def test_a_disk_without_a_table() -> None:
    source, to = described(bare_layout()), target()
    seen = after(planned(source, to), to)
    assert (seen.table, seen.partitions, seen.filesystem) == (None, (), FilesystemInfo("iso9660", "CD"))
    assert seen.identity.table_uuid is None
    assert facts_after(planned(source, to), to).used == {"/dev/sda": MiB}


@pytest.mark.parametrize("content", ["raw", "unknown"])
def test_content_that_nobody_knows(content: str) -> None:
    source, to = layout(), target()
    source = replace(source, regions=tuple(replace(each, filesystem=content) for each in source.regions))
    assert [part.filesystem for part in after(planned(source, to), to).partitions] == [None, None]


def test_one_partition_changes_and_nothing_else() -> None:
    to = target()
    source = described(layout())
    region = next(each for each in source.regions if each.number == 2)
    plan = plan_partition("restore", "snapshot", source, region, (to, to.partitions[0]), verify=True)
    seen = after(plan, to)
    changed = replace(to.partitions[0], filesystem=FilesystemInfo("swap", None, "u-2"), uses=(), system=None)
    assert seen == replace(to, partitions=(changed, to.partitions[1]))
    assert facts_after(plan, to).used == {"/dev/sda1": MiB}


def test_a_stick() -> None:
    image = BootImage("/r.iso", 20 * MiB, (1, 2, 3, 4), "iso9660", "RESCUE", boots_from_disk=True, head=b"h" * 64 * KiB)
    to = target(GiB)
    plan = plan_stick(image, to, None, Extents(), notes=(), verify=True)
    seen = after(plan, to)
    assert (seen.partitions, seen.filesystem) == ((), FilesystemInfo("iso9660", "RESCUE"))
