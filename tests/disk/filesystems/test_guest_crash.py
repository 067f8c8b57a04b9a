"""FAT, F2FS and HFS+ as a crash leaves them: a guest writes, and stops without an unmount."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from rescue.filesystems import UsedMap
from rescue.filesystems.f2fs import read_checkpoint, read_superblock
from rescue.filesystems.volume import opened
from rescue.units import MiB
from tests.disk.filesystems import guest, hfsplus_maker
from tests.disk.filesystems.guest import Job
from tests.disk.filesystems.proof import assert_raw, blank, junked, measure, overwrite, run

pytestmark = pytest.mark.disk


@pytest.fixture(scope="module")
def crashed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Images by name; "f2fs-idle" crashes with nothing but one fsync since its last unmount."""
    directory = tmp_path_factory.mktemp("crash")
    images = {name: directory / f"{name}.img" for name in ("fat", "f2fs", "hfsplus", "f2fs-idle")}
    run("mkfs.fat", "-F", "32", "-s", "1", str(blank(images["fat"], 80 * MiB)))
    hfsplus_maker.make(images["hfsplus"], 48 * MiB)
    for name in ("f2fs", "f2fs-idle"):
        run("mkfs.f2fs", "-q", "-f", str(blank(images[name], 128 * MiB)))
    busy = [
        Job(images["fat"], "vfat", "fat", "rw,utf8", crash=True),
        Job(images["f2fs"], "f2fs", "f2fs", "rw", crash=True),
        Job(images["hfsplus"], "hfsplus", "hfsplus", "rw", crash=True),
    ]
    guest.plant(directory / "busy", busy)
    guest.picture(directory / "idle", [Job(images["f2fs-idle"], "f2fs", "f2fs", "rw", crash=True)])
    return images


def result_of(image: Path, fstype: str, directory: Path) -> UsedMap:
    return measure(image, fstype, directory / "scratch")


def test_fat_of_a_crash_is_imaged_by_its_table(crashed: dict[str, Path], tmp_path: Path) -> None:
    image = crashed["fat"]
    result = result_of(image, "vfat", tmp_path)
    assert result.raw_reason is None
    assert "not cleanly unmounted" in result.notes[0]
    copy = junked(image, result.used, tmp_path / "copy.img")
    jobs = [Job(path, "vfat", "fat", "ro,utf8") for path in (image, copy)]
    original, pictured = guest.picture(tmp_path / "out", jobs)
    assert pictured == original
    assert "after.bin" in original


def test_copies_of_the_table_that_differ_are_united(crashed: dict[str, Path], tmp_path: Path) -> None:
    image = Path(shutil.copy(crashed["fat"], tmp_path / "source.img"))
    before = result_of(image, "vfat", tmp_path).used
    with image.open("rb") as stream:
        head = stream.read(64)
    first = int.from_bytes(head[14:16], "little") * 512
    length = int.from_bytes(head[36:40], "little") * 512
    overwrite(image, first + length + 4 * 150_000, b"\xff\xff\xff\x0f")
    after = result_of(image, "vfat", tmp_path)
    assert (after.used - before).total == 512
    assert any("copies of the allocation table differ" in note for note in after.notes)


def test_f2fs_of_a_crash_is_imaged_raw(crashed: dict[str, Path], tmp_path: Path) -> None:
    assert_raw(result_of(crashed["f2fs"], "f2fs", tmp_path), crashed["f2fs"], "not cleanly unmounted")


def test_f2fs_with_an_fsync_after_its_last_unmount_is_imaged_raw(crashed: dict[str, Path], tmp_path: Path) -> None:
    image = crashed["f2fs-idle"]
    assert_raw(result_of(image, "f2fs", tmp_path), image, "not cleanly unmounted")


def test_f2fs_with_a_node_after_its_checkpoint_is_imaged_raw(tmp_path: Path) -> None:
    image = blank(tmp_path / "source.img", 128 * MiB)
    run("mkfs.f2fs", "-q", "-f", str(image))
    with opened(str(image), 128 * MiB) as volume:
        superblock = read_superblock(volume)
        checkpoint = read_checkpoint(volume, superblock)
    segment, offset = checkpoint.next_node
    block = superblock.main + segment * 512 + offset
    overwrite(image, (block + 1) * 4096 - 12, checkpoint.version.to_bytes(8, "little"))
    assert_raw(result_of(image, "f2fs", tmp_path), image, "after its last checkpoint")


def test_hfsplus_of_a_crash_is_imaged_raw(crashed: dict[str, Path], tmp_path: Path) -> None:
    assert_raw(result_of(crashed["hfsplus"], "hfsplus", tmp_path), crashed["hfsplus"], "not cleanly unmounted")


@pytest.mark.parametrize(
    ("offset", "data", "reason"),
    [
        (1024, b"BD", "HFS wrapper"),
        (1024, b"XX", "no signature"),
        (1024 + 5, b"\0\x29\0", "inconsistent"),
        (1024 + 48, b"\0\0\0\x07", "count"),
        (67 * 4096 + 4096 + 8 + 7, b"\x99", "still to be replayed"),
    ],
)
def test_hfsplus_trouble_is_imaged_raw(offset: int, data: bytes, reason: str, tmp_path: Path) -> None:
    image = hfsplus_maker.make(tmp_path / "source.img", 48 * MiB, journaled=True)
    overwrite(image, offset, data)
    assert_raw(result_of(image, "hfsplus", tmp_path), image, reason)


@pytest.mark.parametrize(
    ("offset", "data", "reason"),
    [
        (11, b"\3\3", "boot sector is damaged"),
        (19, b"\0\0\xf8\0\0\0\0\0\0\0\0\0\0\xff\xff\xff", "larger than its partition"),
        (32 * 512, b"\x11", "media byte"),
        (32 * 512 + 12, b"\xff\xff\xff\x07", "a link leads outside"),
    ],
)
def test_fat_trouble_is_imaged_raw(offset: int, data: bytes, reason: str, tmp_path: Path) -> None:
    image = blank(tmp_path / "source.img", 80 * MiB)
    run("mkfs.fat", "-F", "32", "-s", "1", str(image))
    overwrite(image, offset, data)
    assert_raw(result_of(image, "vfat", tmp_path), image, reason)


@pytest.mark.parametrize(
    ("offset", "data", "reason"),
    [
        (1024, b"X", "no magic number"),
        (1024 + 2180, b"\x01", "encrypt"),
        (1024 + 2201, b"/dev/sdb", "more than one device"),
    ],
)
def test_f2fs_trouble_is_imaged_raw(offset: int, data: bytes, reason: str, tmp_path: Path) -> None:
    image = blank(tmp_path / "source.img", 128 * MiB)
    run("mkfs.f2fs", "-q", "-f", str(image))
    overwrite(image, offset, data)
    assert_raw(result_of(image, "f2fs", tmp_path), image, reason)


def test_f2fs_without_a_whole_checkpoint_is_imaged_raw(tmp_path: Path) -> None:
    image = blank(tmp_path / "source.img", 128 * MiB)
    run("mkfs.f2fs", "-q", "-f", str(image))
    for pack in (512, 1024):
        overwrite(image, pack * 4096 + 100, b"\xa5\xa5")
    assert_raw(result_of(image, "f2fs", tmp_path), image, "no whole checkpoint")
