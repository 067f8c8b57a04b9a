"""Sample disks with real files, and the proof that a copy of one is equal in every used block."""

from __future__ import annotations

import random
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests.disk.cli.harness import MIB, blank, mounted, read, size_of, tool, tree_hash, write
from tests.disk.filesystems import trees
from tests.samples import loop

SIZE = 96 * MIB


@dataclass(frozen=True)
class Content:
    """What is on a sample disk: numbers of partitions by kind, and ranges outside of them that must come back.

    `kept` are the same on a disk of any size, `exact` on one of the same size.
    """

    ext: tuple[int, ...]
    fat: tuple[int, ...]
    swap: tuple[int, ...]
    kept: tuple[tuple[int, int], ...]
    exact: tuple[tuple[int, int], ...]


def make_gpt(path: Path, size: int = SIZE, *, sector_size: int = 512) -> Content:
    """GPT: an EFI system partition with files, ext4 with a tree, swap; boot code in the gap behind the table."""
    lines = (
        "label: gpt",
        "start=1MiB, size=34MiB, type=uefi, name=ESP",
        "size=48MiB, name=Größe",
        "size=8MiB,type=swap",
    )
    with loop.attached(blank(path, size), sector_size=sector_size) as device:
        _partition(device, lines)
        _fat(f"{device}p1")
        _ext4(f"{device}p2", "root")
        tool("mkswap", "--label", "swap", f"{device}p3")
        gap = 34 * 512 if sector_size == 512 else 6 * 4096
        write(device, gap, random.Random(7).randbytes(MIB - gap))
        write(device, 0, random.Random(8).randbytes(440))
        end = size_of(device)
    head = (0, MIB)
    boot_code = ((0, 440), (gap, MIB - gap))
    tail = (end - 33 * 512, 33 * 512) if sector_size == 512 else (end - 5 * 4096, 5 * 4096)
    return Content(ext=(2,), fat=(1,), swap=(3,), kept=boot_code, exact=(head, tail))


def make_mbr(path: Path, size: int = SIZE) -> Content:
    """MBR: ext4 first, an extended partition with two logical ones; boot code in sector 0 and behind it."""
    lines = (
        "label: dos", "label-id: 0xcafe1234", "start=1MiB, size=40MiB, bootable", "size=50MiB, type=extended",
        "start=42MiB, size=8MiB, type=82", "start=51MiB, size=34MiB, type=c",
    )  # fmt: skip
    with loop.attached(blank(path, size)) as device:
        _partition(device, lines)
        _ext4(f"{device}p1", "root")
        tool("mkswap", "--label", "swap", f"{device}p5")
        _fat(f"{device}p6")
        write(device, 0, random.Random(8).randbytes(440))
        write(device, 512, random.Random(9).randbytes(MIB - 512))
        write(device, 41 * MIB + 512, random.Random(10).randbytes(MIB - 512))
    logical = ((41 * MIB, MIB), (50 * MIB, MIB))
    return Content(ext=(1,), fat=(6,), swap=(5,), kept=((0, MIB), *logical), exact=((85 * MIB, size - 85 * MIB),))


def make_bare(path: Path, size: int = 64 * MIB) -> None:
    """One ext4 on the whole disk, without a table."""
    with loop.attached(blank(path, size)) as device:
        _ext4(device, "bare")


def compare(content: Content, source: str, copy: str, scratch: Path, *, exact: bool = True) -> None:
    """Everything that counts is equal: table and gaps byte for byte, used blocks of ext4, files, swap headers."""
    for start, length in content.kept + (content.exact if exact else ()):
        assert read(source, start, length) == read(copy, start, length), f"bytes {start} to {start + length} differ"
    if exact:
        assert table_of(source) == table_of(copy)
    for number in content.ext:
        compare_ext(f"{source}p{number}", f"{copy}p{number}", scratch)
    for number in content.fat:
        compare_fat(f"{source}p{number}", f"{copy}p{number}")
    for number in content.swap:
        assert read(f"{source}p{number}", 0, 4096) == read(f"{copy}p{number}", 0, 4096)


def compare_ext(source: str, copy: str, scratch: Path) -> None:
    """Every block that e2fsprogs calls used is equal, the check is clean, and so is every file with its metadata."""
    block, free = ext_free(source)
    end = size_of(source) // block
    used = sorted(set(range(end)) - free)
    assert 0 < len(used) < end
    one, other = (memoryview(read(node, 0, end * block)) for node in (source, copy))
    wrong = [n for n in used if one[n * block : (n + 1) * block] != other[n * block : (n + 1) * block]]
    assert not wrong, f"blocks {wrong[:8]} of {copy} differ from {source}"
    tool("e2fsck", "-f", "-n", copy)
    with mounted(source, scratch / "one", "-o", "ro"), mounted(copy, scratch / "other", "-o", "ro"):
        pictures = [trees.picture(scratch / name) for name in ("one", "other")]
    assert len(pictures[0]) > 100
    assert pictures[0] == pictures[1]


def compare_fat(source: str, copy: str) -> None:
    """The check is clean, and every file is equal."""
    tool("fsck.fat", "-n", copy)
    found = [fat_files(node) for node in (source, copy)]
    assert len(found[0]) > 20
    assert found[0] == found[1]


def fat_files(node: str) -> dict[str, str]:
    """Every file with its hash, read by mtools: kernels without FAT will do."""
    tool("blockdev", "--flushbufs", node)
    with tempfile.TemporaryDirectory() as directory:
        tool("mcopy", "-s", "-n", "-i", node, "::/*", directory)
        return tree_hash(Path(directory))


def table_of(device: str) -> str:
    """The partition table as sfdisk prints it, without the name of the device."""
    tool("blockdev", "--flushbufs", device)
    return tool("sfdisk", "--dump", device).replace(device, "DISK")


def kinds(device: str) -> dict[int, str]:
    """The type of what each partition holds, read from the medium."""
    found = {}
    for node in loop.partitions(device):
        tool("blockdev", "--flushbufs", node)
        number = int(node.rpartition("p")[2])
        found[number] = tool("blkid", "--probe", "--match-tag", "TYPE", "--output", "value", node).strip()
    return found


def _partition(device: str, lines: tuple[str, ...]) -> None:
    tool("sfdisk", "--quiet", "--no-reread", "--no-tell-kernel", device, text="\n".join(lines) + "\n")
    loop.settle(device)


def _ext4(node: str, label: str) -> None:
    tool("mkfs.ext4", "-q", "-F", "-b", "4096", "-L", label, node)
    with tempfile.TemporaryDirectory() as directory, mounted(node, Path(directory)) as root:
        trees.plant(root)


def _fat(node: str) -> None:
    tool("mkfs.vfat", "-n", "ESP", node)
    source = random.Random(3)
    with tempfile.TemporaryDirectory() as directory:
        for number in range(40):
            folder = Path(directory, "EFI", f"vendor {number % 3}")
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"file {number}.efi").write_bytes(source.randbytes(number * 3001))
        tool("mcopy", "-s", "-i", node, f"{directory}/EFI", "::/")
    tool("mdel", "-i", node, "::/EFI/vendor 1/file 31.efi")
    tool("blockdev", "--flushbufs", node)


def ext_free(node: str) -> tuple[int, set[int]]:
    """Block size and free blocks, by dumpe2fs: a reader that knows nothing of Rescue."""
    listing = tool("dumpe2fs", node)
    size = re.search(r"^Block size: +(\d+)", listing, re.MULTILINE)
    assert size is not None
    free: set[int] = set()
    for line in re.findall(r"^  Free blocks: (.*)$", listing, re.MULTILINE):
        for first, last in re.findall(r"(\d+)(?:-(\d+))?", line):
            free |= set(range(int(first), int(last or first) + 1))
    return int(size[1]), free
