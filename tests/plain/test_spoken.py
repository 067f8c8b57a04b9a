"""Disks and what is chosen, in sentences."""

from dataclasses import replace

import pytest

from rescue.devices.model import Use, UseKind
from rescue.flows.front import Field, FieldKind
from rescue.plain.spoken import contents, disk_page, field_value
from rescue.units import GiB
from tests.tui.fakes import blank, broken, disk, drive, windows


def test_a_disk_in_full() -> None:
    page = disk_page(drive())
    assert page.title == "WD Elements 25A3, 1.8 TiB, /dev/sdb"
    assert page.lines == (
        "Usb, removable",
        "To overwrite it, somebody has to type: WX21A",
        "Partition 1, exfat “Backups”, 1.8 TiB; mounted at /mnt/usb",
    )


def test_a_disk_that_nobody_can_read_or_write() -> None:
    lines = " ".join((*disk_page(broken()).lines, *disk_page(blank()).lines))
    assert "It cannot be read: the drive, its cable or its case may be failing." in lines
    assert "It has no identity: Rescue never writes it." in lines
    assert "It is empty, or holds nothing that is known." in lines


def test_the_use_of_a_whole_disk() -> None:
    held = replace(disk("/dev/sdx", GiB), uses=(Use(UseKind.HOLDER, "/dev/md0"),))
    assert disk_page(held).lines[-1] == "In use: held by /dev/md0"


def test_contents_name_systems() -> None:
    assert "partition 3, ntfs “Windows”, 600.0 GiB, Windows 11 Pro 23H2" in contents(windows())


@pytest.mark.parametrize(
    ("kind", "value", "told"),
    [
        (FieldKind.HIDDEN, "secret", "typed"),
        (FieldKind.HIDDEN, "", "nothing"),
        (FieldKind.FLAG, "yes", "yes"),
        (FieldKind.FLAG, "", "no"),
        (FieldKind.CHOICE, "smb", "Windows"),
        (FieldKind.TEXT, "nas", "nas"),
        (FieldKind.TEXT, "", "nothing"),
    ],
)
def test_a_secret_is_not_told(kind: FieldKind, value: str, told: str) -> None:
    assert field_value(Field("x", "X", kind, choices=(("smb", "Windows"),)), value) == told
