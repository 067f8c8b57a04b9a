"""Disks that a system likes to activate, assemble, replay or wake up: a good stick leaves them alone."""

from __future__ import annotations

import struct
from pathlib import Path

from tests.samples.disk import MIB, make_blank, write_table
from tests.samples.loop import attached, partition
from tests.samples.process import run

# Partition types that systemd mounts or activates by themselves (Discoverable Partitions Specification).
_ROOT = "4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709"
_HOME = "933AC7E1-2EB4-4F13-B844-0E14E2AEF915"
_SWAP = "0657FD6D-A4AB-43C4-84E5-0933C84B4F4F"
_RAID_SUPERBLOCK = 4096
_RAID_DATA_SECTOR = 2048


def crashed(path: Path) -> Path:
    """A system that was not shut down: its journals have still to be replayed, which a mount does, a read-only one too.

    Its root, home and swap partitions say what they are by their types.
    """
    make_blank(path, 192 * MIB)
    with attached(path) as device:
        table = (f"size=64MiB, type={_ROOT}", f"size=64MiB, type={_HOME}", f"size=32MiB, type={_SWAP}")
        write_table(device, "label: gpt", *table)
        for number in (1, 2):
            run("mkfs.ext4", "-q", partition(device, number))
            run("debugfs", "-w", "-R", "feature needs_recovery", partition(device, number))
        run("mkswap", partition(device, 3))
    return path


def hibernated(path: Path) -> Path:
    """A swap area with a sleeping system in it: the mark is lost when somebody resumes it or uses the swap."""
    make_blank(path, 64 * MIB)
    run("mkswap", str(path))
    with path.open("r+b") as file:
        file.seek(4096 - len(b"SWAPSPACE2"))
        file.write(b"S1SUSPEND\0")
    return path


def volume_group(path: Path) -> Path:
    """An LVM physical volume with all of its volume group: complete, so that events would activate it."""
    make_blank(path, 64 * MIB)
    with attached(path) as device:
        seen = f'devices {{ filter=["a|^{device}$|", "r|.*|"] }} activation {{ udev_sync=0 udev_rules=0 }}'
        config = ("--config", seen, "--quiet")
        run("lvm", "pvcreate", *config, device)
        run("lvm", "vgcreate", *config, "sample", device)
        plain = ("--activate", "n", "--zero", "n", "--wipesignatures", "n", "--driverloaded", "n")
        run("lvm", "lvcreate", *config, *plain, "--extents", "8", "--name", "data", "sample")
    return path


def mirror(path: Path) -> Path:
    """One of two members of a RAID 1, version 1.2: who assembles it marks it as degraded."""
    make_blank(path, 64 * MIB)
    with path.open("r+b") as file:
        file.seek(_RAID_SUPERBLOCK)
        file.write(_raid_superblock(64 * MIB // 512))
    return path


def _raid_superblock(sectors: int) -> bytes:
    """The layout is that of `struct mdp_superblock_1` in the kernel's include/uapi/linux/raid/md_p.h."""
    sectors -= _RAID_DATA_SECTOR
    fields = [
        struct.pack("<IIII16s32s", 0xA92B4EFC, 1, 0, 0, bytes(range(16)), b"sample:0"),
        struct.pack("<QIIQII", 0, 1, 0, sectors, 0, 2).ljust(64, b"\0"),  # RAID 1 of two
        struct.pack("<QQQQII", _RAID_DATA_SECTOR, sectors, _RAID_SUPERBLOCK // 512, 0, 0, 0),
        bytes(range(16, 32)).ljust(24, b"\0"),
        struct.pack("<QQQII", 0, 1, 0, 0, 2).ljust(64, b"\0"),
        struct.pack("<HH", 0, 1),  # the roles of the two
    ]
    block = b"".join(fields)
    total = sum(struct.unpack(f"<{len(block) // 4}I", block))
    checksum = ((total & 0xFFFFFFFF) + (total >> 32)) & 0xFFFFFFFF
    return block[:216] + struct.pack("<I", checksum) + block[220:]


def btrfs(path: Path) -> Path:
    """A Btrfs whose second device is not there."""
    make_blank(path, 256 * MIB)
    other = make_blank(path.with_suffix(".second"), 256 * MIB)
    run("mkfs.btrfs", "--quiet", "--data", "raid1", "--metadata", "raid1", str(path), str(other))
    other.unlink()
    return path
