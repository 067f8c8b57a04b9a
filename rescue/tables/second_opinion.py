"""An independent reader of the table that was written: libparted has to see the same partitions.

Only what runs a job imports this module: loading libparted takes time.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import _ped
import parted

from rescue.errors import TableError
from rescue.language import _
from rescue.tables.model import EntryRole, Table, TableKind
from rescue.units import bytes_to_lba

_LABELS = {"gpt": TableKind.GPT, "msdos": TableKind.MBR}
_ROLES = {
    parted.PARTITION_NORMAL: EntryRole.PRIMARY,
    parted.PARTITION_EXTENDED: EntryRole.EXTENDED,
    parted.PARTITION_LOGICAL: EntryRole.LOGICAL,
}
_ANSWERS = (
    _ped.EXCEPTION_RESOLVE_IGNORE,
    _ped.EXCEPTION_RESOLVE_OK,
    _ped.EXCEPTION_RESOLVE_NO,
    _ped.EXCEPTION_RESOLVE_CANCEL,
)
_lock = threading.Lock()

_Place = tuple[int, int, int, EntryRole]
"""Number, first sector, sectors, role."""


def second_opinion(path: str, table: Table) -> tuple[str, ...]:
    """Let libparted read the disk at `path`; TableError where it sees other partitions than `table` has.

    Returns a note where libparted refuses to read the table: it knows fewer kinds than the kernel and we do. Nothing
    is written, but libparted opens the disk for writing, which makes udev look at it again: settle afterwards.
    """
    with _lock, _quiet():
        try:
            kind, places = _ask(path)
        except (_ped.DiskException, _ped.DiskLabelException, _ped.PartedException) as error:
            if table.kind is TableKind.NONE:
                return ()
            return (
                _("libparted cannot read the partition table, so it gives no second opinion: {error}").format(
                    error=error
                ),
            )
        except (_ped.IOException, _ped.DeviceException) as error:
            raise TableError(_("libparted cannot read {path}: {error}").format(path=path, error=error)) from error
    if kind is not table.kind:
        raise TableError(
            _("libparted finds a table of the kind {found} on {path} instead of {expected}.").format(
                found=kind.value, path=path, expected=table.kind.value
            )
        )
    expected = _expected(table)
    if kind is not TableKind.NONE and places != expected:
        raise TableError(
            _("libparted sees other partitions on {path}: {difference}.").format(
                path=path, difference=_difference(places, expected)
            )
        )
    return ()


def _ask(path: str) -> tuple[TableKind, set[_Place]]:
    device = parted.getDevice(path)
    try:
        disk = parted.newDisk(device)
        places = {
            (part.number, part.geometry.start, part.geometry.length, _ROLES[part.type]) for part in disk.partitions
        }
        return _LABELS.get(disk.type, TableKind.NONE), places
    finally:
        device.removeFromCache()


def _expected(table: Table) -> set[_Place]:
    """The partitions that libparted shows: in an MBR it takes an entry of type 0 as unused."""
    size = table.sector_size
    return {
        (entry.number, bytes_to_lba(entry.start, size), bytes_to_lba(entry.size, size), entry.role)
        for entry in table.entries
        if entry.type != "0x00"
    }


def _difference(seen: set[_Place], expected: set[_Place]) -> str:
    def told(places: set[_Place]) -> str:
        texts = (
            _("{number} ({role}, sector {start}, {count} sectors)").format(
                number=number, role=role.value, start=start, count=count
            )
            for number, start, count, role in places
        )
        return ", ".join(sorted(texts)) or _("nothing")

    return _("it has {seen} where the table has {expected}").format(
        seen=told(seen - expected), expected=told(expected - seen)
    )


@contextmanager
def _quiet() -> Iterator[None]:
    """Answer the questions of libparted so that it goes on without changing anything. Without an answer it prompts."""
    _ped.register_exn_handler(_answer)
    try:
        yield
    finally:
        _ped.clear_exn_handler()


def _answer(_kind: int, options: int, _message: str) -> int:
    for answer in _ANSWERS:
        if options & answer:
            return int(answer)
    return int(_ped.EXCEPTION_RESOLVE_UNHANDLED)
