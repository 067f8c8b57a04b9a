"""Put a table on a disk, and take the old one off, so that a crash at any moment leaves no table that lies."""

from rescue.devices.blockdev import aligned_buffer
from rescue.errors import TableError, TargetWriteError, VerifyError, reason_of
from rescue.language import _
from rescue.tables.gpt import PRIMARY_LBA, SIGNATURE, parse_header
from rescue.tables.model import SavedSectors, Table, TableKind
from rescue.tables.ondisk import Disk
from rescue.units import MiB, lba_to_bytes

_CLEARED = MiB
"""Bytes zeroed at either end: every place where a table can begin, and the labels of most file systems beside it."""


def write_table(device: Disk, table: Table) -> None:
    """Write the exact sectors of the table, and return when they are on the medium.

    The order is that of a safe crash, each step on the medium before the next: backup GPT, primary GPT, in each the
    entries before the header, and the first sector last. An old GPT that was not cleared has one good copy, old or
    new, at any moment. TableError, with nothing written, where the disk is not the one that the table is for;
    TargetWriteError where the disk does not take it.
    """
    _refuse_other_disk(device, table)
    try:
        for turn in _turns(table):
            for piece in turn:
                _write(device, piece)
            device.flush()
    except OSError as error:
        raise TargetWriteError(
            _("The partition table cannot be written: {reason}.").format(reason=reason_of(error))
        ) from error


def verify_table(device: Disk, table: Table) -> None:
    """Read the sectors back. VerifyError where the disk does not give the bytes that were written.

    The device is what is read where it is open with O_DIRECT; otherwise its cache has to be dropped before.
    """
    for piece in table.sectors:
        buffer = aligned_buffer(len(piece.data))
        try:
            device.pread_into(buffer, piece.offset)
        except OSError as error:
            raise VerifyError(
                _("The partition table cannot be read back: {reason}.").format(reason=reason_of(error))
            ) from error
        if buffer != piece.data:
            raise VerifyError(
                _("The partition table at byte {offset} is not what was written.").format(offset=piece.offset)
            )


def clear_table(device: Disk) -> None:
    """Zero the first and the last MiB of the disk, and return when that is on the medium.

    A disk cleared so has no table, in either copy, until `write_table` ends. What is in between stays.
    TargetWriteError where the disk does not take it.
    """
    size = device.size - device.size % device.logical_sector_size
    head = min(_CLEARED, size)
    tail = max(head, size - _CLEARED)
    try:
        for start, end in ((0, head), (tail, size)):
            if start < end:
                device.pwrite(aligned_buffer(end - start), start)
                device.flush()
    except OSError as error:
        raise TargetWriteError(
            _("The old partition table cannot be cleared: {reason}.").format(reason=reason_of(error))
        ) from error


def forget_table(device: Disk) -> None:
    """Zero the sectors from which every kernel and tool starts to read a table, and return when that is on the medium.

    The first sector of the disk, and the headers of a GPT where there are any, also where the GPT is damaged. All other
    bytes stay, and nobody sees partitions until `write_table` ends. TargetWriteError where the disk does not take it.
    """
    size = device.logical_sector_size
    try:
        for offset in _headers(device):
            device.pwrite(aligned_buffer(size), offset)
            device.flush()
    except OSError as error:
        raise TargetWriteError(
            _("The old partition table cannot be cleared: {reason}.").format(reason=reason_of(error))
        ) from error


def _headers(device: Disk) -> list[int]:
    """Byte 0, and where a GPT's headers begin; the backup first, which nothing finds but by itself."""
    size = device.logical_sector_size
    last = device.size // size - 1
    found = [0]
    for offset in (lba_to_bytes(PRIMARY_LBA, size), lba_to_bytes(last, size)):
        buffer = aligned_buffer(size)
        device.pread_into(buffer, offset)
        if bytes(buffer[: len(SIGNATURE)]) == SIGNATURE:
            found.insert(0, offset)
    return found


def _refuse_other_disk(device: Disk, table: Table) -> None:
    if device.size != table.disk_size or device.logical_sector_size != table.sector_size:
        raise TableError(
            _(
                "The partition table is for a disk of {expected} bytes in sectors of {expected_sector}, "
                "the disk has {size} bytes in sectors of {sector}."
            ).format(
                expected=table.disk_size,
                expected_sector=table.sector_size,
                size=device.size,
                sector=device.logical_sector_size,
            )
        )


def _turns(table: Table) -> list[list[SavedSectors]]:
    """The pieces in the order of writing: each after all that it points to, and what makes the table visible last."""
    turns: list[list[SavedSectors]] = [[] for _ in range(5)]
    header_at = lba_to_bytes(PRIMARY_LBA, table.sector_size)
    entries_at = _primary_entries_at(table, header_at)
    for piece in table.sectors:
        if piece.offset == 0:
            turn = 4
        elif table.kind is not TableKind.GPT:
            turn = 0
        elif piece.offset == header_at:
            turn = 3
        elif piece.offset == entries_at:
            turn = 2
        else:
            turn = 1 if piece.data.startswith(SIGNATURE) else 0
        turns[turn].append(piece)
    return [turn for turn in turns if turn]


def _primary_entries_at(table: Table, header_at: int) -> int:
    """Byte of the primary entry array; where the primary header is damaged, the usual place."""
    for piece in table.sectors:
        if piece.offset == header_at and (header := parse_header(piece.data)) is not None:
            return lba_to_bytes(header.entries_lba, table.sector_size)
    return header_at + table.sector_size


def _write(device: Disk, piece: SavedSectors) -> None:
    buffer = aligned_buffer(len(piece.data))
    buffer[:] = piece.data
    device.pwrite(buffer, piece.offset)
