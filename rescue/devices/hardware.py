"""What a disk is as a thing: model, serial number, world wide name, bus. From udev's database, else from sysfs."""

import re
from collections.abc import Mapping

from rescue.devices.blkid import decode
from rescue.devices.sysfs import Block

_WWN = re.compile(r"(?:0x|naa\.|eui\.)?([0-9a-f]{16,32})")
_VPD_HEADER = 4
_NO_TEXT = "(null)"  # what a driver without serial numbers prints into sysfs, as that of User-mode Linux does
_BUSES = (
    ("/virtual/block/loop", "loop"),
    ("/usb", "usb"),
    ("/nvme", "nvme"),
    ("/mmc_host/", "mmc"),
    ("/ata", "ata"),
    ("/virtio", "virtio"),
    ("/host", "scsi"),
    ("/virtual/", "virtual"),
)


def bus(block: Block) -> str:
    """How the disk is attached, by its place in the tree of devices: usb, nvme, mmc, ata, virtio, scsi, loop, …"""
    place = str(block.directory)
    return next((name for part, name in _BUSES if part in place), "unknown")


def model(block: Block, properties: Mapping[str, str]) -> str:
    """Maker and model in one line."""
    if block.backing_file is not None:
        return "Loop device"
    # SCSI cuts the model to 16 characters, so the database, which asks the drive itself, comes first.
    name = decode(properties.get("ID_MODEL_ENC", "")).strip() or block.text("device/model") or block.text("device/name")
    vendor = decode(properties.get("ID_VENDOR_ENC", "")).strip() or block.text("device/vendor")
    if vendor.startswith("0x"):
        vendor = "VirtIO disk" if bus(block) == "virtio" else ""
    if vendor in ("", "ATA", "NVMe") or name.startswith(vendor):
        return " ".join(name.split()) or "Unknown disk"
    return " ".join(f"{vendor} {name}".split())


def serial(block: Block, properties: Mapping[str, str]) -> str | None:
    """The serial number; None where the disk has none, one of zeros as cheap adapters have it, or the word for none."""
    found = (
        properties.get("ID_SCSI_SERIAL")
        or properties.get("ID_SERIAL_SHORT")
        or block.text("serial")
        or block.text("device/serial")
        or _unit_serial(block)
        or _usb_serial(block)
    )
    text = " ".join(found.split())
    return text if text.strip("0 -_.") and text != _NO_TEXT else None


def wwn(block: Block, properties: Mapping[str, str]) -> str | None:
    """The world wide name (NAA, EUI-64, NGUID) as hexadecimal digits; None where the disk has none."""
    texts = (
        properties.get("ID_WWN_WITH_EXTENSION", ""),
        properties.get("ID_WWN", ""),
        block.text("wwid"),
        block.text("device/wwid"),
    )
    found = (_WWN.fullmatch(text.strip().lower()) for text in texts)
    return next((match[1] for match in found if match and match[1].strip("0")), None)


def _unit_serial(block: Block) -> str:
    """SCSI vital product data page 0x80, "unit serial number": a header of 4 bytes, then text (SPC-4, 7.8.15)."""
    page = block.content("device/vpd_pg80")
    return page[_VPD_HEADER:].decode("ascii", errors="replace").strip("\0 ")


def _usb_serial(block: Block) -> str:
    """Serial number of the USB device that carries the disk: the nearest directory above that describes one."""
    for place in block.directory.parents:
        if (place / "idVendor").exists():
            return Block(place).text("serial")
    return ""
