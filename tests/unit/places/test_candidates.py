"""Which drives are offered for backups, by what is known of disks that exist nowhere."""

from dataclasses import replace
from pathlib import Path

import pytest

from rescue.devices import peek
from rescue.devices.model import Disk, FilesystemInfo, Identity, Inventory, Partition, Use, UseKind
from rescue.places import drives
from rescue.places.model import Place
from rescue.units import GiB

CONFIG = b'{"format": 1, "chunk_size": 1048576}'
ESP = "c12a7328-f81f-11d2-ba4b-00a0c93ec93b"


def disk(name: str, *parts: Partition, bus: str = "ata", removable: bool = False, live_medium: bool = False) -> Disk:
    path = f"/dev/{name}"
    who = Identity(None, name.upper(), None, "table", 64 * GiB)
    return Disk(
        path, "WD Elements", who, name, bus, 512, 4096, False, removable, False, "gpt",
        partitions=tuple(replace(part, path=f"{path}{part.number}") for part in parts), live_medium=live_medium,
    )  # fmt: skip


def part(number: int, fstype: str | None, *uses: Use, label: str | None = None, kind: str | None = None) -> Partition:
    info = FilesystemInfo(fstype, label, f"uuid-{number}") if fstype else None
    return Partition("", number, GiB, 2 * GiB, kind, filesystem=info, uses=uses)


def found(*disks: Disk) -> tuple[Place, ...]:
    return drives.candidates(Inventory(disks))


@pytest.fixture(autouse=True)
def _nothing_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peek, "first_file", lambda *_: None)


def test_only_file_systems_that_hold_backups() -> None:
    offered = found(
        disk("sda", part(1, "vfat", kind=ESP), part(2, "swap"), part(3, "crypto_LUKS"), part(4, None), part(5, "ntfs")),
        disk("sdb", part(1, "ext4", Use(UseKind.HOLDER, "/dev/dm-0")), part(2, "xfs", Use(UseKind.SWAP, ""))),
    )
    assert [place.address for place in offered] == ["/dev/sda5"]


def test_names_for_people() -> None:
    (place,) = found(disk("sdb", part(1, "exfat", label="Backups"), bus="usb"))
    assert place.name == "Backups, WD Elements 2.0 GiB, USB"
    assert (place.uuid, place.disk, place.size, place.removable) == ("uuid-1", "/dev/sdb", 2 * GiB, True)
    assert not place.fat
    (nameless,) = found(disk("sdc", part(1, "vfat")))
    assert nameless.name == "/dev/sdc1, WD Elements 2.0 GiB, SATA"
    assert nameless.fat


def test_of_the_running_stick_only_the_partition_for_backups() -> None:
    stick = disk(
        "sdc", part(1, "vfat", label="X"), part(2, "ext4", label="Y"), part(3, "exfat", label="RESCUE-DATA"),
        bus="usb", live_medium=True,
    )  # fmt: skip
    assert [place.address for place in found(stick)] == ["/dev/sdc3"]


def test_order(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Open with a repository, known to hold one, open without, what can be unplugged, the rest."""
    for name in ("full/rescue", "empty"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "full/rescue/config.json").write_bytes(CONFIG)
    monkeypatch.setattr(drives, "_PERSONS", (tmp_path,))
    monkeypatch.setattr(peek, "first_file", lambda device, *_: CONFIG if device == "/dev/sdd1" else None)

    def mounted(name: str) -> Use:
        return Use(UseKind.MOUNT, str(tmp_path / name))

    offered = found(
        disk("sda", part(1, "ext4")),
        disk("sdb", part(1, "ext4"), bus="usb"),
        disk("sdc", part(1, "ext4", mounted("empty"))),
        disk("sdd", part(1, "ext4")),
        disk("sde", part(1, "ext4", mounted("full"))),
    )
    assert [place.address for place in offered] == [f"/dev/sd{letter}1" for letter in "edcba"]
    assert offered[0].repositories == (tmp_path / "full/rescue",)
    assert offered[1].repositories == (Path("rescue"),)
    assert [place.open for place in offered] == [True, False, True, False, False]
    assert offered[4].repositories == ()


def test_what_the_system_has_mounted_is_none_of_ours(tmp_path: Path) -> None:
    assert found(disk("sda", part(1, "ext4", Use(UseKind.MOUNT, str(tmp_path))))) == ()


@pytest.mark.parametrize(("fstype", "expected"), [("ext4", ()), ("exfat", None), ("vfat", None)])
def test_nobody_claims_to_know_what_cannot_be_read(fstype: str, expected: object) -> None:
    (place,) = found(disk("sda", part(1, fstype)))
    assert place.repositories == expected
