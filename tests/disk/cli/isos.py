"""Bootable images as xorriso makes them: for a CD, and with boot code and a table for a stick."""

from __future__ import annotations

import random
from pathlib import Path

from tests.disk.cli.harness import MIB, blank, read, tool

STICK = 160 * MIB
"""A stick with room for an image and the smallest data partition."""

_BOOT_CODE = "/usr/lib/ISOLINUX/isohdpfx.bin"
_LOADER = "/usr/lib/ISOLINUX/isolinux.bin"
_CONTENT = 40 * MIB
_HYBRID = ("-isohybrid-mbr", _BOOT_CODE)
_EFI = ("-eltorito-alt-boot", "-e", "--interval:appended_partition_2:all::", "-no-emul-boot")

# How the image is divided. `mbr` is what our own has; `zero`: partition 1 begins at the first sector, on the table.
LAYOUTS: dict[str, tuple[str, ...]] = {
    "mbr": (*_EFI, *_HYBRID, "-partition_offset", "16", "-append_partition", "2", "0xef", "EFI.IMG"),
    "zero": (*_EFI, *_HYBRID, "-partition_offset", "0", "-append_partition", "2", "0xef", "EFI.IMG"),
    "gpt": (
        *(*_EFI, *_HYBRID, "-partition_offset", "16"),
        *("-appended_part_as_gpt", "-append_partition", "2", "0xef", "EFI.IMG"),
    ),
    "both": ("-eltorito-alt-boot", "-e", "boot/efi.img", "-no-emul-boot", "-isohybrid-gpt-basdat", *_HYBRID),
    "cd": (),
}


def make_iso(directory: Path, layout: str) -> Path:
    """An image of about 46 MiB with the boot loader for BIOS, and with an EFI system partition but for a CD."""
    tree = directory / "tree"
    (tree / "isolinux").mkdir(parents=True)
    (tree / "isolinux/isolinux.bin").write_bytes(Path(_LOADER).read_bytes())
    (tree / "content").write_bytes(random.Random(4).randbytes(_CONTENT))
    system = blank(directory / "efi.img", 4 * MIB)
    tool("mkfs.vfat", "-n", "ESP", str(system))
    if layout == "both":
        (tree / "boot").mkdir()
        (tree / "boot/efi.img").write_bytes(system.read_bytes())
    image = directory / "rescue.iso"
    options = [str(system) if word == "EFI.IMG" else word for word in LAYOUTS[layout]]
    tool(
        *("xorriso", "-as", "mkisofs", "-quiet", "-o", str(image), "-V", "RESCUE", "-J", "-r"),
        *("-b", "isolinux/isolinux.bin", "-c", "isolinux/boot.cat", "-no-emul-boot", "-boot-load-size", "4"),
        *("-boot-info-table", *options, str(tree)),
    )
    return image


def require_image(image: Path, stick: str) -> None:
    """Every byte of the image is where `dd` would have put it."""
    data = image.read_bytes()
    assert read(stick, 0, len(data)) == data


def require_not_bootable(stick: str) -> None:
    """Neither boot sector, nor table, nor anything that looks like a CD."""
    assert read(stick, 0, 64 * 1024) == bytes(64 * 1024)
