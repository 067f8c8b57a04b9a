"""The two sample systems: one that starts through UEFI from GPT, one that starts through BIOS from MBR."""

from __future__ import annotations

from pathlib import Path

from tests.samples import canary, grub
from tests.samples.disk import (
    GIB,
    Firmware,
    SampleDisk,
    fresh_image,
    make_ext4,
    make_swap,
    mounted,
    uuid_of,
    write_table,
)
from tests.samples.loop import attached, partition
from tests.samples.process import run
from tests.samples.tree import installed_tree

DISK_SIZE = GIB
_ESP = "C12A7328-F81F-11D2-BA4B-00A0C93EC93B"
_SWAP = "0657FD6D-A4AB-43C4-84E5-0933C84B4F4F"


def make_uefi_disk(path: Path, cache: Path) -> SampleDisk:
    """Make a GPT disk with an EFI system partition (FAT32), an ext4 root and swap."""
    tree = installed_tree(cache)
    with fresh_image(path, DISK_SIZE) as image, attached(image) as device:
        write_table(device, "label: gpt", f"size=64MiB, type={_ESP}", "size=832MiB", f"type={_SWAP}")
        esp, root, swap = (partition(device, number) for number in (1, 2, 3))
        run("mkfs.vfat", "-F", "32", "-n", "ESP", esp)
        root_uuid, swap_uuid = make_ext4(root, "root"), make_swap(swap)
        fstab = (f"UUID={uuid_of(esp)} /boot/efi vfat umask=0077 0 0", *_fstab(root_uuid, swap_uuid))
        with mounted(root) as top:
            (top / "boot/efi").mkdir(parents=True)
            _install(top, tree, fstab, root_uuid)
            _copy_to_esp(grub.efi_program(top, root_uuid), esp)
            expected = canary.canary_hash(top)
    return SampleDisk(path, Firmware.UEFI, expected, root_uuid, "UEFI, GPT: EFI system partition, ext4 root, swap")


def make_bios_disk(path: Path, cache: Path) -> SampleDisk:
    """Make an MBR disk with GRUB in the gap, an ext4 /home as primary, ext4 root and swap as logical partitions."""
    tree = installed_tree(cache)
    with fresh_image(path, DISK_SIZE) as image, attached(image) as device:
        write_table(device, "label: dos", "size=64MiB, bootable", "type=extended", "5: size=832MiB", "6: type=swap")
        home, root, swap = (partition(device, number) for number in (1, 5, 6))
        home_uuid = make_ext4(home, "home")
        root_uuid, swap_uuid = make_ext4(root, "root"), make_swap(swap)
        fstab = (f"UUID={home_uuid} /home ext4 defaults 0 2", *_fstab(root_uuid, swap_uuid))
        with mounted(root) as top:
            (top / "home").mkdir()
            with mounted(home, at=top / "home"):
                _install(top, tree, fstab, root_uuid)
                expected = canary.canary_hash(top)
            grub.install_on_mbr(top, device, root_uuid)
    return SampleDisk(path, Firmware.BIOS, expected, root_uuid, "BIOS, MBR: ext4 /home, logical ext4 root and swap")


def _fstab(root_uuid: str, swap_uuid: str) -> tuple[str, str]:
    return f"UUID={root_uuid} / ext4 errors=remount-ro 0 1", f"UUID={swap_uuid} none swap sw 0 0"


def _install(top: Path, tree: Path, fstab: tuple[str, ...], root_uuid: str) -> None:
    """Fill the empty file systems mounted at `top`."""
    run(
        "tar",
        "--extract",
        "--zstd",
        "--numeric-owner",
        "--xattrs",
        "--xattrs-include=*",
        f"--file={tree}",
        f"--directory={top}",
    )
    (top / "etc/fstab").write_text("".join(f"{line}\n" for line in fstab))
    grub.write_menu(top, root_uuid)
    canary.plant(top)


def _copy_to_esp(program: Path, esp: str) -> None:
    """Put GRUB where firmware looks on a disk that its boot entries do not name."""
    run("mmd", "-i", esp, "::/EFI", "::/EFI/BOOT")
    run("mcopy", "-i", esp, str(program), "::/EFI/BOOT/BOOTX64.EFI")
