"""Start a disk image in QEMU and wait for what its system says on the serial port."""

from __future__ import annotations

import contextlib
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.samples import Firmware

BOOT_SECONDS = 400.0
_POLL_SECONDS = 0.1
_STOP_SECONDS = 10.0
_OVMF = Path("/usr/share/OVMF")
_REPORT = re.compile(
    r"^RESCUE-CANARY (?P<canary>\S+) root=(?P<root_uuid>\S*) swap=(?P<swap>\w+) efi=(?P<efi>\w+)\r*$", re.MULTILINE
)


@dataclass(frozen=True)
class Report:
    """What the sample system says of itself after it has started."""

    canary: str
    root_uuid: str
    swap: bool
    efi: bool


@dataclass(frozen=True)
class Boot:
    """One start of a machine: the report, or None if none came; all that was on the serial port; seconds it took."""

    report: Report | None
    serial: str
    seconds: float

    def __str__(self) -> str:
        """Show the end of the serial port's text, for the message of a failed assertion."""
        end = "\n".join(self.serial.splitlines()[-60:])
        return f"{self.report or 'no report'} after {self.seconds:.0f} s; the serial port said last:\n{end}"


def boot(disk: Path, firmware: Firmware, *, seconds: float = BOOT_SECONDS) -> Boot:
    """Start `disk` and return as soon as its system has reported, QEMU has ended or `seconds` have passed.

    A kernel that panics ends QEMU (`panic=-1` and -no-reboot). One machine at a time boots in 30 to 60 s on an idle
    processor; the emulation of QEMU 7.2 (Debian 12) loses kernels from 6.12 on to random panics, that of 10.0 does not.
    The image is not changed: the machine's writes go to a temporary overlay. No QEMU is left behind.
    """
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="vm-") as scratch:
        serial = Path(scratch, "serial.log")
        serial.touch()
        with _running(_command(disk, firmware, serial, Path(scratch)), serial) as machine:
            while time.monotonic() < started + seconds:
                ended = machine.poll() is not None
                text = _clean(serial.read_bytes())
                report = _report(text)
                if report or ended:
                    break
                time.sleep(_POLL_SECONDS)
        return Boot(_report(text), text, time.monotonic() - started)


def _command(disk: Path, firmware: Firmware, serial: Path, scratch: Path) -> list[str]:
    return [
        *("qemu-system-x86_64", "-nodefaults", "-no-user-config", "-no-reboot", "-display", "none"),
        *("-machine", "q35", *_acceleration(), "-smp", "1", "-m", "512"),
        *_firmware(firmware, scratch),
        *("-drive", f"file={disk},format=raw,if=virtio,cache=unsafe,snapshot=on"),
        *("-chardev", f"file,id=serial,path={serial}", "-serial", "chardev:serial"),
    ]


def _acceleration() -> tuple[str, ...]:
    """Use KVM only on a processor's own virtualisation; without it, /dev/kvm may be there and not work."""
    if any(Path("/sys/module", module).is_dir() for module in ("kvm_intel", "kvm_amd")):
        return ("-accel", "kvm", "-accel", "tcg", "-cpu", "host")
    return ("-accel", "tcg", "-cpu", "max")


def _firmware(firmware: Firmware, scratch: Path) -> tuple[str, ...]:
    if firmware is Firmware.BIOS:
        return ()
    variables = scratch / "variables.fd"
    shutil.copyfile(_OVMF / "OVMF_VARS_4M.fd", variables)
    return (
        *("-drive", f"if=pflash,format=raw,unit=0,readonly=on,file={_OVMF / 'OVMF_CODE_4M.fd'}"),
        *("-drive", f"if=pflash,format=raw,unit=1,file={variables}"),
    )


@contextlib.contextmanager
def _running(argv: list[str], words: Path) -> Iterator[subprocess.Popen[bytes]]:
    with words.open("ab") as log, subprocess.Popen(argv, stdin=subprocess.DEVNULL, stderr=log) as machine:
        try:
            yield machine
        finally:
            machine.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                machine.wait(_STOP_SECONDS)
            machine.kill()


def _clean(raw: bytes) -> str:
    """Return the text without the terminal control sequences of firmware and boot loader."""
    return re.sub(r"\x1b\[[0-9;?=]*[A-Za-z]|\r", "", raw.decode(errors="replace"))


def _report(text: str) -> Report | None:
    found = _REPORT.search(text)
    if found is None:
        return None
    return Report(found["canary"], found["root_uuid"], found["swap"] == "yes", found["efi"] == "yes")
