"""The commands that the screen tells are commands of the program, with disks that are there."""

import shlex
from dataclasses import replace

import pytest

from rescue.cli.arguments import parser
from rescue.devices.model import Disk, Inventory, Use, UseKind
from rescue.tui import advice
from rescue.units import GiB, MiB
from tests.tui import fakes

WISHES = (advice.back_up, advice.restore, advice.clone)


def commands(steps: list[advice.Step]) -> list[str]:
    return [step.command for step in steps]


def stick(size: int = 8 * GiB, mounted: str = "/run/live/medium") -> Disk:
    use = Use(UseKind.MOUNT, mounted, read_only=True)
    return fakes.disk(
        "/dev/sdx",
        size,
        fakes.part("/dev/sdx", 1, MiB, size // 2, "ext4", uses=(use,)),
        removable=True,
        serial="STICK",
        live_medium=True,
    )


@pytest.mark.parametrize(
    "inventory", [Inventory(()), fakes.several(), Inventory((fakes.blank(),)), Inventory((stick(),))]
)
def test_every_command_is_understood(inventory: Inventory) -> None:
    for wish in WISHES:
        for command in commands(wish(inventory)):
            words = shlex.split(command)
            if words[0] == "rescue":
                parser().parse_args(words[1:])
            else:
                assert words[:3] == ["mkdir", "-p", "/mnt/backup"]


def test_nothing_is_written_before_it_was_shown_and_nothing_is_confirmed_for_anybody() -> None:
    for wish in (advice.restore, advice.clone):
        found = commands(wish(fakes.several()))
        assert found[-2] == f"{found[-1]} --dry-run"
        assert not any("--yes" in command or "--confirm" in command for command in found)


@pytest.mark.parametrize("others", [(), (fakes.windows(),), (fakes.drive(),), (fakes.windows(), fakes.drive())])
def test_the_stick_itself_is_never_proposed(others: tuple[Disk, ...]) -> None:
    inventory = Inventory((stick(4000 * GiB), *others))
    assert not any("/dev/sdx" in command for wish in WISHES for command in commands(wish(inventory)))


def test_a_place_for_backups_that_is_not_the_stick() -> None:
    inventory = Inventory((stick(4000 * GiB), fakes.windows()))
    assert "rescue backup /dev/nvme0n1 --repo /mnt/backup/rescue --verify" in commands(advice.back_up(inventory))
    assert "/dev/PARTITION" in commands(advice.back_up(inventory))[0]


def test_a_drive_that_is_not_mounted_yet() -> None:
    idle = replace(fakes.drive(), partitions=tuple(replace(part, uses=()) for part in fakes.drive().partitions))
    found = commands(advice.back_up(Inventory((fakes.windows(), idle))))
    assert found[0] == "mkdir -p /mnt/backup && mount /dev/sdb1 /mnt/backup"


def test_a_mount_point_with_a_blank() -> None:
    use = Use(UseKind.MOUNT, "/media/My Passport")
    mounted = replace(fakes.drive(), partitions=tuple(replace(part, uses=(use,)) for part in fakes.drive().partitions))
    assert (
        commands(advice.back_up(Inventory((fakes.windows(), mounted))))[0] == "rescue init '/media/My Passport/rescue'"
    )


def test_a_target_is_large_enough_and_free() -> None:
    small, large = fakes.disk("/dev/sdy", 10 * GiB), fakes.disk("/dev/sdz", 2000 * GiB)
    assert (
        commands(advice.clone(Inventory((fakes.windows(), small, large))))[-1] == "rescue clone /dev/nvme0n1 /dev/sdz"
    )
    assert "/dev/TARGET" in commands(advice.clone(Inventory((fakes.windows(), small))))[-1]
