"""Tables made by the tools that people use, and what those tools say about a table."""

import json
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rescue.devices.blockdev import BlockDevice
from rescue.tables.model import Entry, EntryRole, Table, TableKind
from rescue.tables.ondisk import read_from

MIB = 1 << 20
SIZE = 96 * MIB
_EXTENDED = ("5", "f", "85")
_NAMED_BITS = {"RequiredPartition": 0, "NoBlockIOProtocol": 1, "LegacyBIOSBootable": 2}


def run(*argv: str, text: str = "") -> str:
    """Run a tool; its output. Fails the test with what it said."""
    done = subprocess.run(argv, input=text, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{argv}: {done.stdout}{done.stderr}"
    return done.stdout


def blank(path: Path, size: int = SIZE) -> Path:
    """A sparse file of zeros."""
    with path.open("wb") as stream:
        stream.truncate(size)
    return path


def table_of(device: str) -> Table:
    """What our reader says about a device, read with O_DIRECT."""
    with BlockDevice.open(device) as disk:
        return read_from(disk)


def told_by_sfdisk(device: str) -> dict[str, Any]:
    """What sfdisk says about a device."""
    told: dict[str, Any] = json.loads(run("sfdisk", "--json", device))["partitiontable"]
    return told


def entries_by_sfdisk(device: str) -> tuple[Entry, ...]:
    """The partitions that sfdisk sees, in our words. It tells no PARTUUID of an MBR."""
    told = told_by_sfdisk(device)
    size = told["sectorsize"]
    mbr = told["label"] == "dos"
    found = []
    for part in told.get("partitions", ()):
        number = int(part["node"].removeprefix(device).removeprefix("p"))
        role = EntryRole.LOGICAL if mbr and number > 4 else EntryRole.PRIMARY
        found.append(
            Entry(
                number,
                part["start"] * size,
                part["size"] * size,
                f"0x{int(part['type'], 16):02x}" if mbr else part["type"].lower(),
                f"{told['id'][2:]}-{number:02x}" if mbr else part["uuid"].lower(),
                part.get("name", ""),
                _bits(part.get("attrs", "")),
                EntryRole.EXTENDED if mbr and part["type"] in _EXTENDED else role,
                part.get("bootable", False),
            )
        )
    return tuple(sorted(found, key=lambda entry: entry.number))


def _bits(text: str) -> int:
    """`RequiredPartition GUID:48,63` as a number."""
    bits = 0
    for word in text.split():
        if word.startswith("GUID:"):
            bits |= sum(1 << int(bit) for bit in word.removeprefix("GUID:").split(","))
        else:
            bits |= 1 << _NAMED_BITS[word]
    return bits


@dataclass(frozen=True)
class Sample:
    """A way to make a table on a blank loop device."""

    name: str
    kind: TableKind
    numbers: tuple[int, ...]
    make: Callable[[str], None]


def _gpt_by_sfdisk(device: str) -> None:
    script = (
        "label: gpt\n"
        'start=60MiB, size=10MiB, type=uefi, name="EFI system partition", attrs="RequiredPartition,GUID:63"\n'
        'start=2MiB, size=30MiB, type=linux, name="Größe 系統 диск 💾"\n'
        'start=40MiB, size=8MiB, type=swap, attrs="LegacyBIOSBootable,NoBlockIOProtocol,GUID:48,GUID:60"\n'
        "start=32MiB, size=4MiB\n"
    )
    run("sfdisk", "--quiet", device, text=script)


def _gpt_of_another_length(device: str) -> None:
    run("sfdisk", "--quiet", device, text="label: gpt\ntable-length: 300\n300: start=4MiB, size=8MiB\n7: start=20MiB\n")


def _gpt_by_sgdisk(device: str) -> None:
    run("sgdisk", "--clear", "--resize-table=256", device)
    run("sgdisk", "-n", "200:8M:+8M", "-t", "200:8300", "-c", "200:two hundred", "-A", "200:set:63", device)
    run("sgdisk", "-n", "3:2M:+4M", "-t", "3:ef00", "-n", "1:30M:0", device)


def _hybrid(device: str) -> None:
    run("sgdisk", "--clear", "-n", "1:2M:+10M", "-n", "2:20M:+10M", "-n", "3:40M:+10M", device)
    run("sgdisk", "--hybrid=2:3", device)


def _gpt_by_parted(device: str) -> None:
    run(
        "parted", "--script", device, "mklabel", "gpt", "mkpart", "EFI", "fat32", "1MiB", "20MiB", "set", "1", "esp",
        "on", "mkpart", "root", "ext4", "20MiB", "80MiB",
    )  # fmt: skip


def _mbr_by_sfdisk(device: str) -> None:
    script = (
        "label: dos\nlabel-id: 0x1234abcd\n"
        "1: start=60MiB, size=8MiB, type=7\n"
        "2: start=1MiB, size=10MiB, type=83, bootable\n"
        "4: start=12MiB, size=40MiB, type=f\n"
        "5: start=14MiB, size=4MiB, type=82\n"
        "6: start=30MiB, size=4MiB, type=83\n"
        "7: start=20MiB, size=4MiB, type=c\n"
    )
    run("sfdisk", "--quiet", device, text=script)


def _mbr_without_its_middle(device: str) -> None:
    _mbr_by_sfdisk(device)
    run("sfdisk", "--quiet", "--delete", device, "6")


def _mbr_by_parted(device: str) -> None:
    run(
        "parted", "--script", device, "mklabel", "msdos", "mkpart", "primary", "ext4", "1MiB", "20MiB", "set", "1",
        "boot", "on", "mkpart", "extended", "20MiB", "100%", "mkpart", "logical", "linux-swap", "22MiB", "30MiB",
        "mkpart", "logical", "ntfs", "31MiB", "60MiB", "mkpart", "logical", "fat32", "61MiB", "100%",
    )  # fmt: skip


SAMPLES = (
    Sample("GPT by sfdisk", TableKind.GPT, (1, 2, 3, 4), _gpt_by_sfdisk),
    Sample("GPT of 300 entries", TableKind.GPT, (7, 300), _gpt_of_another_length),
    Sample("GPT by sgdisk, 256 entries", TableKind.GPT, (1, 3, 200), _gpt_by_sgdisk),
    Sample("hybrid", TableKind.GPT, (1, 2, 3), _hybrid),
    Sample("GPT by parted", TableKind.GPT, (1, 2), _gpt_by_parted),
    Sample("empty GPT", TableKind.GPT, (), lambda device: void(run("sfdisk", "-q", device, text="label: gpt\n"))),
    Sample("MBR by sfdisk", TableKind.MBR, (1, 2, 4, 5, 6, 7), _mbr_by_sfdisk),
    Sample("MBR with a deleted logical", TableKind.MBR, (1, 2, 4, 5, 6), _mbr_without_its_middle),
    Sample("MBR by parted", TableKind.MBR, (1, 2, 5, 6, 7), _mbr_by_parted),
    Sample("empty MBR", TableKind.MBR, (), lambda device: void(run("sfdisk", "-q", device, text="label: dos\n"))),
)


def void(_: object) -> None:
    """Drop a result."""
