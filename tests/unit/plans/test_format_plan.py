"""The plan of a drive for backups: what is told and what is refused."""

import uuid
from dataclasses import replace

import pytest

from rescue.errors import TargetRefusedError, UsageError
from rescue.extents import Extents
from rescue.plans.format import EXFAT, EXT4, plan_format, require_sectors, require_wish
from rescue.plans.write import WritePlan
from rescue.tables.single import LINUX, single_partition
from rescue.units import GiB, MiB
from tests.unit.plans.made_up import disk

DISK = replace(disk(size=GiB), bus="usb")
IDS = {"disk_id": uuid.UUID(int=1 << 100), "part_id": uuid.UUID(int=2 << 100)}
TABLE = single_partition(GiB, 512, kind=LINUX, name="Backups", **IDS)


def plan(filesystem: str = EXT4, label: str = "Backups", used: int = MiB) -> WritePlan:
    return plan_format(DISK, TABLE, Extents([(0, used)]), filesystem=filesystem, label=label, uuid="u", verify=True)


def test_what_is_told() -> None:
    steps = plan().describe()
    assert steps[0].startswith("OVERWRITE /dev/sda")
    assert any("label1" in step for step in steps)  # what is lost
    assert any("p1 ext4 “Backups”: 1.0 MiB used" in step for step in steps)
    assert any("Windows does not" in step for step in steps)
    assert any("no journal" in step for step in plan(EXFAT).describe())


def test_every_wish_makes_another_plan() -> None:
    digests = {made.digest() for made in (plan(), plan(EXFAT), plan(label="Other"), plan(used=2 * MiB))}
    assert len(digests) == 4
    assert plan().placements[0].start == MiB
    assert plan().table == TABLE


@pytest.mark.parametrize(
    ("filesystem", "label"),
    [
        ("ntfs", "Backups"),
        (EXT4, ""),
        (EXT4, "  "),
        (EXT4, "x" * 17),
        (EXT4, "ü" * 9),
        (EXFAT, "x" * 12),
        (EXFAT, "a/b"),
        (EXT4, "a\nb"),
    ],
)
def test_wishes_that_cannot_be(filesystem: str, label: str) -> None:
    with pytest.raises(UsageError):
        require_wish(filesystem, label)


def test_wishes_that_can_be() -> None:
    require_wish(EXT4, "x" * 16)
    require_wish(EXFAT, "My Backups")
    require_sectors(replace(DISK, logical_sector_size=4096), EXT4)
    with pytest.raises(TargetRefusedError, match="4096 bytes"):
        require_sectors(replace(DISK, logical_sector_size=4096), EXFAT)
