"""The stick boots everywhere: from disc and from stick, by BIOS and UEFI, with Secure Boot, without a graphics card."""

from __future__ import annotations

import zlib
from pathlib import Path

import pytest

from tests.samples import Firmware
from tests.vm.hardware import Hardware, Medium, MediumKind
from tests.vm.live.session import Shell, choose, wait_first_screen
from tests.vm.machine import Machine

pytestmark = [pytest.mark.vm, pytest.mark.timeout(1200)]

_TOOLS = """
partclone.extfs partclone.ntfs ntfsresize ntfs-3g e2fsck resize2fs xfs_repair btrfs mkfs.f2fs mkfs.fat
mkfs.exfat fsck.exfat testdisk photorec ddrescue smartctl nvme hdparm gdisk sgdisk sfdisk parted cryptsetup lvm
mdadm chntpw efibootmgr grub-install grub-mkimage qemu-img qemu-storage-daemon mount.cifs mount.nfs sshfs ssh
rclone udp-sender nmcli nmtui wpa_supplicant tmux nano vi less rsync pv curl w3m lsblk blkid file zstd mokutil
"""


def test_disc_by_bios_without_a_disk(image: Path, tmp_path: Path) -> None:
    """No disk is there but the one that it runs from. The countdown of the boot menu ends by itself."""
    with Machine(Hardware(Firmware.BIOS, Medium(image, MediumKind.CD), memory=2048)) as machine:
        wait_first_screen(machine)
        machine.wait_screen("Rescue, running now", 60)
        assert _colours(machine.screenshot(tmp_path / "screen.png")) > 3
        shell = Shell(machine)
        assert shell.run("cat /sys/class/tty/console/active") == "ttyS0 tty0"
        # The screen comes before everything else.
        shell.run("until systemctl is-active --quiet multi-user.target; do sleep 1; done")
        assert shell.run("systemctl is-active rescue@tty1 rescue@ttyS0 getty@tty2").split() == ["active"] * 3
        assert shell.run("systemctl list-units --state=failed --no-legend") == ""
        _has_every_tool(shell)
        shell.power_off()


def test_checked_stick_by_bios_with_1_gib(image: Path) -> None:
    """The self-check of the boot menu passes, and the program starts after it."""
    with Machine(Hardware(Firmware.BIOS, Medium(image), memory=1024)) as machine:
        choose(machine, "k")
        machine.expect("The medium is good", 400)
        wait_first_screen(machine)


def test_secure_boot_is_enforced(image: Path) -> None:
    with Machine(Hardware(Firmware.SECURE, Medium(image), memory=2048)) as machine:
        choose(machine)
        wait_first_screen(machine)
        shell = Shell(machine)
        assert "SecureBoot enabled" in shell.run("mokutil --sb-state")
        assert "[integrity]" in shell.run("cat /sys/kernel/security/lockdown")
        assert "Secure boot enabled" in shell.run("dmesg | grep -i 'secure boot'")
        # Enforced: a kernel module that nobody signed is refused.
        module = "/usr/lib/modules/$(uname -r)/kernel/fs/minix/minix.ko"
        refused = f"head -c -100 {module} >/tmp/unsigned.ko && ! insmod /tmp/unsigned.ko 2>&1"
        assert "rejected" in shell.run(refused) or "not permitted" in shell.run(refused)
        shell.run(f"insmod {module}")


def test_copied_to_memory_the_stick_can_be_pulled_out(image: Path) -> None:
    medium = Medium(image)
    with Machine(Hardware(Firmware.UEFI, medium, memory=2048)) as machine:
        choose(machine, "m")
        machine.expect("The medium can be taken out", 400)
        wait_first_screen(machine)
        machine.qmp.execute("device_del", id="medium")
        machine.wait_screen("o disk", 120)
        shell = Shell(machine)
        shell.run("sha256sum /run/live/medium/live/*.squashfs")
        assert "There is no disk" in shell.rescue("disks")
        shell.power_off()


def _colours(png: Path) -> int:
    """How many different colours a screenshot has: a dark or dead screen has one."""
    data, pieces, place = png.read_bytes(), b"", 8
    while place < len(data):
        size = int.from_bytes(data[place : place + 4], "big")
        if data[place + 4 : place + 8] == b"IDAT":
            pieces += data[place + 8 : place + 8 + size]
        place += size + 12
    pixels = zlib.decompress(pieces)
    return len({pixels[i : i + 3] for i in range(0, len(pixels) - 3, 3)})


def _has_every_tool(shell: Shell) -> None:
    """What the issue of a rescue disk is: the tools are there and can be started."""
    tools = " ".join(_TOOLS.split())
    missing = shell.run(f"for tool in {tools}; do command -v $tool >/dev/null || echo $tool; done")
    assert missing == ""
    assert "--type" in shell.run("cryptsetup --help | grep -A1 -i -m1 bitlk; cryptsetup --help | grep -m1 -- --type")
