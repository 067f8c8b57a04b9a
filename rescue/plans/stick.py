"""What will be written on a stick: a bootable image and, where it is wanted, a data partition behind it."""

from collections.abc import Iterator

from rescue.devices.model import Disk
from rescue.errors import TargetRefusedError
from rescue.extents import Extents
from rescue.images.boot_image import SECTOR, BootImage
from rescue.images.layout import Region
from rescue.language import N_, _
from rescue.plans.write import Placement, Target, WritePlan, describe_disk, too_small
from rescue.repository.snapshot import RegionKind
from rescue.tables.extend import Extended, boot_sectors
from rescue.tables.model import Table, TableKind
from rescue.units import format_size

LABEL = "RESCUE-DATA"

_BUSES = {
    "ata": N_("a SATA disk"),
    "nvme": N_("an NVMe disk"),
    "scsi": N_("a SCSI disk"),
    "virtio": N_("a disk of a virtual machine"),
    "loop": N_("a loop device"),
}
_OTHER_BUS = N_("a disk of another kind")
_STICKS = ("usb", "mmc")


def require_room(image: BootImage, disk: Disk) -> None:
    """TargetTooSmallError, or TargetRefusedError for a disk on which the boot code would count in other sectors."""
    if disk.logical_sector_size != SECTOR:
        raise TargetRefusedError(
            _("{path} has sectors of {sector} bytes, bootable images are made for {expected}.").format(
                path=disk.path, sector=disk.logical_sector_size, expected=SECTOR
            ),
            hint=_("Use another stick."),
        )
    if disk.size < image.size:
        raise too_small(image.size, disk.size, disk.path)


def plan_stick(
    image: BootImage, disk: Disk, extended: Extended | None, data: Extents, *, notes: tuple[str, ...], verify: bool
) -> WritePlan:
    """Put the image on the disk and, with `extended`, the used bytes `data` of a file system into its new partition.

    The sectors that make a disk look bootable, or like a whole image, are its table here: they come last.
    """
    table = boot_sectors(extended.table if extended else Table(TableKind.NONE, SECTOR, disk.size), image.head)
    whole = Region(
        "image", RegionKind.WHOLE, 0, 0, image.size,
        filesystem=image.filesystem, label=image.label, used=Extents.whole(image.size) - table.occupied,
    )  # fmt: skip
    placements = [Placement(whole, 0)]
    if extended is not None:
        part = Region(
            f"p{extended.number}", RegionKind.PARTITION, extended.number, extended.start, extended.size,
            filesystem="exfat", label=LABEL, used=data,
        )  # fmt: skip
        placements.append(Placement(part, extended.start))
    return WritePlan(
        job="stick",
        source=image.path,
        target=Target(disk.path, disk.path, 0, disk.model, disk.identity, disk.confirm, disk.size),
        table=table,
        placements=tuple(placements),
        before=describe_disk(disk),
        notes=(*_notes(image, disk, extended), *notes),
        verify=verify,
    )


def _notes(image: BootImage, disk: Disk, extended: Extended | None) -> Iterator[str]:
    if disk.bus not in _STICKS and not disk.removable:
        yield _("{path} is not a USB stick but {kind}.").format(
            path=disk.path, kind=_(_BUSES.get(disk.bus, _OTHER_BUS))
        )
    if not image.boots_from_disk:
        yield _("The image has no boot sector: it starts from a CD, but hardly from a stick.")
    if extended is None and disk.size > image.size:
        yield _("The {size} behind the image stay unused.").format(size=format_size(disk.size - image.size))
