"""A bootable image in a file: what it is, and whether it is still the same file."""

import os
import stat
import struct
from dataclasses import dataclass
from pathlib import Path

from rescue.errors import IntegrityError, SourceReadError, UsageError
from rescue.tables.mbr import parse_slots
from rescue.units import KiB

SECTOR = 512
"""Tables of hybrid images count in these, whatever the image is made of."""
HEAD = 64 * KiB
"""The boot sectors and the descriptors of ISO 9660, which make a disk look like a whole image."""

# ECMA-119 (ISO 9660), 8.4: the primary volume descriptor is block 16; El Torito, 2.0: the boot record is block 17.
_BLOCK = 2048
_PRIMARY = slice(16 * _BLOCK, 17 * _BLOCK)
_ISO = b"CD001"
_ISO_AT = slice(1, 6)
_LABEL = slice(40, 72)
_BLOCKS = struct.Struct("<I")
_BLOCKS_AT = 80
_TORITO = b"EL TORITO SPECIFICATION"
_DESCRIPTORS = range(16, 32)


@dataclass(frozen=True, slots=True)
class BootImage:
    """An image of `size` bytes. `stamp` tells its file from others and from a later state; `head` is its beginning."""

    path: str
    size: int
    stamp: tuple[int, int, int, int]
    filesystem: str
    label: str | None
    boots_from_disk: bool
    head: bytes

    def require_same(self) -> None:
        """SourceReadError when the file is gone, is another one, or was written since it was looked at."""
        try:
            now = _stamp(Path(self.path).stat())
        except OSError as error:
            raise SourceReadError(f"{self.path} is gone: {error.strerror}.") from error
        if now != self.stamp:
            raise SourceReadError(
                f"{self.path} was changed while it was in use.", hint="Wait until it is complete, and start again."
            )


def look_at_image(path: str) -> BootImage:
    """What is in the file at `path`.

    UsageError where it is no file or no bootable image, IntegrityError where its end is missing, SourceReadError where
    it cannot be read.
    """
    try:
        state = Path(path).stat()
        _require_file(path, state)
        with Path(path).open("rb") as stream:
            head = stream.read(HEAD)
    except FileNotFoundError as error:
        raise UsageError(f"There is no {path}.") from error
    except OSError as error:
        raise SourceReadError(f"{path} cannot be read: {error.strerror}.") from error
    primary = head[_PRIMARY]
    is_iso = primary[_ISO_AT] == _ISO
    hybrid = len(head) >= SECTOR and parse_slots(head[:SECTOR]) is not None
    if not (hybrid or (is_iso and _has_boot_record(head))):
        raise UsageError(
            f"{path} is no bootable image: it has neither a boot sector nor the boot record of a CD.",
            hint="An image file ends with .iso or .img; unpack it first where it is compressed.",
        )
    _require_whole(path, state.st_size, _BLOCKS.unpack_from(primary, _BLOCKS_AT)[0] * _BLOCK if is_iso else 0)
    label = primary[_LABEL].decode("ascii", errors="replace").strip() if is_iso else ""
    kind = "iso9660" if is_iso else "raw"
    return BootImage(path, state.st_size, _stamp(state), kind, label or None, hybrid, head)


def _require_file(path: str, state: os.stat_result) -> None:
    if stat.S_ISBLK(state.st_mode):
        raise UsageError(f"{path} is a device, not an image file.", hint="`rescue clone` copies a disk.")
    if not stat.S_ISREG(state.st_mode):
        raise UsageError(f"{path} is no file.")


def _has_boot_record(head: bytes) -> bool:
    """True where one of the volume descriptors is that of El Torito."""
    records = (head[number * _BLOCK :][:_BLOCK] for number in _DESCRIPTORS)
    return any(record[_ISO_AT] == _ISO and record[7:].startswith(_TORITO) for record in records)


def _require_whole(path: str, size: int, told: int) -> None:
    """IntegrityError where the file is shorter than its file system says, or ends inside a sector."""
    if size < told:
        raise IntegrityError(
            f"{path} is cut off: it has {size} bytes, {told - size} are missing.", hint="Download or copy it again."
        )
    if size % SECTOR:
        raise IntegrityError(f"{path} is cut off: it ends inside a sector.", hint="Download or copy it again.")


def _stamp(state: os.stat_result) -> tuple[int, int, int, int]:
    return state.st_dev, state.st_ino, state.st_size, state.st_mtime_ns
