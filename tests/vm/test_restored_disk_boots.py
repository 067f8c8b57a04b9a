"""A lost disk comes back: image an installed system, lose it, restore it, start it, hear that all is there."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.samples import DEFAULT_CACHE, Firmware, SampleDisk, make_bios_disk, make_blank, make_uefi_disk
from tests.samples.disk import GIB, MIB
from tests.samples.loop import attached
from tests.vm.program import confirm_text, rescue
from tests.vm.report import Report, boot

pytestmark = pytest.mark.vm


def test_uefi_disk_restored_to_a_larger_one(tmp_path: Path) -> None:
    disk = make_uefi_disk(tmp_path / "system.img", DEFAULT_CACHE)
    repository = _back_up(disk, tmp_path / "repository")
    larger = make_blank(tmp_path / "larger.img", GIB + 300 * MIB)
    _restore(repository, larger)
    assert _last_sector(larger).startswith(b"EFI PART"), "the backup partition table is not at the end of the disk"
    _assert_boots(larger, disk)


def test_bios_disk_restored_to_the_wiped_one(tmp_path: Path) -> None:
    disk = make_bios_disk(tmp_path / "system.img", DEFAULT_CACHE)
    repository = _back_up(disk, tmp_path / "repository")
    _wipe(disk.path)
    _restore(repository, disk.path)
    _assert_boots(disk.path, disk)


def _back_up(disk: SampleDisk, repository: Path) -> Path:
    rescue("init", repository)
    with attached(disk.path) as device:
        rescue("backup", device, "--repo", repository, "--name", "sys", "--verify", devices=(device,))
    return repository


def _restore(repository: Path, target: Path) -> None:
    with attached(target) as device:
        agreed = ("--yes", "--confirm", confirm_text(device))
        rescue("restore", "sys", device, "--repo", repository, *agreed, devices=(device,))


def _wipe(path: Path) -> None:
    """Overwrite everything with junk, so that nothing of what was there can help the restored system."""
    junk = os.urandom(4 * MIB)
    with path.open("r+b") as file:
        for _ in range(path.stat().st_size // len(junk)):
            file.write(junk)


def _last_sector(path: Path) -> bytes:
    with path.open("rb") as file:
        file.seek(-512, os.SEEK_END)
        return file.read()


def _assert_boots(path: Path, original: SampleDisk) -> None:
    started = boot(path, original.firmware)
    expected = Report(original.canary, original.root_uuid, swap=True, efi=original.firmware is Firmware.UEFI)
    assert started.report == expected, f"expected {expected}, got {started}"
