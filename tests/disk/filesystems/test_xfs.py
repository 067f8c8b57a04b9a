"""Maps of XFS, feature set by feature set, clean and in the states of a crash."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from rescue.filesystems import UsedMap
from rescue.filesystems.partclone import parse
from rescue.units import MiB
from tests.disk.filesystems import trees
from tests.disk.filesystems.crash import crash
from tests.disk.filesystems.proof import (
    assert_raw,
    blank,
    demand_clean,
    junked,
    measure,
    mounted,
    overwrite,
    picture,
    run,
)

pytestmark = pytest.mark.disk

PROVEN = {
    "default": "",
    "old": "-m finobt=0,reflink=0,rmapbt=0,inobtcount=0,bigtime=0 -i sparse=0",
    "rmapbt": "-m rmapbt=1 -i nrext64=1",
    "small-blocks": "-b size=1024 -d agcount=2",
    "large-sectors": "-s size=4096 -n size=16384",
}


def made(directory: Path, name: str) -> Path:
    """A file system of the named feature set with a tree."""
    image = blank(directory / "source.img", 310 * MiB)
    run("mkfs.xfs", "-q", *PROVEN[name].split(), str(image))
    with mounted(image) as root:
        trees.plant(root)
        if name == "small-blocks":
            trees.shred(root, 3000)
    return image


@pytest.mark.parametrize("name", PROVEN)
def test_map_holds_everything(name: str, tmp_path: Path) -> None:
    image = made(tmp_path, name)
    result = measure(image, "xfs", tmp_path / "scratch")
    assert result.raw_reason is None
    assert result.method.startswith("partclone.xfs 0.3.")
    copy = junked(image, result.used, tmp_path / "copy.img")
    demand_clean(copy, "xfs")
    assert picture(copy) == picture(image)


def test_new_uuid(tmp_path: Path) -> None:
    image = made(tmp_path, "default")
    run("xfs_admin", "-U", "generate", str(image))
    result = measure(image, "xfs", tmp_path / "scratch")
    assert result.raw_reason is None
    assert "meta_uuid" in str(result.facts["features"])
    copy = junked(image, result.used, tmp_path / "copy.img")
    demand_clean(copy, "xfs")
    assert picture(copy) == picture(image)


def crashed(directory: Path, name: str, *, orphan: bool = False) -> tuple[Path, UsedMap]:
    """A file system with a dirty log, and its map."""
    image = made(directory, name)
    crash(image, orphan=orphan)
    return image, measure(image, "xfs", directory / "scratch")


@pytest.mark.parametrize("name", ["default", "rmapbt", "small-blocks"])
def test_union_with_replay_holds_everything_after_a_crash(name: str, tmp_path: Path) -> None:
    image, result = crashed(tmp_path, name)
    assert result.raw_reason is None
    assert result.method.endswith("with log replay")
    assert "log is not replayed" in result.notes[0]
    assert result.used.total < image.stat().st_size // 2
    copy = junked(image, result.used, tmp_path / "copy.img")
    assert picture(copy) == picture(image)
    demand_clean(copy, "xfs")


def test_trees_as_they_lie_lose_files_after_a_crash(tmp_path: Path) -> None:
    """On a busy machine the kernel may write the trees back just before the crash: then it crashes again."""
    assert any(_loses_files_as_it_lies(tmp_path / str(attempt)) for attempt in range(5))


def _loses_files_as_it_lies(directory: Path) -> bool:
    directory.mkdir()
    image, _ = crashed(directory, "default")
    as_it_lies = directory / "map"
    subprocess.run(["partclone.xfs", "-D", "-q", "-s", image, "-o", as_it_lies], check=False, capture_output=True)
    copy = junked(image, parse(as_it_lies.read_text().splitlines()).used, directory / "copy.img")
    return survives(copy) != picture(image)


def survives(image: Path) -> dict[str, trees.Entry]:
    """What can still be read, perhaps nothing."""
    try:
        return picture(image)
    except (OSError, AssertionError):
        return {}


def test_deleted_open_files_are_imaged_raw(tmp_path: Path) -> None:
    image, result = crashed(tmp_path, "default", orphan=True)
    assert_raw(result, image, "deleted while open")


@pytest.mark.parametrize(
    ("offset", "data", "reason"),
    [
        (0, b"XXXX", "no magic number"),
        (101, b"\xb4", "version 5"),
        (214, b"\x01", "unknown flag 0x100"),
        (219, b"\x1b", "needsrepair"),
        (512, b"YAGF", "group 0 has a damaged header"),
        (512 + 52, b"\0\0\0\x07", "the file system itself counts"),
    ],
)
def test_trouble_is_imaged_raw(offset: int, data: bytes, reason: str, tmp_path: Path) -> None:
    image = blank(tmp_path / "source.img", 310 * MiB)
    run("mkfs.xfs", "-q", str(image))
    overwrite(image, offset, data)
    assert_raw(measure(image, "xfs", tmp_path / "scratch"), image, reason)


def test_log_on_another_device_is_imaged_raw(tmp_path: Path) -> None:
    image, log = blank(tmp_path / "source.img", 310 * MiB), blank(tmp_path / "log.img", 80 * MiB)
    run("mkfs.xfs", "-q", "-l", f"logdev={log},size=64m", str(image))
    assert_raw(measure(image, "xfs", tmp_path / "scratch"), image, "another device")
