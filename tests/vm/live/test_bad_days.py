"""What the stick says on bad days: it is damaged, or the computer has too little memory."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.samples import Firmware
from tests.vm.hardware import Hardware, Kernel, Medium
from tests.vm.live.session import choose, copy_of_image
from tests.vm.machine import Machine

pytestmark = [pytest.mark.vm, pytest.mark.timeout(900)]


def test_a_damaged_stick_says_so(image: Path, tmp_path: Path) -> None:
    """One flipped byte in the middle of the largest file."""
    damaged = copy_of_image(tmp_path / "damaged.iso")
    with damaged.open("r+b") as file:
        file.seek(image.stat().st_size // 2)
        byte = file.read(1)[0]
        file.seek(-1, 1)
        file.write(bytes([byte ^ 1]))
    with Machine(Hardware(Firmware.BIOS, Medium(damaged), memory=1024)) as machine:
        choose(machine, "k")
        machine.expect("Rescue cannot start: the medium is damaged: live/system.squashfs", 400)
        machine.expect("No disk was changed", 30)
        machine.key("enter")
        assert machine.wait_off(60) == "guest-reset"


@pytest.mark.parametrize("memory", [192, 384])
def test_too_little_memory_is_a_sentence(image: Path, memory: int) -> None:
    with Machine(Hardware(Firmware.BIOS, Medium(image), memory=memory)) as machine:
        choose(machine)
        machine.expect("Rescue cannot start: this computer has", 200)
        machine.expect("Press Enter to restart", 30)


def test_a_stick_that_is_gone_says_so(image: Path) -> None:
    """The kernel has started, and the medium that it came from is not there any more: pulled out, or a dead port."""
    live = image.parent / "live"
    kernel = Kernel(
        next(live.glob("system/boot/vmlinuz-*")), live / "initrd.img", "rdinit=/init rescue.id=0 console=ttyS0 quiet"
    )
    with Machine(Hardware(Firmware.BIOS, memory=1024, kernel=kernel)) as machine:
        machine.expect("Rescue cannot start: the stick or disc that it was started from is not found", 200)
