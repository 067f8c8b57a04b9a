"""The plan of a stick: what comes last, what is told, and what is refused."""

from dataclasses import replace

import pytest

from rescue.errors import TargetRefusedError, TargetTooSmallError
from rescue.extents import Extents
from rescue.images.boot_image import BootImage
from rescue.plans.stick import plan_stick, require_room
from rescue.plans.write import WritePlan
from rescue.tables.extend import Extended
from rescue.tables.model import SavedSectors, Table, TableKind
from rescue.units import GiB, KiB, MiB
from tests.unit.plans.made_up import disk

HEAD = b"h" * (64 * KiB)
IMAGE = BootImage("/rescue.iso", 20 * MiB, (1, 2, 3, 4), "iso9660", "RESCUE", boots_from_disk=True, head=HEAD)
STICK = replace(disk(size=GiB), bus="usb")
ADDED = Extended(Table(TableKind.NONE, 512, GiB, sectors=(SavedSectors(0, b"m" * 512),)), 3, 20 * MiB, GiB - 20 * MiB)
DATA = Extents([(0, MiB)])


def plan(added: Extended | None = None, image: BootImage = IMAGE, *, bus: str = "usb") -> WritePlan:
    data = DATA if added else Extents()
    return plan_stick(image, replace(STICK, bus=bus), added, data, notes=("told.",), verify=True)


def test_the_head_of_the_image_is_held_back() -> None:
    made = plan()
    assert made.table is not None
    assert b"".join(piece.data for piece in made.table.sectors) == HEAD
    (image,) = made.placements
    assert list(image.region.used) == [(64 * KiB, 20 * MiB)]
    assert made.used_bytes == 20 * MiB - 64 * KiB


def test_the_data_partition_is_a_region_and_the_table_has_its_entry() -> None:
    made = plan(ADDED)
    assert [(each.region.name, each.start) for each in made.placements] == [("image", 0), ("p3", 20 * MiB)]
    assert made.placements[1].region.used == DATA
    assert made.table is not None
    assert made.table.sectors[0].data == b"m" * 512
    assert any("p3 exfat “RESCUE-DATA”: 1.0 MiB used" in step for step in made.describe())


@pytest.mark.parametrize(
    ("bus", "told"), [("usb", ""), ("mmc", ""), ("ata", "a SATA disk"), ("nvme", "an NVMe disk"), ("x", "another kind")]
)
def test_what_is_no_stick_is_told(bus: str, told: str) -> None:
    found = [step for step in plan(bus=bus).describe() if "is not a USB stick" in step]
    assert len(found) == bool(told)
    assert all(told in step for step in found)


def test_other_notes() -> None:
    assert any("behind the image stay unused" in note for note in plan().notes)
    assert not any("unused" in note for note in plan(ADDED).notes)
    assert any("hardly from a stick" in note for note in plan(image=replace(IMAGE, boots_from_disk=False)).notes)
    assert plan().notes[-1] == "told."


def test_every_decision_is_in_the_digest() -> None:
    other = replace(IMAGE, head=b"H" + HEAD[1:])
    made = [plan(), plan(ADDED), plan(image=other), replace(plan(), verify=False)]
    assert len({each.digest() for each in made}) == len(made)


def test_room() -> None:
    require_room(IMAGE, disk(size=20 * MiB))
    with pytest.raises(TargetTooSmallError, match="512 bytes"):
        require_room(IMAGE, disk(size=20 * MiB - 512))
    with pytest.raises(TargetRefusedError, match="sectors of 4096"):
        require_room(IMAGE, disk(size=GiB, sector_size=4096))
