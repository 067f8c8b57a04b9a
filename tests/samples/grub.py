"""GRUB for the sample disks, made by the tools inside the installed tree, so that the host needs no GRUB of its own."""

from __future__ import annotations

from pathlib import Path

from tests.samples.process import run

_COMMON = ("normal", "linux", "search", "search_fs_uuid", "ext2", "serial", "terminal", "echo", "test")
_LINUX_OPTIONS = "ro console=ttyS0 loglevel=4 panic=-1 mitigations=off audit=0 rescue.canary"
# What follows in the first sector is the disk signature and the partition table.
_BOOT_CODE_SIZE = 440
_GAP_SIZE = 2047 * 512


def write_menu(root: Path, root_uuid: str) -> None:
    """Write /boot/grub/grub.cfg below `root`: one entry, started at once, its disk found by UUID."""
    folder = root / "boot/grub"
    folder.mkdir(parents=True, exist_ok=True)
    version = max(root.glob("boot/vmlinuz-*")).name.removeprefix("vmlinuz-")
    (folder / "grub.cfg").write_text(
        "serial --unit=0 --speed=115200\n"
        "terminal_output serial\n"
        "set timeout=0\n"
        "menuentry 'Sample system' {\n"
        f"  search --no-floppy --fs-uuid --set=root {root_uuid}\n"
        f"  linux /boot/vmlinuz-{version} root=UUID={root_uuid} {_LINUX_OPTIONS}\n"
        f"  initrd /boot/initrd.img-{version}\n"
        "}\n"
    )


def efi_program(root: Path, root_uuid: str) -> Path:
    """Make GRUB for UEFI inside the tree at `root` and return the path of the program."""
    _make_image(root, "x86_64-efi", ("part_gpt", "fat"), root_uuid)
    return root / "boot/grub/x86_64-efi.img"


def install_on_mbr(root: Path, device: str, root_uuid: str) -> None:
    """Write GRUB to `device`: boot code into its first sector, the core image into the gap before the first partition.

    `root` is the mounted root file system. The images are good as they are for a core image that begins in sector 1:
    boot.S loads sector 1 and diskboot.S goes on at sector 2 unless told otherwise. (grub-bios-setup asks the kernel for
    the geometry of the root's disk, which a loop device does not have.)
    """
    _make_image(root, "i386-pc", ("biosdisk", "part_msdos"), root_uuid)
    boot_code = (root / "usr/lib/grub/i386-pc/boot.img").read_bytes()[:_BOOT_CODE_SIZE]
    core = (root / "boot/grub/i386-pc.img").read_bytes()
    if len(core) > _GAP_SIZE:
        raise ValueError(f"GRUB's core image of {len(core)} bytes does not fit into the {_GAP_SIZE} before partition 1")
    with Path(device).open("r+b") as disk:
        disk.write(boot_code)
        disk.seek(512)
        disk.write(core)


def _make_image(root: Path, platform: str, modules: tuple[str, ...], root_uuid: str) -> None:
    early = root / "boot/grub/early.cfg"
    early.write_text(f"search --no-floppy --fs-uuid --set=root {root_uuid}\nset prefix=($root)/boot/grub\n")
    output = ("--prefix=/boot/grub", f"--output=/boot/grub/{platform}.img", "--config=/boot/grub/early.cfg")
    run("chroot", str(root), "grub-mkimage", f"--format={platform}", *output, *_COMMON, *modules)
