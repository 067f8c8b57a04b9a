"""What will be written on a disk that becomes a drive for backups: a table with one partition, and a file system."""

from rescue.devices.model import Disk
from rescue.errors import TargetRefusedError, UsageError
from rescue.extents import Extents
from rescue.images.layout import Region
from rescue.language import _
from rescue.plans.write import Placement, Target, WritePlan, describe_disk
from rescue.repository.snapshot import RegionKind
from rescue.tables.model import Entry, Table

LABEL = "Backups"
EXFAT, EXT4 = "exfat", "ext4"
FILESYSTEMS = (EXT4, EXFAT)
_LONGEST = {EXT4: 16, EXFAT: 11}
_FORBIDDEN = '"*/:<>?\\|'
_SECTOR = 512


def purpose(filesystem: str) -> str:
    """What a file system is for, so that a person can choose."""
    if filesystem == EXFAT:
        return _("exFAT: Windows, macOS and Linux can read it. It has no journal: disconnect it before you unplug it.")
    return _("ext4: the safest choice. Linux and the Rescue stick read it; Windows does not.")


def require_wish(filesystem: str, label: str) -> None:
    """UsageError for a file system that is not offered, or a label that it cannot have."""
    if filesystem not in FILESYSTEMS:
        raise UsageError(_("{name} is none of ext4 and exfat.").format(name=filesystem))
    longest = _LONGEST[filesystem]
    bad = not label.strip() or not label.isprintable() or any(letter in _FORBIDDEN for letter in label)
    if bad or len(label.encode()) > longest:
        raise UsageError(
            _("“{label}” cannot be the name of the drive.").format(label=label),
            hint=_("Use at most {count} letters and digits.").format(count=longest),
        )


def require_sectors(disk: Disk, filesystem: str) -> None:
    """TargetRefusedError where the file system, made aside, would count in other sectors than the disk."""
    if filesystem == EXFAT and disk.logical_sector_size != _SECTOR:
        raise TargetRefusedError(
            _("{path} has sectors of {size} bytes, for which exFAT is not made here. Nothing was changed.").format(
                path=disk.path, size=disk.logical_sector_size
            ),
            hint=_("Choose ext4."),
        )


def plan_format(
    disk: Disk, table: Table, used: Extents, *, filesystem: str, label: str, uuid: str | None, verify: bool
) -> WritePlan:
    """Put the table on the disk, and the used bytes `used` of the new file system into its only partition."""
    entry = only_entry(table)
    part = Region(
        f"p{entry.number}", RegionKind.PARTITION, entry.number, entry.start, entry.size,
        filesystem=filesystem, label=label, uuid=uuid, used=used,
    )  # fmt: skip
    return WritePlan(
        job="format",
        source=_("a new, empty file system"),
        target=Target(disk.path, disk.path, 0, disk.model, disk.identity, disk.confirm, disk.size),
        table=table,
        placements=(Placement(part, entry.start),),
        before=describe_disk(disk),
        notes=(purpose(filesystem),),
        verify=verify,
    )


def only_entry(table: Table) -> Entry:
    """The partition of the new table."""
    (entry,) = table.entries
    return entry
