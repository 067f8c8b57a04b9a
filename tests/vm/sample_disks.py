"""`python -m tests.vm.sample_disks DIRECTORY`: the disks of the computer in which the stick is tried. Needs root."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from pathlib import Path

from tests.samples import DEFAULT_CACHE, make_backup_drive, make_blank, make_uefi_disk
from tests.samples.disk import MIB
from tests.vm.hardware import Bus, Disk

SYSTEM = "system.img"
SSD = "ssd.img"
BACKUP = "backup.img"
SSD_SIZE = 768 * MIB


def sample_disks(directory: Path) -> tuple[Disk, ...]:
    """The disks as they are connected: an installed system, a smaller and empty SSD, a drive for backups."""
    return (
        Disk(directory / SYSTEM, "OLD0001", Bus.SATA, "Old hard disk"),
        Disk(directory / SSD, "NEW0002", Bus.NVME),
        Disk(directory / BACKUP, "BACKUP0003", Bus.USB),
    )


def make_sample_disks(directory: Path) -> None:
    """Make the images that are missing; those that are there stay as the last session left them.

    They belong to the person who called sudo: the virtual machine needs no root.
    """
    makers: dict[str, Callable[[Path], object]] = {
        SYSTEM: lambda path: make_uefi_disk(path, DEFAULT_CACHE),
        SSD: lambda path: make_blank(path, SSD_SIZE),
        BACKUP: make_backup_drive,
    }
    for name, make in makers.items():
        path = directory / name
        if path.exists():
            continue
        print(f"Making {path} …", flush=True)
        make(path)
        os.chown(path, int(os.environ.get("SUDO_UID", "0")), int(os.environ.get("SUDO_GID", "0")))


def main() -> None:
    """Make what is missing in the directory."""
    parser = argparse.ArgumentParser(prog="python -m tests.vm.sample_disks")
    parser.add_argument("directory", type=Path)
    make_sample_disks(parser.parse_args().directory)


if __name__ == "__main__":
    main()
