"""The table as it stands in a snapshot file, which damaged hardware or hostile hands may have changed.

The saved sectors are the truth. The entries beside them are for readers that know no partition tables; they must tell
the same geometry.
"""

import base64
import binascii
import zlib
from dataclasses import asdict, replace
from enum import Enum

from rescue.errors import IntegrityError, TableError
from rescue.fields import Fields
from rescue.language import _
from rescue.tables.model import MAX_SAVED, SECTOR_SIZES, SavedSectors, Table, TableKind, disjoint
from rescue.tables.placement import refuse_on_table
from rescue.tables.read import read_table
from rescue.tables.sectors import reader_of

_MAX_DISK_SIZE = 2**63 - 1
_MAX_PIECES = 1024
_MAX_NOTES = 1024
_MAX_NOTE = 2000


def to_json(table: Table) -> dict[str, object]:
    """The table as a JSON object. Sector data is zlib, then base64; `attributes` is a number of up to 64 bits."""
    return {
        "kind": table.kind.value,
        "sector_size": table.sector_size,
        "disk_size": table.disk_size,
        "disk_id": table.disk_id,
        "entries": [
            {key: value.value if isinstance(value, Enum) else value for key, value in asdict(entry).items()}
            for entry in table.entries
        ],
        "sectors": [
            {"offset": piece.offset, "data": base64.b64encode(zlib.compress(piece.data)).decode("ascii")}
            for piece in table.sectors
        ],
        "notes": list(table.notes),
    }


def from_json(value: object) -> Table:
    """The table that `to_json` gave. IntegrityError, in words, for anything else, with bounded memory and time."""
    stored = Fields(value, _("The partition table"))
    sector_size = stored.number("sector_size")
    if sector_size not in SECTOR_SIZES:
        raise _damaged(_("sectors of {sector_size} bytes do not exist").format(sector_size=sector_size))
    disk_size = stored.number("disk_size", _MAX_DISK_SIZE)
    pieces = _pieces(stored, disk_size, sector_size)
    table = _reread(pieces, disk_size, sector_size)
    if stored.text("kind") != table.kind.value:
        raise _damaged(_("its kind is not that of its sectors"))
    told = [
        (entry.number("number"), entry.number("start"), entry.number("size")) for entry in stored.objects("entries")
    ]
    if told != [(entry.number, entry.start, entry.size) for entry in table.entries]:
        raise _damaged(_("its list of partitions is not that of its sectors"))
    return replace(table, sectors=pieces, notes=_notes(stored))


def _reread(pieces: tuple[SavedSectors, ...], disk_size: int, sector_size: int) -> Table:
    """What the sectors say."""
    if not pieces:
        return Table(TableKind.NONE, sector_size, disk_size)
    try:
        table = read_table(reader_of(pieces, disk_size, sector_size).read, disk_size, sector_size)
        refuse_on_table(table.entries, pieces)
    except TableError as error:
        raise _damaged(error.message) from error
    if table.kind is TableKind.NONE:
        raise _damaged(_("its sectors hold no partition table"))
    return table


def _pieces(stored: Fields, disk_size: int, sector_size: int) -> tuple[SavedSectors, ...]:
    pieces: list[SavedSectors] = []
    room = MAX_SAVED
    for fields in stored.objects("sectors"):
        data = _unpack(fields.text("data"), room)
        room -= len(data)
        piece = SavedSectors(fields.number("offset"), data)
        if not data or piece.offset % sector_size or len(data) % sector_size or piece.end > disk_size:
            raise _damaged(_("its sectors are no sectors of that disk"))
        pieces.append(piece)
        if len(pieces) > _MAX_PIECES:
            raise _damaged(_("it has more pieces than any table"))
    if tuple(pieces) != disjoint(pieces):
        raise _damaged(_("its sectors overlap or are out of order"))
    return tuple(pieces)


def _unpack(text: str, room: int) -> bytes:
    """The bytes in base64 and zlib, at most `room` of them."""
    stream = zlib.decompressobj()
    try:
        data = stream.decompress(base64.b64decode(text, validate=True), room + 1)
    except (binascii.Error, ValueError, zlib.error) as error:
        raise _damaged(_("the data of its sectors cannot be unpacked")) from error
    if len(data) > room:
        raise _damaged(_("it holds more sectors than any table has"))
    if not stream.eof or stream.unused_data:
        raise _damaged(_("the data of its sectors is cut off or too long"))
    return data


def _notes(stored: Fields) -> tuple[str, ...]:
    notes = stored.texts("notes")
    if len(notes) > _MAX_NOTES or any(len(note) > _MAX_NOTE for note in notes):
        raise _damaged(_("its notes are too long"))
    return notes


def _damaged(why: str) -> IntegrityError:
    return IntegrityError(_("The saved partition table is damaged: {why}.").format(why=why.rstrip(".")))
