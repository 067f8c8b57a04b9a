"""Block devices in a made-up sysfs, with hardware that no test machine has."""

import os
from pathlib import Path

import pytest

from rescue.devices import hardware, live
from rescue.devices.sysfs import Block, all_blocks, btrfs_members


def make(root: Path, place: str, **attributes: str | bytes) -> Block:
    """A block device directory with attributes ("__" is "/"), linked like the kernel does."""
    directory = root / "devices" / place
    directory.mkdir(parents=True)
    for name, content in attributes.items():
        file = directory / name.replace("__", "/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode() + b"\n")
    links = {"class/block": directory.name, "dev/block": str(attributes.get("dev", ""))}
    for folder, name in links.items():
        (root / folder).mkdir(parents=True, exist_ok=True)
        if name:
            (root / folder / name).symlink_to(directory)
    return Block(directory)


@pytest.fixture
def sata(tmp_path: Path) -> Block:
    page = b"\x00\x80\x00\x14     S21HNSAG123456  "
    return make(
        tmp_path,
        "pci0/0000:00:1f.2/ata1/host0/target0:0:0/0:0:0:0/block/sda",
        dev="8:0",
        size="1000",
        ro="0",
        device__vendor="ATA     ",
        device__model="Samsung SSD 850 ",
        device__wwid="naa.5002538DA0012345",
        device__vpd_pg80=page,
    )


def test_sata_disk(sata: Block) -> None:
    assert (sata.name, sata.node, sata.size, sata.number) == ("sda", "/dev/sda", 512000, os.makedev(8, 0))
    assert hardware.bus(sata) == "ata"
    assert hardware.model(sata, {}) == "Samsung SSD 850"
    assert hardware.serial(sata, {}) == "S21HNSAG123456"
    assert hardware.wwn(sata, {}) == "5002538da0012345"


def test_udev_knows_the_model_better(sata: Block) -> None:
    known = {
        "ID_MODEL_ENC": r"Samsung\x20SSD\x20850\x20EVO\x20250GB\x20\x20",
        "ID_SERIAL_SHORT": "S21",
        "ID_WWN": "0x5002538d00000000",
    }
    assert hardware.model(sata, known) == "Samsung SSD 850 EVO 250GB"
    assert hardware.serial(sata, known) == "S21"
    assert hardware.wwn(sata, known) == "5002538d00000000"


def test_usb_stick_takes_the_serial_of_its_usb_device(tmp_path: Path) -> None:
    stick = make(
        tmp_path,
        "pci0/usb1/1-4/1-4:1.0/host6/target6:0:0/6:0:0:0/block/sdb",
        dev="8:16",
        device__vendor="SanDisk ",
        device__model="Ultra USB 3.0   ",
    )
    port = tmp_path / "devices/pci0/usb1/1-4"
    (port / "idVendor").write_text("0781\n")
    (port / "serial").write_text("4C530001\n")
    assert hardware.bus(stick) == "usb"
    assert hardware.model(stick, {}) == "SanDisk Ultra USB 3.0"
    assert hardware.serial(stick, {}) == "4C530001"
    assert hardware.wwn(stick, {}) is None


def test_nvme_and_emmc(tmp_path: Path) -> None:
    nvme = make(
        tmp_path,
        "pci0/nvme/nvme0/nvme0n1",
        dev="259:0",
        wwid="eui.0025385b71b00f12",
        device__model="WD Black",
        device__serial="  WX1  ",
    )
    assert [hardware.bus(nvme), hardware.model(nvme, {}), hardware.serial(nvme, {}), hardware.wwn(nvme, {})] == [
        "nvme",
        "WD Black",
        "WX1",
        "0025385b71b00f12",
    ]
    card = make(
        tmp_path, "mmc_host/mmc0/mmc0:0001/block/mmcblk0", dev="179:0", device__name="DG4064", device__serial="0x2a"
    )
    assert [hardware.bus(card), hardware.model(card, {}), hardware.serial(card, {})] == ["mmc", "DG4064", "0x2a"]


def test_a_name_that_is_made_of_the_serial_is_no_world_wide_name(tmp_path: Path) -> None:
    disk = make(tmp_path, "nvme/nvme0n1", dev="259:0", wwid="nvme.1b36-3132-51454d55-00000001")
    assert hardware.wwn(disk, {}) is None


def test_a_serial_of_zeros_is_none(tmp_path: Path) -> None:
    assert hardware.serial(make(tmp_path, "virtual/block/sdz", dev="8:1", device__serial="000000000000"), {}) is None


def test_partitions_in_order_with_their_disk(sata: Block) -> None:
    for number in (10, 2):
        directory = sata.directory / f"sda{number}"
        directory.mkdir()
        (directory / "partition").write_text(f"{number}\n")
        (directory / "start").write_text("2048\n")
    parts = sata.partitions()
    assert [part.name for part in parts] == ["sda2", "sda10"]
    assert parts[0].start == 1048576
    assert parts[0].disk == sata
    assert sata.disk == sata


def test_holders_and_slaves(tmp_path: Path, sata: Block) -> None:
    mapped = make(tmp_path, "virtual/block/dm-0", dev="252:0", dm__name="vg-root")
    for folder, block, other in (("holders", sata, mapped), ("slaves", mapped, sata)):
        (block.directory / folder).mkdir()
        (block.directory / folder / other.name).symlink_to(other.directory)
    assert sata.holders() == [mapped]
    assert mapped.slaves() == [sata]
    assert sata.slaves() == []


def test_found_by_number(tmp_path: Path, sata: Block) -> None:
    assert Block.numbered(os.makedev(8, 0), tmp_path) == sata
    assert Block.numbered(os.makedev(9, 9), tmp_path) is None
    assert list(all_blocks(tmp_path)) == [sata]


def test_a_device_that_has_gone_reads_as_nothing(tmp_path: Path) -> None:
    gone = Block(tmp_path / "sdx")
    assert (gone.size, gone.number, gone.text("ro"), gone.partitions(), gone.backing_file) == (0, 0, "", [], None)


def test_a_slash_in_a_name(tmp_path: Path) -> None:
    assert make(tmp_path, "block/cciss!c0d0", dev="104:0").node == "/dev/cciss/c0d0"


@pytest.mark.parametrize(
    ("backing", "layer"),
    [
        ("/run/live/medium/live/system.squashfs", True),
        ("/run/live/medium/live/program.squashfs (deleted)", True),
        ("/run/live/medium-of-somebody/disk.img", False),
        ("/mnt/run/live/medium/disk.img", False),
        ("/home/me/disk.img", False),
        ("", False),
    ],
)
def test_layers_of_the_live_system_are_told_from_disks_of_a_person(tmp_path: Path, backing: str, layer: bool) -> None:
    assert live.is_layer(make(tmp_path, "virtual/block/loop0", dev="7:0", loop__backing_file=backing)) == layer


def test_a_disk_that_is_no_loop_device_is_no_layer(sata: Block) -> None:
    assert not live.is_layer(sata)


def test_devices_of_a_mounted_btrfs(tmp_path: Path) -> None:
    devices = tmp_path / "fs/btrfs/0-1-2/devices"
    devices.mkdir(parents=True)
    for name in ("sdb1", "sdc1"):
        (devices / name).mkdir()
    assert btrfs_members("sdc1", tmp_path) == ["sdb1", "sdc1"]
    assert btrfs_members("sdd1", tmp_path) == []
