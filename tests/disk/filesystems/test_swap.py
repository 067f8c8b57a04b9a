"""Swap space: its header, or all of it when a computer sleeps there; and content that nobody knows."""

from __future__ import annotations

from pathlib import Path

import pytest

from rescue.extents import Extents
from rescue.units import KiB, MiB
from tests.disk.filesystems.proof import assert_raw, blank, junked, measure, overwrite, run

pytestmark = pytest.mark.disk


@pytest.mark.parametrize("page", [4, 16, 64])
def test_header_is_enough(page: int, tmp_path: Path) -> None:
    image = blank(tmp_path / "source.img", 16 * MiB)
    run("mkswap", "-q", "-p", str(page * KiB), "-L", "rest", str(image))
    result = measure(image, "swap", tmp_path / "scratch")
    assert result.used == Extents([(0, page * KiB)])
    assert result.raw_reason is None
    copy = junked(image, result.used, tmp_path / "copy.img")
    assert tags(copy) == tags(image)


def tags(image: Path) -> str:
    return run("blkid", "-p", "-o", "export", str(image)).split("\n", 1)[1]


@pytest.mark.parametrize("signature", [b"S1SUSPEND\0", b"ULSUSPEND\0"])
def test_hibernated_session_is_imaged_whole(signature: bytes, tmp_path: Path) -> None:
    image = blank(tmp_path / "source.img", 16 * MiB)
    run("mkswap", "-q", str(image))
    overwrite(image, 4086, signature)
    assert_raw(measure(image, "swap", tmp_path / "scratch"), image, "hibernated")


def test_overwritten_header_is_imaged_whole(tmp_path: Path) -> None:
    image = blank(tmp_path / "source.img", 16 * MiB)
    assert_raw(measure(image, "swap", tmp_path / "scratch"), image, "no signature")


@pytest.mark.parametrize("fstype", [None, "crypto_LUKS", "LVM2_member", "linux_raid_member", "BitLocker", "zfs_member"])
def test_content_nobody_knows_is_imaged_whole_without_a_reason(fstype: str | None, tmp_path: Path) -> None:
    image = blank(tmp_path / "source.img", MiB)
    result = measure(image, fstype, tmp_path / "scratch")
    assert result.used == Extents.whole(MiB)
    assert result.method == "raw"
    assert result.raw_reason is None
