"""A bootable image in a file or on a stick: what it is, and whether it is still the same."""

import os
import stat
import struct
from dataclasses import dataclass
from pathlib import Path

from rescue.errors import IntegrityError, SourceReadError, UsageError, reason_of
from rescue.language import _
from rescue.tables.extend import retract
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
    """An image of `size` bytes. `stamp` tells its file from others and from a later state; `head` is its beginning.

    On a stick (`on_disk`) it ends where its file system says, and `head` is without the partitions behind it.
    """

    path: str
    size: int
    stamp: tuple[int, int, int, int]
    filesystem: str
    label: str | None
    boots_from_disk: bool
    head: bytes
    on_disk: bool = False

    def require_same(self) -> None:
        """SourceReadError when the file is gone, is another one, or was written since it was looked at."""
        try:
            now = _stamp(Path(self.path).stat())
        except OSError as error:
            raise SourceReadError(
                _("{path} is gone: {reason}.").format(path=self.path, reason=reason_of(error))
            ) from error
        if now != self.stamp or (self.on_disk and look_at_image(self.path) != self):
            raise SourceReadError(
                _("{path} was changed while it was in use.").format(path=self.path),
                hint=_("Wait until it is complete, and start again."),
            )


def look_at_image(path: str) -> BootImage:
    """What is in the file, or at the beginning of the disk, at `path`.

    UsageError where it is neither or no bootable image, IntegrityError where its end is missing, SourceReadError where
    it cannot be read, TableError for a disk whose table tells of more than the image.
    """
    try:
        state = Path(path).stat()
        if not (stat.S_ISREG(state.st_mode) or stat.S_ISBLK(state.st_mode)):
            raise UsageError(_("{path} is no file.").format(path=path))
        with Path(path).open("rb") as stream:
            head = stream.read(HEAD)
            size = stream.seek(0, os.SEEK_END)
    except FileNotFoundError as error:
        raise UsageError(_("There is no {path}.").format(path=path)) from error
    except OSError as error:
        raise SourceReadError(
            _("{path} cannot be read: {reason}.").format(path=path, reason=reason_of(error))
        ) from error
    primary = head[_PRIMARY]
    is_iso = primary[_ISO_AT] == _ISO
    hybrid = len(head) >= SECTOR and parse_slots(head[:SECTOR]) is not None
    if not (hybrid or (is_iso and _has_boot_record(head))):
        raise UsageError(
            _("{path} is no bootable image: it has neither a boot sector nor the boot record of a CD.").format(
                path=path
            ),
            hint=_("An image file ends with .iso or .img; unpack it first where it is compressed."),
        )
    told = _BLOCKS.unpack_from(primary, _BLOCKS_AT)[0] * _BLOCK if is_iso else 0
    _require_whole(path, size, told)
    on_disk = stat.S_ISBLK(state.st_mode)
    if on_disk:
        size, head = told, _own_head(path, head, told)
    label = primary[_LABEL].decode("ascii", errors="replace").strip() if is_iso else ""
    kind = "iso9660" if is_iso else "raw"
    return BootImage(path, size, _stamp(state), kind, label or None, hybrid, head, on_disk)


def _own_head(path: str, head: bytes, size: int) -> bytes:
    """The head of an image of `size` bytes that lies on a disk, as it was before partitions were added behind it."""
    if size < HEAD:
        raise UsageError(
            _("{path} holds no ISO 9660, so that nobody knows where the image on it ends.").format(path=path),
            hint=_("`rescue clone` copies a disk."),
        )
    return retract(head[:SECTOR], size, SECTOR) + head[SECTOR:]


def _has_boot_record(head: bytes) -> bool:
    """True where one of the volume descriptors is that of El Torito."""
    records = (head[number * _BLOCK :][:_BLOCK] for number in _DESCRIPTORS)
    return any(record[_ISO_AT] == _ISO and record[7:].startswith(_TORITO) for record in records)


def _require_whole(path: str, size: int, told: int) -> None:
    """IntegrityError where the file is shorter than its file system says, or ends inside a sector."""
    if size < told:
        raise IntegrityError(
            _("{path} is cut off: it has {size} bytes, {missing} are missing.").format(
                path=path, size=size, missing=told - size
            ),
            hint=_("Download or copy it again."),
        )
    if size % SECTOR:
        raise IntegrityError(
            _("{path} is cut off: it ends inside a sector.").format(path=path), hint=_("Download or copy it again.")
        )


def _stamp(state: os.stat_result) -> tuple[int, int, int, int]:
    """For a device only what it is: its node tells nothing about what is written to it."""
    if stat.S_ISBLK(state.st_mode):
        return state.st_rdev, 0, 0, 0
    return state.st_dev, state.st_ino, state.st_size, state.st_mtime_ns
