"""The whole road, walked on the stick itself: back up, lose the disk, restore, and the restored system starts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.samples import DEFAULT_CACHE, Firmware, make_backup_drive, make_uefi_disk
from tests.vm.hardware import Bus, Disk, Hardware, Medium
from tests.vm.live.session import Shell, choose, wait_first_screen
from tests.vm.machine import Machine
from tests.vm.report import Report, boot

pytestmark = [pytest.mark.vm, pytest.mark.timeout(1800)]

_JOB_SECONDS = 900.0


def test_back_up_wipe_restore_over_a_serial_line(image: Path, tmp_path: Path) -> None:
    """On a computer without a graphics card, by what a person types at its serial line."""
    system = make_uefi_disk(tmp_path / "system.img", DEFAULT_CACHE)
    backup = make_backup_drive(tmp_path / "backup.img")
    hardware = Hardware(
        Firmware.UEFI,
        Medium(image),
        disks=(Disk(system.path, "SYSTEM0001", Bus.NVME), Disk(backup, "BACKUP0002", Bus.SATA, "Backup drive")),
        memory=1024,
        graphics=False,
    )
    with Machine(hardware) as machine:
        choose(machine)
        wait_first_screen(machine)
        shell = Shell(machine)
        disk = shell.disk("SYSTEM0001")
        shell.run(f"mount {shell.disk('BACKUP0002')}1 /mnt")
        shell.rescue("init", "/mnt/rescue")
        shell.run("export RESCUE_REPO=/mnt/rescue")
        shell.rescue("backup", disk, "--name", "sys", "--verify", seconds=_JOB_SECONDS)
        shell.run(f"blkdiscard --zeroout --force {disk}", _JOB_SECONDS)
        assert shell.run(f"blkid --probe {disk} || true") == ""
        described = {each["path"]: each for each in json.loads(shell.rescue("disks", "--json"))}
        agreed = ("--yes", "--confirm", described[disk]["confirm"])
        shell.rescue("restore", "sys", disk, *agreed, seconds=_JOB_SECONDS)
        shell.run("umount /mnt")
        shell.power_off()
    started = boot(system.path, system.firmware)
    expected = Report(system.canary, system.root_uuid, swap=True, efi=True)
    assert started.report == expected, f"expected {expected}, got {started}"
