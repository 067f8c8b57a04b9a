"""A new GPT with one partition that takes the whole disk. Pure: the ids come from the caller."""

import struct
import uuid
import zlib

from rescue.errors import TargetTooSmallError
from rescue.language import _
from rescue.tables.gpt import PRIMARY_LBA, SIGNATURE, Header
from rescue.tables.model import SavedSectors, Table
from rescue.tables.read import read_table
from rescue.tables.sectors import reader_of
from rescue.units import MiB, align_down, bytes_to_lba, format_size, lba_to_bytes

LEAST = 64 * MiB
"""No smaller disk gets a table."""

LINUX = uuid.UUID("0fc63daf-8483-4772-8e79-3d69d8477de4")
BASIC_DATA = uuid.UUID("ebd0a0a2-b9e5-4433-87c0-68b6b72699c7")
"""What Windows expects of exFAT and NTFS."""

_ENTRY = struct.Struct("<16s16sQQQ72s")
_SLOT = struct.Struct("<B3sB3sII")
_REVISION = 0x00010000
_HEADER_SIZE = 92
_ENTRIES = 128
_PROTECTIVE = 0xEE
_SLOTS = 446


def single_partition(  # every argument is an id or a measure of the table that is made
    disk_size: int, sector_size: int, *, kind: uuid.UUID, name: str, disk_id: uuid.UUID, part_id: uuid.UUID
) -> Table:
    """The table; its only partition lies on whole MiB. `name` is at most 36 letters long.

    TargetTooSmallError for a disk below 64 MiB.
    """
    if disk_size < LEAST:
        raise TargetTooSmallError(
            _("The disk is too small: it has {size}, at least {least} are needed.").format(
                size=format_size(disk_size), least=format_size(LEAST)
            ),
            hint=_("Use a larger drive."),
        )
    last = bytes_to_lba(align_down(disk_size, sector_size), sector_size) - 1
    sectors = -(-_ENTRIES * _ENTRY.size // sector_size)
    start = MiB
    end = align_down(lba_to_bytes(last - sectors, sector_size), MiB)
    first_lba, last_lba = bytes_to_lba(start, sector_size), bytes_to_lba(end, sector_size) - 1
    entry = _ENTRY.pack(kind.bytes_le, part_id.bytes_le, first_lba, last_lba, 0, name.encode("utf-16-le"))
    array = entry.ljust(sectors * sector_size, b"\0")
    usable = PRIMARY_LBA + 1 + sectors, last - sectors - 1
    primary = _header(sector_size, PRIMARY_LBA, last, usable, disk_id, PRIMARY_LBA + 1, array)
    backup = _header(sector_size, last, PRIMARY_LBA, usable, disk_id, last - sectors, array)
    pieces = (
        SavedSectors(0, _protective(sector_size, last)),
        SavedSectors(lba_to_bytes(PRIMARY_LBA, sector_size), primary.pack()),
        SavedSectors(lba_to_bytes(PRIMARY_LBA + 1, sector_size), array),
        SavedSectors(lba_to_bytes(last - sectors, sector_size), array),
        SavedSectors(lba_to_bytes(last, sector_size), backup.pack()),
    )
    return read_table(reader_of(pieces, disk_size, sector_size).read, disk_size, sector_size)


def _header(
    sector_size: int, own: int, other: int, usable: tuple[int, int], disk_id: uuid.UUID, entries: int, array: bytes
) -> Header:
    sector = (SIGNATURE + struct.pack("<II", _REVISION, _HEADER_SIZE)).ljust(sector_size, b"\0")
    crc = zlib.crc32(array[: _ENTRIES * _ENTRY.size])
    return Header(
        sector, _HEADER_SIZE, own, other, *usable, disk_id.bytes_le, entries, _ENTRIES, _ENTRY.size, crc
    )  # fmt: skip


def _protective(sector_size: int, last: int) -> bytes:
    """The first sector: one partition of a kind that no old program touches."""
    sector = bytearray(sector_size)
    _SLOT.pack_into(sector, _SLOTS, 0, b"\x00\x02\x00", _PROTECTIVE, b"\xff\xff\xff", 1, min(last, 0xFFFFFFFF))
    sector[510:512] = b"\x55\xaa"
    return bytes(sector)
