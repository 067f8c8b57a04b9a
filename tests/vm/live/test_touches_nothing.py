"""The stick changes nothing on the computer until it is told to: no disk, no variable of the firmware."""

from __future__ import annotations

import hashlib
import re
import time
from pathlib import Path

import pytest

from tests.samples import Firmware
from tests.samples.loop import attached, partition
from tests.samples.process import run
from tests.vm.hardware import Bus, Disk, Hardware, Medium
from tests.vm.live import tempting
from tests.vm.live.session import Shell, choose, copy_of_image, wait_first_screen
from tests.vm.machine import Machine

pytestmark = [pytest.mark.vm, pytest.mark.timeout(1500)]

IDLE_SECONDS = 120.0
_DISKS = {
    "crashed": (tempting.crashed, Bus.SATA),
    "hibernated": (tempting.hibernated, Bus.VIRTIO),
    "volume-group": (tempting.volume_group, Bus.NVME),
    "mirror": (tempting.mirror, Bus.SATA),
    "btrfs": (tempting.btrfs, Bus.USB),
}
_OF_DISKS = "ext4,xfs,btrfs,vfat,ntfs,ntfs3,fuseblk,swap"


def test_nothing_is_touched(image: Path, tmp_path: Path) -> None:
    """Disks and the firmware's variables stay as they are through start, two idle minutes and switching off.

    Beside the disks is a stick with another Rescue: the machine uses the one that it was started from.
    """
    disks = [Disk(make(tmp_path / f"{name}.img"), name.upper(), bus) for name, (make, bus) in _DISKS.items()]
    disks.append(Disk(_another_version(copy_of_image(tmp_path / "other.iso")), "THEIRS", Bus.USB))
    before = {disk.path: _hash(disk.path) for disk in disks}
    hardware = Hardware(Firmware.UEFI, Medium(image, serial="OURS"), disks=tuple(disks), memory=2048)
    with Machine(hardware) as machine:
        choose(machine)
        machine.expect("Rescue is starting", 200)
        variables, began = machine.firmware_variables, machine.seconds
        wait_first_screen(machine)
        time.sleep(max(0.0, IDLE_SECONDS - (machine.seconds - began)))
        shell = Shell(machine)
        assert shell.run("findmnt --noheadings --output SOURCE /run/live/medium") == shell.disk("OURS") + "1"
        assert len(shell.run("cat /proc/swaps").splitlines()) == 1
        assert shell.run("ls /sys/block | grep -c -e ^dm- -e ^md || true") == "0"
        assert shell.run(f"findmnt --noheadings --types {_OF_DISKS} || true") == ""
        shell.rescue("disks")
        shell.power_off()
        assert machine.firmware_variables == variables, "the firmware's variables are no longer what they were"
    for path, digest in before.items():
        assert _hash(path) == digest, f"{path.stem} was written"


def test_the_disks_are_tempting(tmp_path: Path) -> None:
    """The known-bad case: what a careless system does with these disks changes them."""
    crashed = tempting.crashed(tmp_path / "crashed.img")
    before = _hash(crashed)
    with attached(crashed) as device:
        run("mount", "-t", "ext4", "-o", "ro", partition(device, 1), "/mnt")
        run("umount", "/mnt")
    assert _hash(crashed) != before
    raid = run("mdadm", "--examine", str(tempting.mirror(tmp_path / "mirror.img")))
    assert "Raid Level : raid1" in raid
    assert re.search(r"Checksum : \w+ - correct", raid)
    assert "swsuspend" in run("blkid", "--probe", str(tempting.hibernated(tmp_path / "hibernated.img")))
    assert "LVM2_member" in run("blkid", "--probe", str(tempting.volume_group(tmp_path / "lvm.img")))
    assert "btrfs" in run("blkid", "--probe", str(tempting.btrfs(tmp_path / "btrfs.img")))


def _another_version(path: Path) -> Path:
    """Give a copy of the image another name than that by which a stick finds its own files."""
    found = re.search(rb"rescue\.id=([0-9a-f]{16})", path.read_bytes())
    assert found, "the image does not say its name"
    ours = found[1].decode()
    theirs = f"{int(ours, 16) ^ 0xF:016x}"
    for text in (ours, ours.upper()):
        run("sed", "--in-place", f"s/{text}/{theirs if text == ours else theirs.upper()}/g", str(path))
    return path


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
