"""The stick changes nothing on the computer until it is told to: no disk, no firmware variable."""

from __future__ import annotations

import hashlib
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.samples import Firmware
from tests.samples.disk import MIB, make_blank, write_table
from tests.samples.loop import attached, partition
from tests.samples.process import run
from tests.vm.hardware import Bus, Disk, Hardware, Medium
from tests.vm.live.session import Shell, choose, copy_of_image, wait_first_screen
from tests.vm.machine import Machine

pytestmark = [pytest.mark.vm, pytest.mark.timeout(1500)]

IDLE_SECONDS = 120.0
_GPT_TYPES = {
    "swap": "0657FD6D-A4AB-43C4-84E5-0933C84B4F4F",
    "home": "933AC7E1-2EB4-4F13-B844-0E14E2AEF915",
    "root": "4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709",
}


def test_nothing_is_touched(image: Path, tmp_path: Path) -> None:
    """Disks with everything that a system likes to activate keep every byte through start, two idle minutes, and end.

    Beside them is a second stick with another Rescue: the machine uses the one that it was started from.
    """
    disks = [make(tmp_path / f"{name}.img") for name, make in _DISKS.items()]
    other = _other_stick(copy_of_image(tmp_path / "other.img"))
    before = {path: _hash(path) for path in (*disks, other)}
    hardware = Hardware(
        Firmware.UEFI,
        Medium(image, serial="OURS"),
        disks=(
            *(Disk(path, path.stem.upper(), bus) for path, bus in zip(disks, _buses(), strict=True)),
            Disk(other, "THEIRS", Bus.USB),
        ),
        memory=2048,
    )
    with Machine(hardware) as machine:
        choose(machine)
        machine.expect("Rescue is starting", 200)
        variables = machine.firmware_variables
        began = machine.seconds
        wait_first_screen(machine)
        # Two minutes in which timers, udev and late drivers may do what they like.
        time.sleep(max(0.0, IDLE_SECONDS - (machine.seconds - began)))
        shell = Shell(machine)
        assert shell.run("findmnt --noheadings --output SOURCE /run/live/medium") == shell.disk("OURS") + "1"
        assert shell.run("cat /proc/swaps | wc -l") == "1"
        assert shell.run("ls /dev/mapper") == "control"
        assert "active" not in shell.run("cat /proc/mdstat 2>/dev/null || true")
        assert (
            shell.run("findmnt --noheadings --types ext4,xfs,btrfs,vfat,ntfs,ntfs3,fuseblk --output TARGET || true")
            == ""
        )
        shell.rescue("disks")
        shell.power_off()
        assert machine.firmware_variables == variables, "the firmware's variables are no longer what they were"
    for path, digest in before.items():
        assert _hash(path) == digest, f"{path.stem} was written"


def _dirty_ext4(path: Path) -> Path:
    """A crashed system: its journal has still to be replayed. And swap and home partitions that announce themselves."""
    make_blank(path, 192 * MIB)
    with attached(path) as device:
        write_table(
            device,
            "label: gpt",
            f"size=64MiB, type={_GPT_TYPES['root']}",
            f"size=64MiB, type={_GPT_TYPES['home']}",
            f"size=32MiB, type={_GPT_TYPES['swap']}",
        )
        for number in (1, 2):
            node = partition(device, number)
            run("mkfs.ext4", "-q", node)
            # needs_recovery: what a mount, also a read-only one, answers with a replay
            run("debugfs", "-w", "-R", "feature needs_recovery", node)
        run("mkswap", partition(device, 3))
    return path


def _hibernated(path: Path) -> Path:
    """A swap area with a sleeping system in it, which must not be woken, and must not lose its mark."""
    make_blank(path, 64 * MIB)
    run("mkswap", str(path))
    with path.open("r+b") as file:
        file.seek(4096 - 10)
        file.write(b"S1SUSPEND\0")
    return path


def _lvm(path: Path) -> Path:
    """A physical volume whose metadata names a volume group with one volume."""
    make_blank(path, 64 * MIB)
    _in_guest_tools(path)
    return path


def _in_guest_tools(path: Path) -> None:
    """Write the label and the metadata by LVM's own tools on a plain file: they need no device-mapper for that."""
    with attached(path) as device:
        settings = (
            f'devices {{ filter=["a|^{device}$|", "r|.*|"] }} global {{ locking_type=0 }} activation {{ udev_sync=0 }}'
        )
        lvm = ("lvm", "--config", settings)
        for words in (("pvcreate", "-q", device), ("vgcreate", "-q", "sample", device)):
            subprocess.run([lvm[0], words[0], *lvm[1:], *words[1:]], check=True, capture_output=True)
        volume = [
            "lvcreate",
            *lvm[1:],
            "-q",
            "-l",
            "8",
            "-n",
            "data",
            "--activate",
            "n",
            "--zero",
            "n",
            "--wipesignatures",
            "n",
        ]
        subprocess.run(["lvm", *volume, "sample"], check=True, capture_output=True)


def _raid(path: Path) -> Path:
    """One of two members of a mirror: assembled, it would be marked as degraded. Version 1.2, as `mdadm` makes it."""
    make_blank(path, 64 * MIB)
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(_md_superblock(64 * MIB))
    return path


def _md_superblock(size: int) -> bytes:
    """A superblock of Linux RAID, version 1.2 (include/uapi/linux/raid/md_p.h), whose checksum is right."""
    sectors = size // 512
    block = bytearray(256 + 2 * 2)
    block[0:4] = 0xA92B4EFC.to_bytes(4, "little")
    block[4:8] = (1).to_bytes(4, "little")
    block[16:32] = bytes(range(16))
    block[32:64] = b"sample:0".ljust(32, b"\0")
    for offset, value, width in (
        (72, 1, 4),  # level
        (80, sectors - 2048, 8),  # size
        (92, 2, 4),  # raid_disks
        (128, 2048, 8),  # data_offset
        (136, sectors - 2048, 8),  # data_size
        (144, 8, 8),  # super_offset
        (160, 0, 4),  # dev_number
        (200, 1, 8),  # events
        (220, 2, 4),  # max_dev
    ):
        block[offset : offset + width] = value.to_bytes(width, "little")
    block[168:184] = bytes(range(16, 32))
    block[256:260] = (0).to_bytes(2, "little") + (1).to_bytes(2, "little")
    total = sum(int.from_bytes(block[i : i + 4], "little") for i in range(0, len(block), 4))
    block[216:220] = ((total & 0xFFFFFFFF) + (total >> 32) & 0xFFFFFFFF).to_bytes(4, "little")
    return bytes(block)


def _btrfs(path: Path) -> Path:
    make_blank(path, 256 * MIB)
    run("mkfs.btrfs", "-q", str(path))
    return path


_DISKS: dict[str, Callable[[Path], Path]] = {
    "crashed": _dirty_ext4,
    "hibernated": _hibernated,
    "lvm": _lvm,
    "raid": _raid,
    "btrfs": _btrfs,
}


def _buses() -> list[Bus]:
    return [Bus.SATA, Bus.VIRTIO, Bus.NVME, Bus.SATA, Bus.USB]


def _other_stick(path: Path) -> Path:
    """Make a copy of the image one of another version: the name that a stick finds its own files by is another one."""
    ours = (
        subprocess.run(
            ["grep", "--text", "--only-matching", "--max-count=1", "rescue\\.id=[0-9a-f]*", str(path)],
            check=True,
            capture_output=True,
            text=True,
        )
        .stdout.split("=")[1]
        .strip()
    )
    theirs = ours[::-1] if ours != ours[::-1] else "0" * len(ours)
    run("sed", "-i", f"s/{ours}/{theirs}/g;s/{ours.upper()}/{theirs.upper()}/g", str(path))
    return path


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
