"""Maps of NTFS: cluster sizes, compression, hibernation, dirty volumes, damage."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from rescue.filesystems.fields import le16
from rescue.filesystems.ntfs import read_geometry
from rescue.filesystems.ntfs_records import DATA, attribute, read_record
from rescue.filesystems.volume import opened
from rescue.units import MiB
from tests.disk.filesystems import trees
from tests.disk.filesystems.proof import (
    assert_raw,
    blank,
    demand_clean,
    fuse,
    junked,
    measure,
    overwrite,
    run,
)

pytestmark = pytest.mark.disk

PROVEN = {
    "default": "",
    "small-clusters": "-c 512",
    "large-clusters": "-c 65536",
    "large-sectors": "-s 4096",
    "compressed": "-C",
}
_TRAITS = trees.TRAITS["ntfs"]
_VOLUME, _LOGFILE = 3, 2


def made(directory: Path, name: str = "default") -> tuple[Path, dict[str, trees.Entry]]:
    """A file system of the named feature set, and what was planted in it."""
    image = blank(directory / "source.img", 96 * MiB)
    run("mkfs.ntfs", "-F", "-Q", "-q", *PROVEN[name].split(), str(image))
    with fuse("ntfs-3g", str(image), directory / "mount", "streams_interface=xattr") as root:
        trees.plant(root, _TRAITS)
    return image, picture(image, directory)


def picture(image: Path, directory: Path) -> dict[str, trees.Entry]:
    with fuse("ntfs-3g", str(image), directory / "mount", "ro", "streams_interface=xattr") as root:
        return trees.picture(root, _TRAITS)


@pytest.mark.parametrize("name", PROVEN)
def test_map_holds_everything(name: str, tmp_path: Path) -> None:
    image, planted = made(tmp_path, name)
    result = measure(image, "ntfs", tmp_path / "scratch")
    assert result.raw_reason is None
    assert result.method.startswith("partclone.ntfs 0.3.")
    assert result.notes == ()
    copy = junked(image, result.used, tmp_path / "copy.img")
    demand_clean(copy, "ntfs")
    run("ntfsfix", "--no-action", str(copy))  # compares both boot sectors
    assert picture(copy, tmp_path) == planted


def test_second_boot_sector_is_kept(tmp_path: Path) -> None:
    image, _ = made(tmp_path)
    result = measure(image, "ntfs", tmp_path / "scratch")
    assert result.used.contains(96 * MiB - 512, 96 * MiB)


@pytest.mark.parametrize("dirty", [False, True])
def test_hibernated_windows_is_imaged_by_its_map_with_a_note(dirty: bool, tmp_path: Path) -> None:
    image, _ = made(tmp_path)
    hibernate(image, tmp_path, b"hibr")
    planted = picture(image, tmp_path)
    if dirty:
        set_volume_flags(image, 0x0001)
    result = measure(image, "ntfs", tmp_path / "scratch")
    assert result.raw_reason is None
    assert "restore resumes the saved session" in result.notes[0]
    copy = junked(image, result.used, tmp_path / "copy.img")
    assert picture(copy, tmp_path) == planted
    assert (tmp_path / "copy.img").read_bytes() != image.read_bytes()


def test_resumed_session_is_no_hibernation(tmp_path: Path) -> None:
    image, _ = made(tmp_path)
    hibernate(image, tmp_path, b"wake")
    assert measure(image, "ntfs", tmp_path / "scratch").notes == ()


def hibernate(image: Path, directory: Path, magic: bytes) -> None:
    """hiberfil.sys as Windows leaves it: a magic word, then the session."""
    with fuse("ntfs-3g", str(image), directory / "mount") as root:
        (root / "hiberfil.sys").write_bytes(magic + b"\x5a" * (3 * MiB))


@pytest.mark.parametrize(("flags", "reason"), [(0x0001, "marked the volume dirty"), (0x4000, "0x4000 are not proven")])
def test_flagged_volume_is_imaged_raw(flags: int, reason: str, tmp_path: Path) -> None:
    image, _ = made(tmp_path)
    set_volume_flags(image, flags)
    assert_raw(measure(image, "ntfs", tmp_path / "scratch"), image, reason)


def set_volume_flags(image: Path, flags: int) -> None:
    with opened(str(image), image.stat().st_size) as volume:
        geometry = read_geometry(volume)
        record = volume.read(geometry.mft + _VOLUME * geometry.record, geometry.record)
    place = record.index(struct.pack("<I", 0x70), le16(record, 20))
    place += le16(record, place + 20) + 10
    for table in (geometry.mft, geometry.mirror):
        overwrite(image, table + _VOLUME * geometry.record + place, struct.pack("<H", flags))


@pytest.mark.parametrize(("client", "clean"), [(0, False), (0xFFFF, True)])
def test_log_still_to_be_replayed_is_imaged_raw(client: int, clean: bool, tmp_path: Path) -> None:
    image, _ = made(tmp_path)
    with opened(str(image), image.stat().st_size) as volume:
        geometry = read_geometry(volume)
        log = attribute(read_record(volume, geometry, _LOGFILE), DATA).extents(geometry)[0].start
    overwrite(image, log, restart_page(client) * 2)
    result = measure(image, "ntfs", tmp_path / "scratch")
    if clean:
        assert result.raw_reason is None
    else:
        assert_raw(result, image, "log is still to be replayed")


def restart_page(client: int) -> bytes:
    """A restart page of $LogFile as a mounted volume has it: `client` is the first one in use."""
    head = struct.pack("<4sHHQIIHhhH", b"RSTR", 30, 9, 0, 4096, 4096, 48, 1, 1, 1).ljust(48, b"\0")
    area = struct.pack("<QHHHH", 4711, 1, 0xFFFF, client, 0)
    page = bytearray((head + area).ljust(4096, b"\0"))
    for end in range(512, 4097, 512):
        page[end - 2 : end] = b"\1\0"
    return bytes(page)


@pytest.mark.parametrize(
    ("offset", "data", "reason"),
    [
        (3, b"MSDOS5.0", "no signature"),
        (13, b"\3", "boot sector is damaged"),
        (0x28, b"\xff\xff\xff\xff", "larger than its partition"),
        (0x30, b"\x07\x07", "no FILE magic"),
    ],
)
def test_damaged_boot_sector_is_imaged_raw(offset: int, data: bytes, reason: str, tmp_path: Path) -> None:
    image, _ = made(tmp_path)
    overwrite(image, offset, data)
    assert_raw(measure(image, "ntfs", tmp_path / "scratch"), image, reason)
