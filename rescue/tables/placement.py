"""Which entries of a table can be used: inside the disk, and apart from each other and from the table itself."""

from collections.abc import Sequence

from rescue.language import _, ngettext
from rescue.tables.model import Entry, EntryRole, OverlappingEntriesError, SavedSectors, first_overlap
from rescue.units import format_size

_MOST_NOTES = 8


def place(entries: Sequence[Entry], disk_size: int) -> tuple[tuple[Entry, ...], tuple[str, ...]]:
    """The entries that lie on the disk, sorted by number, and a note for each one left out.

    OverlappingEntriesError when two partitions share a byte, also where that byte is behind the end of the disk.
    """
    overlap = first_overlap(entry for entry in entries if entry.role is not EntryRole.EXTENDED and entry.size > 0)
    if overlap is not None:
        one, other = sorted(overlap, key=lambda entry: entry.number)
        raise OverlappingEntriesError(
            _("Partitions {one} and {other} overlap: {span} and {other_span}.").format(
                one=one.number, other=other.number, span=_span(one), other_span=_span(other)
            )
        )
    inside = [entry for entry in entries if entry.size > 0 and entry.end <= disk_size]
    outside = [entry for entry in entries if not (entry.size > 0 and entry.end <= disk_size)]
    return tuple(sorted(inside, key=lambda entry: entry.number)), _notes(outside, disk_size)


def refuse_on_table(entries: Sequence[Entry], pieces: Sequence[SavedSectors]) -> None:
    """OverlappingEntriesError when a partition covers sectors of the table itself."""
    for entry in entries:
        hit = covering(entries=(entry,), pieces=pieces)
        if hit is not None:
            raise OverlappingEntriesError(
                _("Partition {number} ({span}) covers the partition table itself at byte {offset}.").format(
                    number=entry.number, span=_span(entry), offset=hit.offset
                )
            )


def covering(entries: Sequence[Entry], pieces: Sequence[SavedSectors]) -> SavedSectors | None:
    """The first piece of the table that a partition with data covers, or None."""
    data = [entry for entry in entries if entry.role is not EntryRole.EXTENDED]
    for piece in pieces:
        if any(entry.start < piece.end and piece.offset < entry.end for entry in data):
            return piece
    return None


def _notes(outside: Sequence[Entry], disk_size: int) -> tuple[str, ...]:
    notes = [_("{why} It is left out.").format(why=_why(entry, disk_size)) for entry in outside[:_MOST_NOTES]]
    if len(outside) > _MOST_NOTES:
        more = len(outside) - _MOST_NOTES
        text = ngettext(
            "{count} more partition is left out for the same reasons.",
            "{count} more partitions are left out for the same reasons.",
            more,
        )
        notes.append(text.format(count=more))
    return tuple(notes)


def _why(entry: Entry, disk_size: int) -> str:
    if entry.size <= 0:
        return _("Partition {number} ends before it begins.").format(number=entry.number)
    if entry.start >= disk_size:
        text = _("Partition {number} lies outside the disk ({span}; the disk has {size}).")
    else:
        text = _("Partition {number} reaches beyond the end of the disk ({span}; the disk has {size}).")
    return text.format(number=entry.number, span=_span(entry), size=format_size(disk_size))


def _span(entry: Entry) -> str:
    return _("bytes {start} to {end}").format(start=entry.start, end=entry.end)
