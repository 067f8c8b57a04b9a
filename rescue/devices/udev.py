"""The disks that udev lists. Works without udevd: libudev then reads sysfs, and the database is empty."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pyudev

from rescue.devices.sysfs import Block

CONTROL_SOCKET = Path("/run/udev/control")


@dataclass(frozen=True, slots=True)
class Listed:
    """A whole disk and what udev's database holds of it: nothing where no udevd has seen it."""

    block: Block
    properties: Mapping[str, str] = field(default_factory=dict)


def listed_disks() -> Iterator[Listed]:
    """Every block device that is no partition, in no particular order. One that vanishes meanwhile is left out."""
    for device in pyudev.Context().list_devices(subsystem="block", DEVTYPE="disk"):
        yield Listed(Block(Path(device.sys_path)), _database(device))


def partition_properties(block: Block) -> Mapping[str, str]:
    """What udev's database holds of a partition."""
    try:
        return _database(pyudev.Devices.from_sys_path(pyudev.Context(), str(block.directory)))
    except pyudev.DeviceNotFoundError:
        return {}


def udevd_runs() -> bool:
    """True when udevd listens, so that its events and its database can be believed."""
    return CONTROL_SOCKET.exists()


def _database(device: pyudev.Device) -> Mapping[str, str]:
    return dict(device.properties) if device.is_initialized else {}
