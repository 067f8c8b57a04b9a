"""The virtual machine itself: what it starts from, what is seen and typed, disks that come and go, and how it fails."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.samples import DEFAULT_CACHE, Firmware, make_bios_disk, make_blank, make_uefi_disk
from tests.samples.disk import MIB, mounted
from tests.samples.loop import attached, partition
from tests.vm.emulator import PROJECT
from tests.vm.hardware import Bus, Disk, Hardware, Kernel, Medium, MediumKind
from tests.vm.machine import Machine, MachineError

pytestmark = pytest.mark.vm

SECONDS = 120.0
INITRD_SPEAKS = "Loading, please wait..."
PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture(scope="module")
def uefi(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An installed system that starts through UEFI, by a boot loader without a signature."""
    return make_uefi_disk(tmp_path_factory.mktemp("uefi") / "system.img", DEFAULT_CACHE).path


@pytest.fixture(scope="module")
def bios(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An installed system that starts through BIOS."""
    return make_bios_disk(tmp_path_factory.mktemp("bios") / "system.img", DEFAULT_CACHE).path


@pytest.fixture(scope="module")
def kernel(bios: Path) -> Path:
    """The folder with `vmlinuz` and `initrd` of an installed system."""
    with attached(bios) as device, mounted(partition(device, 5)) as root:
        for name in ("vmlinuz", "initrd"):
            shutil.copyfile(next(root.glob(f"boot/{name}*-*")), bios.parent / name)
    return bios.parent


def test_bios_starts_a_sata_disk(bios: Path, tmp_path: Path) -> None:
    with Machine(_with(bios, Firmware.BIOS, Bus.SATA)) as machine:
        machine.expect(INITRD_SPEAKS, SECONDS)
        assert machine.screenshot(tmp_path / "screen.png").read_bytes().startswith(PNG)
        assert list(machine.milestones.reached) == ["first output", "kernel"]


def test_uefi_starts_an_nvme_disk(uefi: Path) -> None:
    with Machine(_with(uefi, Firmware.UEFI, Bus.NVME)) as machine:
        machine.expect(INITRD_SPEAKS, SECONDS)


def test_secure_boot_refuses_what_is_not_signed(uefi: Path) -> None:
    with Machine(_with(uefi, Firmware.SECURE, Bus.NVME)) as machine:
        machine.expect("Access Denie", SECONDS)
        machine.wait_screen("Press any key to enter the Boot Manager Menu", SECONDS)
        assert INITRD_SPEAKS not in machine.text
        machine.key("enter")
        machine.wait_screen("Boot Maintenance Manager", SECONDS)


def test_uefi_starts_a_stick_that_does_not_change(uefi: Path) -> None:
    before = uefi.stat().st_mtime_ns
    hardware = Hardware(Firmware.UEFI, medium=Medium(uefi, MediumKind.USB), memory=512, graphics=False)
    with Machine(hardware) as machine:
        machine.expect(INITRD_SPEAKS, SECONDS)
    assert uefi.stat().st_mtime_ns == before


def test_a_dialogue_and_disks_that_come_and_go(kernel: Path, tmp_path: Path) -> None:
    image = make_blank(tmp_path / "blank.img", 64 * MIB)
    nvme, usb = Disk(image, "COMES", Bus.NVME, keep=False), Disk(image, "GOES", Bus.USB, keep=False)
    with Machine(_shell(kernel, usb)) as machine:
        machine.expect("(initramfs) ", SECONDS)
        # The guest asks where the cursor is. A real terminal types the answer.
        machine.send("echo; echo; printf '\\033[H\\033[6n'; read answer; echo \"<$answer>\"; echo $((6 * 7))\n")
        machine.expect("[1;1R", SECONDS)
        machine.key("enter")
        machine.expect("42\n", SECONDS)
        machine.plug(nvme)
        machine.send("until cat /sys/block/nvme*/device/serial; do sleep 1; done 2>/dev/null\n")
        machine.expect("COMES", SECONDS)
        machine.unplug(usb)
        for _ in range(2):
            machine.unplug(nvme)
            machine.plug(nvme)
            machine.send("until cat /sys/block/nvme*/device/serial; do sleep 1; done 2>/dev/null\n")
            machine.expect("COMES", SECONDS)
        machine.unplug(nvme)
        machine.send("ls /sys/block; echo end\n")
        assert "nvme" not in machine.expect("end\n", SECONDS).string.rpartition("ls /sys/block")[2]
        machine.send("poweroff -f\n")
        assert machine.wait_off(SECONDS) == "guest-shutdown"


def test_a_panic_ends_the_wait(kernel: Path) -> None:
    with (
        pytest.raises(MachineError, match=r"kernel has panicked(?s:.*)Unable to mount root fs") as failure,
        Machine(
            Hardware(Firmware.BIOS, memory=512, kernel=Kernel(kernel / "vmlinuz", None, "console=ttyS0"))
        ) as machine,
    ):
        machine.expect("login:", 10 * SECONDS)
    kept = PROJECT / "build/vm-failures/test_machine.py-test_a_panic_ends_the_wait"
    assert str(kept) in str(failure.value)
    assert {path.name for path in kept.iterdir()} == {"qemu.log", "screen.txt", "screenshot.png", "serial.log"}
    shutil.rmtree(kept)


def test_what_qemu_refuses_is_shown() -> None:
    with pytest.raises(MachineError, match="no-such-device"), Machine(Hardware(extra=("-device", "no-such-device"))):
        pass


def test_no_qemu_stays_when_the_program_is_killed(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    program = (
        "import time; from tests.vm.hardware import *; from tests.vm.machine import *\n"
        f"with Machine(Hardware(Firmware.BIOS, extra=('-pidfile', {str(pid_file)!r}))): time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", program], cwd=PROJECT) as running:
        deadline = time.monotonic() + 30
        while not (pid_file.exists() and pid_file.read_text().strip()) and time.monotonic() < deadline:
            time.sleep(0.05)
        running.kill()
    process = Path("/proc", pid_file.read_text().strip(), "status")
    while _runs(process) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _runs(process)


def _with(image: Path, firmware: Firmware, bus: Bus) -> Hardware:
    return Hardware(firmware, disks=(Disk(image, "SYSTEM", bus, keep=False),), memory=512)


def _shell(kernel: Path, *disks: Disk) -> Hardware:
    """A machine with a shell on the serial port: that of the initramfs."""
    start = Kernel(kernel / "vmlinuz", kernel / "initrd", "console=ttyS0 loglevel=3 break=premount")
    return Hardware(Firmware.BIOS, disks=disks, memory=512, graphics=False, kernel=start)


def _runs(status: Path) -> bool:
    """Whether the process runs; what has ended and still has an entry does not."""
    try:
        return "State:\tZ" not in status.read_text()
    except FileNotFoundError:
        return False
