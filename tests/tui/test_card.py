"""A disk's card with and without facts, at every width: nothing cut that matters, nothing said that is not known."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rescue.devices.health import Health, State
from rescue.devices.model import Disk, Inventory
from rescue.operations.facts import NOTHING, Facts
from rescue.tui import card
from rescue.units import GiB, MiB, format_size
from tests.tui import fakes, known

DISKS = fakes.several().disks


def shown(disk: Disk, width: int, facts: Facts = known.FACTS) -> str:
    return "\n".join(line.plain for line in card.describe(disk, width, facts))


@given(st.integers(20, 300), st.sampled_from(DISKS), st.sampled_from([NOTHING, known.FACTS]))
def test_no_line_is_too_wide(width: int, disk: Disk, facts: Facts) -> None:
    assert all(line.cell_length <= width for line in card.describe(disk, width, facts))


@pytest.mark.parametrize("width", [72, 76, 116, 200])
def test_facts_take_at_most_one_line_and_no_partition_is_lost(width: int) -> None:
    for disk in DISKS:
        reasons = len(known.HEALTH[disk.path].reasons) if disk.path in ("/dev/sdb", "/dev/sdc") else 0
        plain, full = card.describe(disk, width), card.describe(disk, width, known.FACTS)
        assert len(plain) <= len(full) - reasons <= len(plain) + 1
        for part in disk.partitions:
            assert f"{part.number:>2} " in shown(disk, width)
            assert format_size(part.size) in shown(disk, width)


def test_how_full_it_is_in_as_many_words_as_fit() -> None:
    windows = DISKS[0]
    assert "4 ext4 “root”  38.2 of 200.0 GiB used" in shown(windows, 200)
    assert "4 ext4 “root”  38.2 of 200.0 GiB" in shown(windows, 116)
    assert "4 ext4 “root”  38.2/200.0 GiB" in shown(windows, 76)
    assert "4 ext4 “root”  200.0 GiB 19 %" in shown(windows, 60)
    assert "1 exfat “Backups”  655.0 GiB of 1.8 TiB used" in shown(fakes.drive(), 76)
    small = Facts({"/dev/nvme0n1p1": 700 * 1024, "/dev/nvme0n1p3": 412 * GiB, "/dev/nvme0n1p4": 90 * MiB})
    assert "1 vfat “SYSTEM”  260.0 MiB 0 %" in shown(windows, 76, small)
    assert "3 ntfs “Windows”  600.0 GiB 68 %" in shown(windows, 76, small)
    assert "5 swap  16.0 GiB" in shown(windows, 180)  # all of it, as always


def test_what_nobody_knows_is_not_told() -> None:
    for disk in DISKS:
        assert "used" not in shown(disk, 76, NOTHING)
        assert "░" not in shown(disk, 76, NOTHING)
    assert "2 crypto_LUKS  900.0 GiB" in shown(fakes.locked(), 76)


def test_a_file_system_on_the_whole_disk() -> None:
    bare = replace(fakes.drive(), partitions=(), filesystem=fakes.drive().partitions[0].filesystem, table=None)
    facts = Facts({"/dev/sdb": 931 * GiB})
    assert "exfat “Backups”  931.0 GiB of 1.8 TiB used" in shown(bare, 76, facts)
    assert "931.0 GiB used" in card.title(bare, facts).plain
    assert "░" in shown(bare, 76, facts)


@pytest.mark.parametrize(
    ("disk", "expected"),
    [
        (fakes.windows(), "/dev/nvme0n1  932.0 GiB  466.2 GiB used  + healthy  38 °C"),
        (fakes.drive(), "/dev/sdb  1.8 TiB  655.0 GiB used  ! worn: 92 % used"),
        (fakes.broken(), "/dev/sdc  500.0 GiB  x failing: 14 sectors lost"),
        (fakes.locked(), "/dev/sda  2.0 TiB  ? asleep"),
        (fakes.blank(), "/dev/sdd  64.0 GiB"),
    ],
)
def test_the_title_says_how_full_and_how_well(disk: Disk, expected: str) -> None:
    assert card.title(disk, known.FACTS).plain == expected
    assert len(expected) < 76
    assert card.title(disk).plain == "  ".join(expected.split("  ")[:2])


def test_why_a_drive_is_not_well_is_told_and_why_it_is_silent_is_not() -> None:
    assert "x 14 sectors cannot be read any more." in shown(fakes.broken(), 76)
    assert "x 8 bad sectors were replaced by spare ones." in shown(fakes.broken(), 76)
    assert "! 92 % of the life that its maker promises are used." in shown(fakes.drive(), 76)
    assert "not woken" not in shown(fakes.locked(), 76)
    long = Health(State.FAILING, "failing", ("word " * 60,))
    assert shown(fakes.blank(), 76, Facts({}, {"/dev/sdd": long})).count("word") == 60


def test_texts_of_a_drive_are_no_commands() -> None:
    bad = Health(State.FAILING, "[b]\x1b[2J", ("\x9b31m[@click=app.quit]y[/]",))
    facts = Facts({}, {"/dev/sdd": bad})
    assert "x [b]\ufffd[2J" in card.title(fakes.blank(), facts).plain
    assert "\ufffd31m[@click=app.quit]y[/]" in shown(fakes.blank(), 76, facts)


def test_128_partitions() -> None:
    parts = [fakes.part("/dev/sda", n, n * MiB, MiB, "ext4") for n in range(1, 129)]
    disk = fakes.disk("/dev/sda", 200 * MiB, *parts)
    facts = Facts({part.path: n * 4096 for n, part in enumerate(parts)})
    assert all(f" {n:>2} ext4" in shown(disk, 76, facts) for n in range(1, 129))
    assert Inventory((disk,)).disks
