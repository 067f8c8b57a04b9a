"""Maps of exFAT: cluster sizes, dirty volumes, damage."""

from __future__ import annotations

from pathlib import Path

import pytest

from rescue.units import MiB
from tests.disk.filesystems import trees
from tests.disk.filesystems.proof import assert_raw, blank, demand_clean, fuse, junked, measure, overwrite, run
from tests.samples.loop import attached

pytestmark = pytest.mark.disk

PROVEN = {"4k": "-c 4K", "512": "-c 512", "128k": "-c 128K", "packed": "-c 4K --pack-bitmap"}
_TRAITS = trees.TRAITS["exfat"]


def made(directory: Path, name: str = "4k") -> tuple[Path, dict[str, trees.Entry]]:
    """A file system of the named cluster size, and what was planted in it."""
    image = blank(directory / "source.img", 96 * MiB)
    run("mkfs.exfat", *PROVEN[name].split(), str(image))
    with attached(image) as device, fuse("mount.exfat-fuse", device, directory / "mount") as root:
        trees.plant(root, _TRAITS)
    return image, picture(image, directory)


def picture(image: Path, directory: Path) -> dict[str, trees.Entry]:
    with (
        attached(image, read_only=True) as device,
        fuse("mount.exfat-fuse", device, directory / "mount", "ro") as root,
    ):
        return trees.picture(root, _TRAITS)


@pytest.mark.parametrize("name", PROVEN)
def test_map_holds_everything(name: str, tmp_path: Path) -> None:
    image, planted = made(tmp_path, name)
    result = measure(image, "exfat", tmp_path / "scratch")
    assert result.raw_reason is None
    assert result.method.startswith("partclone.exfat 0.3.")
    copy = junked(image, result.used, tmp_path / "copy.img")
    demand_clean(copy, "exfat")
    assert picture(copy, tmp_path) == planted
    main, backup = copy.read_bytes()[: 24 * 512][: 11 * 512], copy.read_bytes()[12 * 512 : 23 * 512]
    assert main[:106] == backup[:106]


@pytest.mark.parametrize(
    ("offset", "data", "reason"),
    [
        (3, b"MSDOS5.0", "no signature"),
        (106, b"\x02", "not cleanly unmounted"),
        (106, b"\x04", "failures of its medium"),
        (110, b"\x02", "two allocation tables"),
        (72, b"\xff\xff\xff\xff\xff", "larger than its partition"),
        (96, b"\xff\xff", "outside the volume"),
    ],
)
def test_trouble_is_imaged_raw(offset: int, data: bytes, reason: str, tmp_path: Path) -> None:
    image = blank(tmp_path / "source.img", 32 * MiB)
    run("mkfs.exfat", str(image))
    overwrite(image, offset, data)
    assert_raw(measure(image, "exfat", tmp_path / "scratch"), image, reason)
