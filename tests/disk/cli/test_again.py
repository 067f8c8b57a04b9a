"""The second backup stores what changed, and free space never reaches a repository."""

from __future__ import annotations

import os
import random
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.disk.cli.disks import SIZE, Content, compare
from tests.disk.cli.harness import MIB, Rescue, blank, bytes_in, mounted, read, size_of, tool
from tests.samples.loop import settle

pytestmark = pytest.mark.disk
Attach = Callable[..., str]
KIB = 1024


def test_only_changes_are_stored(rescue: Rescue, attach: Attach, gpt: tuple[Path, Content], tmp_path: Path) -> None:
    image, content = gpt
    source, target = attach(image), attach(SIZE)
    rescue = rescue.seeing(source, target)
    rescue.run("init")
    first = rescue.run("backup", source, "--json", "--name", "first").event("JobFinished")
    whole = bytes_in(rescue.repo)
    again = rescue.run("backup", source, "--json", "--name", "again").event("JobFinished")
    assert whole > 10 * MIB
    assert bytes_in(rescue.repo) - whole < 32 * KIB
    assert again["new_bytes"] == 0
    assert first["new_bytes"] > 10 * MIB
    assert again["snapshot"] != first["snapshot"]
    changed = _change_files(f"{source}p2", tmp_path / "mnt")
    before = bytes_in(rescue.repo)
    rescue.run("backup", source)
    grown = bytes_in(rescue.repo) - before
    assert changed <= grown < 14 * MIB, f"{changed} bytes changed, {grown} were stored"
    for identity in (first["snapshot"], again["snapshot"], "latest"):
        rescue.run("verify", identity)
    rescue.run("restore", "latest", target, *rescue.confirm(target))
    compare(content, source, target, tmp_path)


def _change_files(node: str, place: Path) -> int:
    """A new file; with its metadata it touches three or four chunks of 4 MiB."""
    data = random.Random(99).randbytes(600 * KIB)
    with mounted(node, place) as root:
        (root / "changed.bin").write_bytes(data)
    return len(data)


def test_deleted_data_is_absent_from_the_repository(rescue: Rescue, attach: Attach, tmp_path: Path) -> None:
    """A marker in a deleted file is on the disk, and in no pack; the same marker in a file that lives is found."""
    source = attach(SIZE, "source.img")
    tool("sfdisk", "--quiet", "--no-reread", "--no-tell-kernel", source, text="label: gpt\nsize=60MiB\nsize=34MiB\n")
    settle(source)
    tool("mkfs.ext4", "-q", "-F", f"{source}p1")
    tool("mkfs.vfat", f"{source}p2")
    gone, kept, fat_gone = os.urandom(24), os.urandom(24), os.urandom(24)
    with mounted(f"{source}p1", tmp_path / "mnt") as root:
        for name, marker in (("gone", gone), ("kept", kept)):
            (root / name).write_bytes(marker * (3 * MIB // len(marker)))
        os.sync()
        (root / "gone").unlink()
    stale = tmp_path / "stale"
    stale.write_bytes(fat_gone * (2 * MIB // len(fat_gone)))
    tool("mcopy", "-i", f"{source}p2", str(stale), "::/stale")
    tool("mdel", "-i", f"{source}p2", "::/stale")
    tool("blockdev", "--flushbufs", f"{source}p2")
    medium = read(source, 0, size_of(source))
    assert all(medium.count(marker) > 1000 for marker in (gone, kept, fat_gone)), "the disk does not hold the markers"
    rescue = rescue.seeing(source)
    rescue.run("init")
    rescue.run("backup", source)
    plain = b"".join(map(_unpacked, _packs(rescue)))
    assert plain.count(kept) > 1000
    assert gone not in plain
    assert fat_gone not in plain


def test_raw_takes_everything(rescue: Rescue, attach: Attach, tmp_path: Path) -> None:
    """The same search finds the deleted file when all blocks were asked for: the search itself works."""
    source = attach(blank(tmp_path / "source.img", 24 * MIB))
    tool("mkfs.ext4", "-q", "-F", source)
    marker = os.urandom(24)
    with mounted(source, tmp_path / "mnt") as root:
        (root / "gone").write_bytes(marker * (2 * MIB // len(marker)))
        os.sync()
        (root / "gone").unlink()
    rescue = rescue.seeing(source)
    rescue.run("init")
    rescue.run("backup", source, "--raw")
    assert b"".join(map(_unpacked, _packs(rescue))).count(marker) > 1000


def test_no_file_is_too_large_for_fat(rescue: Rescue, attach: Attach) -> None:
    """Incompressible data over several packs: each ends at about 32 MiB."""
    source = attach(SIZE, "source.img")
    with Path(source).open("r+b") as stream:
        stream.writelines(random.Random(seed).randbytes(4 * MIB) for seed in range(SIZE // (4 * MIB)))
    rescue = rescue.seeing(source)
    rescue.run("init")
    rescue.run("backup", source)
    sizes = [pack.stat().st_size for pack in _packs(rescue)]
    assert len(sizes) > 2
    assert max(sizes) < 37 * MIB
    assert sum(sizes) > SIZE


def _packs(rescue: Rescue) -> list[Path]:
    return sorted(path for path in (rescue.repo / "packs").rglob("*") if path.is_file())


def _unpacked(pack: Path) -> bytes:
    return subprocess.run(["zstd", "-dc"], stdin=pack.open("rb"), capture_output=True, check=True).stdout
