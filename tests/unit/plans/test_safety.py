"""The rules that forbid: each with its reason, decided from values alone."""

from dataclasses import replace

import pytest

from rescue.devices import location
from rescue.devices.model import Disk, Identity, Inventory, Partition, Use
from rescue.errors import SourceRefusedError, TargetRefusedError
from rescue.plans.safety import require_source, require_target
from tests.unit.plans.made_up import (
    HELD,
    HELD_READ_ONLY,
    MOUNTED,
    MOUNTED_READ_ONLY,
    SWAP,
    disk,
    used_by,
    with_part,
)


@pytest.fixture(autouse=True)
def carried(monkeypatch: pytest.MonkeyPatch) -> dict[str, tuple[str, ...]]:
    """Which nodes carry which file on the machine that exists nowhere: its system runs from sdz."""
    carried = {"/": ("/dev/sdz2", "/dev/sdz"), "/usr": ("/dev/sdz",)}
    monkeypatch.setattr(location, "carriers", lambda path: carried.get(path, ()))
    monkeypatch.setattr(location, "canonical_node", str)
    return carried


def refused(*others: Disk, target: Disk, part: Partition | None = None, **context: object) -> str:
    with pytest.raises(TargetRefusedError) as caught:
        require_target(Inventory((target, *others)), target, part, **context)  # type: ignore[arg-type]
    assert caught.value.hint.startswith("Nothing was changed.")
    return caught.value.message


def test_a_disk_that_nobody_needs_may_be_written() -> None:
    target = disk("sda")
    require_target(Inventory((target, disk("sdb"), disk("sdz"))), target, None)
    require_target(Inventory((target, disk("sdb"))), target, target.partitions[0], source=disk("sdb"))


def test_the_running_system() -> None:
    assert "system that is running" in refused(target=disk("sdz"))
    target = disk("sdz")
    assert "system that is running" in refused(target=target, part=target.partitions[0])


@pytest.mark.parametrize("path", ["/", "/usr", "/boot", "/run/live/medium", "/run/live/persistence", "/cdrom"])
def test_the_rescue_stick_and_every_piece_of_the_system(carried: dict[str, tuple[str, ...]], path: str) -> None:
    carried[path] = ("/dev/dm-3", "/dev/sda5", "/dev/sda")
    assert "system that is running" in refused(target=disk("sda"))


def test_the_disk_that_holds_the_repository(carried: dict[str, tuple[str, ...]]) -> None:
    carried["/mnt/backups"] = ("/dev/loop0", "/dev/sda1", "/dev/sda")
    target = disk("sda")
    assert "holds the repository" in refused(target=target, repository="/mnt/backups")
    assert "holds the repository" in refused(target=target, part=target.partitions[1], repository="/mnt/backups")
    other = disk("sdb")
    require_target(Inventory((target, other)), other, None, repository="/mnt/backups")


def test_the_disk_that_holds_the_image(carried: dict[str, tuple[str, ...]]) -> None:
    carried["/mnt/rescue.iso"] = ("/dev/sda1", "/dev/sda")
    target, other = disk("sda"), disk("sdb")
    assert "holds the image" in refused(target=target, image="/mnt/rescue.iso")
    require_target(Inventory((target, other)), other, None, image="/mnt/rescue.iso")


@pytest.mark.parametrize(
    ("use", "told"),
    [
        (MOUNTED, "mounted at /mnt"),
        (MOUNTED_READ_ONLY, "mounted read-only at /mnt"),
        (SWAP, "active swap space"),
        (HELD, "held by /dev/dm-0"),
        (HELD_READ_ONLY, "held read-only by /dev/dm-0"),
    ],
)
def test_in_use(use: Use, told: str) -> None:
    """By anybody, in any way, on any partition; a use of one partition does not forbid another."""
    plain = disk("sda")
    target = with_part(plain, used_by(plain.partitions[1], use))
    assert f"/dev/sda2 is {told}" in refused(target=target)
    assert f"/dev/sda2 is {told}" in refused(target=target, part=target.partitions[1])
    require_target(Inventory((target,)), target, target.partitions[0])
    whole = replace(plain, uses=(use,))
    assert f"/dev/sda is {told}" in refused(target=whole)
    assert f"/dev/sda is {told}" in refused(target=whole, part=whole.partitions[0])


def test_read_only() -> None:
    target = replace(disk("sda"), read_only=True)
    assert "read-only" in refused(target=target)


def test_the_source_itself() -> None:
    target = disk("sda")
    one, two = target.partitions
    assert "the source itself" in refused(target=target, source=target)
    assert "the source itself" in refused(target=target, part=one, source=target)
    assert "the source itself" in refused(target=target, source=target, source_partition=one)
    assert "the source itself" in refused(target=target, part=one, source=target, source_partition=one)
    require_target(Inventory((target,)), target, two, source=target, source_partition=one)


def test_inside_one_another(carried: dict[str, tuple[str, ...]]) -> None:
    """A loop device whose file lies on the other disk."""
    outer = disk("sda")
    inner = replace(disk("loop0"), identity=Identity(None, None, "/data/disk.img", None, 1 << 20), confirm="disk.img")
    carried["/data/disk.img"] = ("/dev/sda1", "/dev/sda")
    assert "lies inside the source" in refused(outer, target=inner, source=outer)
    assert "source lies inside it" in refused(inner, target=outer, source=inner)
    require_target(Inventory((outer, inner, disk("sdb"))), disk("sdb"), None, source=inner)


def test_without_an_identity() -> None:
    nobody = disk("sda", serial="")
    assert "nothing else that tells it from other disks" in refused(target=nobody)
    only_table = replace(nobody, confirm="table")
    assert "nothing else" in refused(target=only_table)


def test_two_disks_of_one_identity() -> None:
    one, twin = disk("sda", serial="SAME"), disk("sdb", serial="SAME")
    assert "/dev/sdb has the same identity" in refused(twin, target=one)
    larger = disk("sdb", serial="SAME", size=1 << 40)
    require_target(Inventory((one, larger)), one, None)


def test_every_reason_is_told_at_once(carried: dict[str, tuple[str, ...]]) -> None:
    carried["/repo"] = ("/dev/sdz",)
    plain = disk("sdz")
    target = replace(with_part(plain, used_by(plain.partitions[0], MOUNTED)), read_only=True)
    told = refused(disk("sdy", serial="SDZ"), target=target, repository="/repo", source=target)
    for words in ("running", "repository", "read-only", "mounted", "source itself", "same identity"):
        assert words in told


@pytest.mark.parametrize("use", [MOUNTED, SWAP, HELD, HELD_READ_ONLY])
def test_a_source_that_is_being_written(use: Use) -> None:
    plain = disk("sda")
    source = with_part(plain, used_by(plain.partitions[1], use))
    with pytest.raises(SourceRefusedError, match="/dev/sda2"):
        require_source(source, None)
    with pytest.raises(SourceRefusedError):
        require_source(source, {2})
    require_source(source, {1})
    with pytest.raises(SourceRefusedError, match="/dev/sda is"):
        require_source(replace(plain, uses=(use,)), {1})


def test_a_read_only_mount_does_no_harm_to_a_source() -> None:
    plain = disk("sda")
    require_source(with_part(plain, used_by(plain.partitions[0], MOUNTED_READ_ONLY)), None)
    require_source(replace(plain, read_only=True), None)
