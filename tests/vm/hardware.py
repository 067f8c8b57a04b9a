"""What a virtual machine is made of, and QEMU's words for it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from tests.samples import Firmware
from tests.vm.emulator import Emulator, copy_variables
from tests.vm.network import Network

VARIABLES = "variables.fd"
Device = dict[str, str | int | bool]


class Bus(Enum):
    """How a disk is connected."""

    VIRTIO = "virtio"
    SATA = "sata"
    NVME = "nvme"
    USB = "usb"

    @property
    def in_slot(self) -> bool:
        """Whether each disk is a PCI Express card by itself."""
        return self in (Bus.VIRTIO, Bus.NVME)

    @property
    def has_model(self) -> bool:
        """Whether QEMU lets the disk say of which model it is."""
        return self is Bus.SATA


class MediumKind(Enum):
    """What the stick's image is put on."""

    CD = "cd"
    USB = "usb"


@dataclass(frozen=True)
class Medium:
    """A bootable image. It never changes: what the machine writes to the stick goes to a temporary overlay."""

    path: Path
    kind: MediumKind = MediumKind.USB
    serial: str = "RESCUESTICK"


@dataclass(frozen=True)
class Disk:
    """A raw image as a disk. Its serial number names it in the machine, and must be unique there.

    With `keep` false the image does not change: what the machine writes goes to a temporary overlay, which is gone when
    the disk is pulled out. Only SATA disks have a `model` of their own, and those with 512-byte sectors only.
    """

    path: Path
    serial: str
    bus: Bus = Bus.VIRTIO
    model: str = ""
    sector_size: int = 512
    keep: bool = True

    def __post_init__(self) -> None:
        if self.model and not self.bus.has_model:
            raise ValueError(f"a disk on {self.bus.value} has no model string of its own in QEMU")
        if self.sector_size != 512 and self.bus is Bus.SATA:
            raise ValueError("QEMU has SATA disks with 512-byte sectors only")

    @property
    def drive(self) -> str:
        """The value of QEMU's option `-drive`; quick and not safe against a crash of this machine."""
        overlay = "" if self.keep else ",snapshot=on"
        return f"if=none,id={self.drive_id},format=raw,cache=unsafe,discard=unmap,file={_quoted(self.path)}{overlay}"

    @property
    def drive_id(self) -> str:
        """The drive's name in QEMU."""
        return f"drive-{self.serial}"

    def device(self, place: str, boot_index: int | None = None) -> Device:
        """The disk as QEMU's device on the bus `place`. Firmware tries the lowest boot index first."""
        driver = {Bus.VIRTIO: "virtio-blk-pci", Bus.SATA: "ide-hd", Bus.NVME: "nvme", Bus.USB: "usb-storage"}[self.bus]
        device: Device = {"driver": driver, "id": f"disk-{self.serial}", "drive": self.drive_id, "bus": place}
        device["serial"] = self.serial
        if self.model:
            device["model"] = self.model
        if self.sector_size != 512:
            device |= {"logical_block_size": self.sector_size, "physical_block_size": self.sector_size}
        if self.bus is Bus.USB:
            device["removable"] = True
        if boot_index is not None:
            device["bootindex"] = boot_index
        return device


@dataclass(frozen=True)
class Kernel:
    """A Linux kernel that is started without firmware's boot order and boot loader."""

    path: Path
    initrd: Path | None = None
    options: str = "console=ttyS0 panic=-1"


@dataclass(frozen=True)
class Hardware:
    """A computer. It boots from the medium, or else from its disks in their order.

    `memory` is in MiB. `spare_slots` take NVMe and virtio disks that are plugged in later. A machine without `reboots`
    ends when its system reboots. `network` true is a way out as through a router at home, a Network is that one alone.
    `extra` are further words for QEMU's command line.
    """

    firmware: Firmware = Firmware.UEFI
    medium: Medium | None = None
    disks: tuple[Disk, ...] = ()
    memory: int = 1024
    graphics: bool = True
    network: bool | Network = False
    reboots: bool = False
    spare_slots: int = 2
    kernel: Kernel | None = None
    extra: tuple[str, ...] = ()


def command_line(hardware: Hardware, qemu: Emulator, scratch: Path) -> list[str]:
    """QEMU's command line, without what connects it to this program. Makes what it needs in `scratch`."""
    secure = hardware.firmware is Firmware.SECURE
    return [
        *qemu.system(),
        *("-nodefaults", "-no-user-config"),
        *("-machine", f"q35,smm={'on' if secure else 'off'}", "-m", str(hardware.memory)),
        *(() if hardware.reboots else ("-no-reboot",)),
        *("-vga", "std" if hardware.graphics else "none"),
        *_card(hardware.network),
        *("-device", "pvpanic", "-device", "qemu-xhci,id=usb,p2=8,p3=8"),
        *_firmware(hardware.firmware, qemu, scratch),
        *_kernel(hardware.kernel),
        *(_medium(hardware.medium, boots=hardware.kernel is None) if hardware.medium else ()),
        *_disks(hardware),
        *hardware.extra,
    ]


def _card(network: bool | Network) -> tuple[str, ...]:
    if isinstance(network, Network):
        return network.card()
    return ("-nic", "user" if network else "none")


def _firmware(firmware: Firmware, qemu: Emulator, scratch: Path) -> tuple[str, ...]:
    """For Secure Boot, Debian's firmware with Microsoft's keys, whose variables the system itself cannot write."""
    if firmware is Firmware.BIOS:
        return ()
    kind = ".ms.fd" if firmware is Firmware.SECURE else ".fd"
    variables = copy_variables(qemu.firmware(f"OVMF_VARS_4M{kind}"), scratch / VARIABLES)
    protected = ("-global", "driver=cfi.pflash01,property=secure,value=on") if firmware is Firmware.SECURE else ()
    return (
        *protected,
        *("-drive", f"if=pflash,format=raw,unit=0,readonly=on,file={_quoted(qemu.firmware(f'OVMF_CODE_4M{kind}'))}"),
        *("-drive", f"if=pflash,format=raw,unit=1,file={_quoted(variables)}"),
    )


def _kernel(kernel: Kernel | None) -> tuple[str, ...]:
    if kernel is None:
        return ()
    initrd = ("-initrd", str(kernel.initrd)) if kernel.initrd else ()
    return ("-kernel", str(kernel.path), *initrd, "-append", kernel.options)


def _medium(medium: Medium, *, boots: bool) -> tuple[str, ...]:
    drive = f"if=none,id=medium,format=raw,file={_quoted(medium.path)}"
    if medium.kind is MediumKind.CD:
        device: Device = {"driver": "ide-cd", "bus": "ide.0", "serial": medium.serial}
        drive += ",media=cdrom,readonly=on"
    else:
        device = {"driver": "usb-storage", "bus": "usb.0", "serial": medium.serial, "removable": True}
        drive += ",cache=unsafe,snapshot=on"
    device |= {"id": "medium", "drive": "medium"}
    if boots:
        device["bootindex"] = 0
    return ("-drive", drive, "-device", device_words(device))


def _disks(hardware: Hardware) -> Iterator[str]:
    """Each disk at its place; those in slots may be pulled out, and more may be plugged into the spare ones."""
    sata = (f"ide.{port}" for port in range(1, 6))
    in_slots = sum(disk.bus.in_slot for disk in hardware.disks)
    for number in range(in_slots + hardware.spare_slots):
        yield from ("-device", f"pcie-root-port,id=slot{number},chassis={number + 1},slot={number + 1}")
    slots = (f"slot{number}" for number in range(in_slots))
    for boot_index, disk in enumerate(hardware.disks, start=1):
        place = next(slots) if disk.bus.in_slot else next(sata) if disk.bus is Bus.SATA else "usb.0"
        yield from ("-drive", disk.drive, "-device", device_words(disk.device(place, boot_index)))


def device_words(device: Device) -> str:
    """A device as QEMU's option `-device` takes it."""
    words = (
        (name, {True: "on", False: "off"}.get(value, value) if isinstance(value, bool) else value)
        for name, value in device.items()
        if name != "driver"
    )
    return ",".join([str(device["driver"]), *(f"{name}={_quoted(value)}" for name, value in words)])


def _quoted(value: object) -> str:
    """In QEMU's options a comma is written twice."""
    return str(value).replace(",", ",,")
