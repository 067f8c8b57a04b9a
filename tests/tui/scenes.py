"""Questions that a flow could ask, with disks that exist nowhere."""

from dataclasses import replace

from rescue.devices.model import Disk
from rescue.flows.front import (
    Danger,
    Estimate,
    Field,
    FieldKind,
    Form,
    Option,
    Page,
    Pick,
    Picture,
    Row,
    Sheet,
)
from rescue.units import GiB
from tests.tui import fakes

SERIAL = "ZDZ0ABCD1234"


def target() -> Disk:
    """A disk that may be overwritten."""
    return replace(fakes.locked(), model="ST2000LM015-2E8174", confirm=SERIAL)


def pick() -> Pick[str]:
    """Which disk to write to; two cannot be chosen."""
    return Pick(
        "Restore: the disk to write to",
        (
            Option("blank", "/dev/sdd  64.0 GiB", disk=fakes.blank(), refused="It has no serial number to confirm it."),
            Option("sda", "/dev/sda  2.0 TiB", disk=target(), key="a"),
            Option("sdb", "/dev/sdb  1.8 TiB", disk=fakes.drive(), refused="/dev/sdb1 is mounted at /mnt/usb."),
            Option("nvme", "/dev/nvme0n1  932.0 GiB", disk=fakes.windows(), key="n"),
        ),
        "target",
        text="Everything on the disk that you choose will be lost. You see what will happen before it does.",
    )


def pick_many() -> Pick[str]:
    """Which partitions; two are marked."""
    return Pick(
        "Back up: which partitions",
        (
            Option("p1", "1  vfat “SYSTEM”", ("260.0 MiB, needed to start Windows",), chosen=True),
            Option("p2", "2  unknown", ("16.0 MiB",)),
            Option("p3", "3  ntfs “Windows”", ("600.0 GiB, Windows 11 Pro 23H2",), chosen=True),
            Option("p4", "4  ext4 “root”", refused="It is mounted at /; unmount it first."),
        ),
        "partitions",
    )


def form() -> Form:
    """A folder of another computer."""
    return Form(
        "Back up: a folder of another computer",
        (
            Field(
                "kind",
                "How it is reached",
                FieldKind.CHOICE,
                "smb",
                choices=(("smb", "Windows share or NAS"), ("ssh", "SSH")),
            ),
            Field("server", "Server", value="nas.example", hint="Its name, or its number as in 192.168.1.20"),
            Field("password", "Password", FieldKind.HIDDEN, "secret"),
            Field("guest", "Come as a guest, without a password", FieldKind.FLAG),
        ),
        "share",
        text="Where is the folder for backups?",
        submit="Connect",
        working="Connecting to the server …",
    )


def sheet(**changes: object) -> Sheet:
    """A backup that can start."""
    whole = Sheet(
        "Back up",
        (
            Row("source", "w", "What", "/dev/nvme0n1 Samsung SSD 980 PRO 1TB, all partitions"),
            Row("place", "p", "Where to", "“Backups” on WD Elements 25A3, 1.2 TiB free"),
            Row("name", "n", "Name", "laptop"),
            Row("verify", "v", "Read back afterwards", "yes"),
        ),
        "backup",
        start="Start the backup",
        command=("rescue backup /dev/nvme0n1 --repo /run/rescue/places/sdb1/rescue --name laptop --verify",),
        estimate=estimate,
    )
    return replace(whole, **changes)  # type: ignore[arg-type]


def estimate() -> Estimate:
    """All is well."""
    return Estimate(
        ("About 212.4 GiB to read, at most as much to write; 1.2 TiB are free.", "About 50 min, reading back included.")
    )


def danger() -> Danger:
    """A restore."""
    return Danger(
        "Restore: before it begins",
        (
            f"OVERWRITE /dev/sda: ST2000LM015-2E8174, 2.0 TiB, {SERIAL}.",
            "  All that is on it now is lost:",
            "    /dev/sda1: ext4 1.0 GiB “boot”",
            "    /dev/sda2: crypto_LUKS 900.0 GiB",
            "    /dev/sda3: LVM2_member 300.0 GiB",
            "Write 212.4 GiB from laptop of 2026-11-20:",
            "  p1 vfat “SYSTEM”, 260.0 MiB: 31.0 MiB used",
            "  p3 ntfs “Windows”, 600.0 GiB: 180.2 GiB used",
            "  p4 ext4 “root”, 200.0 GiB: 32.2 GiB used",
            "Read the target back and compare it.",
        ),
        "/dev/sda",
        SERIAL,
        pictures=(
            Picture("Now", target()),
            Picture("Afterwards", replace(fakes.windows(), path="/dev/sda", system=None)),
        ),
        command=("rescue restore laptop /dev/sda --repo /run/rescue/places/sdb1/rescue",),
    )


def page() -> Page:
    """A log to search in."""
    lines = [f"{n:02}:00 line {n} of the log; everything is quiet" for n in range(40)]
    lines[33] = "33:00 the drive /dev/sdb has gone away"
    return Page("Log", tuple(lines), (("s", "Save it"),), help="log", search=True)


SIZE = 212 * GiB
