"""Maps of FAT, F2FS and HFS+, whose drivers run in a guest: two boots plant and picture all of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from rescue.filesystems import UsedMap, f2fs
from rescue.filesystems.fields import le64
from rescue.filesystems.usage import used_bytes
from rescue.filesystems.volume import opened
from rescue.units import KiB, MiB
from tests.disk.filesystems import guest, hfsplus_maker, trees
from tests.disk.filesystems.guest import Job
from tests.disk.filesystems.proof import blank, demand_clean, junked, measure, run

pytestmark = pytest.mark.disk


@dataclass(frozen=True)
class Sample:
    """How to make one file system and which driver writes it."""

    make: Callable[[Path], object]
    fstype: str
    family: str
    method: str


def _fat(size: int, options: str) -> Callable[[Path], object]:
    return lambda path: run("mkfs.fat", *options.split(), str(blank(path, size * MiB)))


def _f2fs(size: int, options: str) -> Callable[[Path], object]:
    return lambda path: run("mkfs.f2fs", "-q", "-f", *options.split(), str(blank(path, size * MiB)))


_TABLE, _F2FS, _HFSPLUS = "file allocation table", "partclone.f2fs", "partclone.hfsplus"
_F2FS_FLAGS = "-O extra_attr,inode_checksum,inode_crtime,sb_checksum,flexible_inline_xattr,lost_found"
SAMPLES = {
    "fat12": Sample(_fat(4, "-F 12"), "vfat", "fat12", _TABLE),
    "fat16": Sample(_fat(64, "-F 16 -s 4"), "vfat", "fat", _TABLE),
    "fat32": Sample(_fat(80, "-F 32 -s 1"), "vfat", "fat", _TABLE),
    "fat32-4k-one-table": Sample(_fat(300, "-F 32 -S 4096 -s 1 -f 1"), "vfat", "fat", _TABLE),
    "f2fs": Sample(_f2fs(128, ""), "f2fs", "f2fs", _F2FS),
    "f2fs-flags": Sample(_f2fs(101, _F2FS_FLAGS), "f2fs", "f2fs", _F2FS),
    "hfsplus": Sample(lambda path: hfsplus_maker.make(path, 48 * MiB), "hfsplus", "hfsplus", _HFSPLUS),
    "hfsplus-journaled": Sample(
        lambda path: hfsplus_maker.make(path, 48 * MiB, journaled=True), "hfsplus", "hfsplus", _HFSPLUS
    ),
}


@dataclass(frozen=True)
class Proof:
    """One sample's way: what was planted, the map, and what the junked copy shows.

    `used` is what is in use without a mount, `told` are size and free space of the copy, when it is mounted.
    """

    planted: dict[str, trees.Entry]
    result: UsedMap
    copy: Path
    pictured: dict[str, trees.Entry]
    used: int | None
    told: tuple[int, int]


@pytest.fixture(scope="module")
def proofs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Proof]:
    directory = tmp_path_factory.mktemp("guest")
    images = {name: directory / f"{name}.img" for name in SAMPLES}
    for name, sample in SAMPLES.items():
        sample.make(images[name])
    planted = guest.plant(directory / "plant", [_job(name, images[name], "rw") for name in SAMPLES])
    maps = {name: measure(images[name], SAMPLES[name].fstype, directory / "scratch") for name in SAMPLES}
    copies = {name: junked(images[name], maps[name].used, directory / f"{name}.copy") for name in SAMPLES}
    pictured = guest.picture(directory / "picture", [_job(name, copies[name], "ro") for name in SAMPLES])
    return {
        name: Proof(
            planted[number],
            maps[name],
            copies[name],
            pictured[number],
            used_bytes(str(images[name]), SAMPLES[name].fstype),
            guest.space(directory / "picture", number),
        )
        for number, name in enumerate(SAMPLES)
    }


def _job(name: str, image: Path, access: str) -> Job:
    sample = SAMPLES[name]
    options = {"vfat": "utf8", "hfsplus": "force", "f2fs": "relatime"}[sample.fstype]
    return Job(image, sample.fstype, sample.family, f"{access},{options}")


@pytest.mark.parametrize("name", SAMPLES)
def test_map_holds_everything(name: str, proofs: dict[str, Proof]) -> None:
    proof = proofs[name]
    assert proof.result.raw_reason is None
    assert proof.result.method.startswith(SAMPLES[name].method)
    assert proof.result.used.total < proof.copy.stat().st_size * 3 // 4
    assert proof.pictured == proof.planted
    if SAMPLES[name].fstype != "hfsplus":
        demand_clean(proof.copy, SAMPLES[name].fstype)


@pytest.mark.parametrize("name", SAMPLES)
def test_used_space_is_what_the_mounted_file_system_tells(name: str, proofs: dict[str, Proof]) -> None:
    """To the byte. F2FS tells less free space: it keeps room to clean up in (over-provisioning)."""
    proof = proofs[name]
    _, free = proof.told
    assert proof.used is not None
    kept = _kept_by_f2fs(proof.copy) if SAMPLES[name].fstype == "f2fs" else 0
    assert proof.copy.stat().st_size - proof.used == free + kept
    assert proof.used > 400 * KiB


def _kept_by_f2fs(image: Path) -> int:
    """Blocks of the main area that users never get, and those behind it that make no whole segment."""
    with opened(str(image), image.stat().st_size) as volume:
        superblock = f2fs.peek_superblock(volume)
        users = le64(f2fs.read_checkpoint(volume, superblock).data, 8)
    return image.stat().st_size - 4096 * (superblock.main + users)
