"""What disks are there: udev's list, sysfs, probing and the mount table, put together. Nothing is written."""

from __future__ import annotations

import os
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

from rescue.devices import blkid, hardware, live, udev
from rescue.devices.blockdev import holds_medium
from rescue.devices.location import canonical_node
from rescue.devices.model import Disk, Identity, Inventory, Partition, with_confirm_texts
from rescue.devices.systems import installed_system
from rescue.devices.uses import UseTable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rescue.devices.sysfs import Block
    from rescue.devices.udev import Listed

VISIBLE_VARIABLE = "RESCUE_DEVICES"
_WORKERS = 4
_SECTOR_SIZE = 512
# Memory, floppies, devices stacked on others (they show as holders), and the boot areas inside eMMC chips.
_NO_DISK = re.compile(r"(ram|zram|fd|dm-|md|bcache|drbd|mtdblock)\d.*|md_.*|mmcblk\d+(boot\d+|rpmb|gp\d+)")


def visible_from_environment() -> tuple[str, ...] | None:
    """The devices in RESCUE_DEVICES, between commas, blanks or colons; None where it is not set, () where it is empty.

    A colon counts only before a slash: names in /dev/disk/by-path have colons.
    """
    text = os.environ.get(VISIBLE_VARIABLE)
    return None if text is None else tuple(filter(None, re.split(r"[,\s]+|:(?=/)", text)))


def scan(visible: Sequence[str] | None = None, *, systems: bool = True) -> Inventory:
    """All disks, or those whose paths are in `visible`; other disks are not even read.

    `systems=False` leaves out what system is installed, which takes the most time. A disk that vanishes meanwhile is
    left out. Without root the content of disks is known only where udev's database has it.
    """
    shown = None if visible is None else {canonical_node(path) for path in visible}
    found = [
        each for each in udev.listed_disks() if (shown is None or each.block.node in shown) and _imageable(each.block)
    ]
    found.sort(key=lambda each: _natural(each.block.name))
    uses, medium = UseTable.read(), live.medium_nodes()
    with ThreadPoolExecutor(_WORKERS) as pool:
        disks = [disk for disk in pool.map(lambda each: _disk(each, uses, systems=systems), found) if disk is not None]
    return Inventory(
        with_confirm_texts([replace(disk, live_medium=disk.path in medium) for disk in disks]),
        None if visible is None else tuple(visible),
    )


def _imageable(block: Block) -> bool:
    if _NO_DISK.fullmatch(block.name) or block.size == 0 or block.count("hidden") or live.is_layer(block):
        return False
    return not _is_optical(block) or holds_medium(block.node)


def _is_optical(block: Block) -> bool:
    return block.name.startswith("sr")


def _natural(name: str) -> list[tuple[int, str]]:
    """Sort key that puts loop10 behind loop9."""
    return [(int(part) if part.isdecimal() else -1, part) for part in re.split(r"(\d+)", name)]


def _disk(listed: Listed, uses: UseTable, *, systems: bool) -> Disk | None:
    block, properties = listed.block, listed.properties
    probed = blkid.probe(block.node)
    content = probed or blkid.parse(properties)
    partitions = tuple(_partition(part, uses, systems=systems) for part in block.partitions())
    disk = Disk(
        path=block.node,
        model=hardware.model(block, properties),
        identity=_identity(block, properties, content.table_uuid),
        confirm="",
        bus=hardware.bus(block),
        logical_sector_size=block.count("queue/logical_block_size", _SECTOR_SIZE),
        physical_sector_size=block.count("queue/physical_block_size", _SECTOR_SIZE),
        read_only=block.read_only or _is_optical(block),
        removable=block.count("removable") == 1,
        rotational=block.count("queue/rotational") == 1,
        table=content.table,
        filesystem=content.filesystem,
        uses=uses.of(block),
        partitions=tuple(part for part in partitions if part is not None),
        system=_system(block, content) if systems else None,
        readable=probed is not None,
    )
    return disk if block.size == disk.size > 0 else None


def _identity(block: Block, properties: Mapping[str, str], table_uuid: str | None) -> Identity:
    return Identity(
        wwn=hardware.wwn(block, properties),
        serial=hardware.serial(block, properties),
        backing=block.backing_file,
        table_uuid=table_uuid,
        size=block.size,
    )


def _partition(block: Block, uses: UseTable, *, systems: bool) -> Partition | None:
    content = blkid.probe(block.node) or blkid.parse(udev.partition_properties(block))
    part = Partition(
        path=block.node,
        number=block.partition_number,
        start=block.start,
        size=block.size,
        type=content.entry_type,
        uuid=content.entry_uuid,
        name=content.entry_name,
        filesystem=content.filesystem,
        uses=uses.of(block),
        system=_system(block, content) if systems else None,
    )
    return part if block.size == part.size > 0 and part.number else None


def _system(block: Block, content: blkid.Content) -> str | None:
    return installed_system(block.node, content.filesystem.type) if content.filesystem is not None else None
