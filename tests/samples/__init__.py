"""Sample disks: raw image files that hold real installed systems, made without any kernel file system but ext4."""

from pathlib import Path

from tests.samples.disk import Firmware, SampleDisk, make_backup_drive, make_blank
from tests.samples.systems import make_bios_disk, make_uefi_disk

DEFAULT_CACHE = Path(__file__).parents[2] / "build/cache"

__all__ = [
    "DEFAULT_CACHE",
    "Firmware",
    "SampleDisk",
    "make_backup_drive",
    "make_bios_disk",
    "make_blank",
    "make_uefi_disk",
]
