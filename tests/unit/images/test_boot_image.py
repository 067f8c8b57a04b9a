"""Which files are bootable images, and whether one is still the same."""

import os
import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from rescue.errors import IntegrityError, RescueError, SourceReadError, UsageError
from rescue.images.boot_image import HEAD, look_at_image

BLOCK = 2048


def iso(*, blocks: int = 100, told: int | None = None, boot_record: bool = True, signature: bool = False) -> bytes:
    """The beginning of an ISO 9660, as ECMA-119 and El Torito lay it out."""
    data = bytearray(blocks * BLOCK)
    primary = b"\x01CD001\x01\0" + bytes(32) + b"RESCUE".ljust(32)
    data[16 * BLOCK : 16 * BLOCK + len(primary)] = primary
    struct.pack_into("<I", data, 16 * BLOCK + 80, blocks if told is None else told)
    record = b"\0CD001\x01EL TORITO SPECIFICATION" if boot_record else b"\xffCD001\x01"
    data[17 * BLOCK : 17 * BLOCK + len(record)] = record
    if signature:
        data[510:512] = b"\x55\xaa"
    return bytes(data)


@pytest.fixture
def file(tmp_path: Path) -> Callable[[bytes], str]:
    """`file(data)`: the path of a file with these bytes."""

    def make(data: bytes) -> str:
        path = tmp_path / "rescue.iso"
        path.write_bytes(data)
        return str(path)

    return make


def test_a_hybrid_image(file: Callable[[bytes], str]) -> None:
    image = look_at_image(file(iso(signature=True)))
    assert (image.filesystem, image.label, image.boots_from_disk) == ("iso9660", "RESCUE", True)
    assert (image.size, len(image.head)) == (100 * BLOCK, HEAD)


def test_an_image_for_a_cd_and_a_raw_one(file: Callable[[bytes], str]) -> None:
    assert not look_at_image(file(iso())).boots_from_disk
    raw = look_at_image(file(bytes(510) + b"\x55\xaa" + bytes(512)))
    assert (raw.filesystem, raw.label, raw.boots_from_disk, len(raw.head)) == ("raw", None, True, 1024)


@pytest.mark.parametrize("data", [b"", b"\x55\xaa", bytes(100_000), iso(boot_record=False), b"text " * 40_000])
def test_what_is_no_bootable_image(file: Callable[[bytes], str], data: bytes) -> None:
    with pytest.raises(UsageError, match="no bootable image"):
        look_at_image(file(data))


@pytest.mark.parametrize("data", [iso(told=101), iso(signature=True)[:-1], bytes(510) + b"\x55\xaa" + bytes(3)])
def test_an_image_without_its_end(file: Callable[[bytes], str], data: bytes) -> None:
    with pytest.raises(IntegrityError, match="cut off"):
        look_at_image(file(data))


def test_what_is_no_file(tmp_path: Path) -> None:
    for path, told in ((tmp_path, "no file"), (tmp_path / "none", "There is no"), (Path("/dev/null"), "no file")):
        with pytest.raises(UsageError, match=told):
            look_at_image(str(path))


def test_a_file_that_was_touched_is_another_one(file: Callable[[bytes], str]) -> None:
    path = Path(file(iso(signature=True)))
    image = look_at_image(str(path))
    image.require_same()
    os.utime(path, ns=(1, 1))
    with pytest.raises(SourceReadError, match="was changed"):
        image.require_same()
    path.unlink()
    with pytest.raises(RescueError, match="is gone"):
        image.require_same()
