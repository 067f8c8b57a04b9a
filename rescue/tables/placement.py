"""Which entries of a table can be used: inside the disk, and apart from each other and from the table itself."""

from collections.abc import Sequence

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
            f"Partitions {one.number} and {other.number} overlap: {_span(one)} and {_span(other)}."
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
                f"Partition {entry.number} ({_span(entry)}) covers the partition table itself at byte {hit.offset}."
            )


def covering(entries: Sequence[Entry], pieces: Sequence[SavedSectors]) -> SavedSectors | None:
    """The first piece of the table that a partition with data covers, or None."""
    data = [entry for entry in entries if entry.role is not EntryRole.EXTENDED]
    for piece in pieces:
        if any(entry.start < piece.end and piece.offset < entry.end for entry in data):
            return piece
    return None


def _notes(outside: Sequence[Entry], disk_size: int) -> tuple[str, ...]:
    notes = [f"{_why(entry, disk_size)} It is left out." for entry in outside[:_MOST_NOTES]]
    if len(outside) > _MOST_NOTES:
        notes.append(f"{len(outside) - _MOST_NOTES} more partitions are left out for the same reasons.")
    return tuple(notes)


def _why(entry: Entry, disk_size: int) -> str:
    if entry.size <= 0:
        return f"Partition {entry.number} ends before it begins."
    where = "lies outside" if entry.start >= disk_size else "reaches beyond the end of"
    return f"Partition {entry.number} {where} the disk ({_span(entry)}; the disk has {format_size(disk_size)})."


def _span(entry: Entry) -> str:
    return f"bytes {entry.start} to {entry.end}"
