"""Start a disk with a sample system, and hear what the system says of itself on the serial port."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from tests.samples import Firmware
from tests.vm.hardware import Disk, Hardware
from tests.vm.machine import Machine

BOOT_SECONDS = 400.0
_LINES = 60
_REPORT = re.compile(
    r"^RESCUE-CANARY (?P<canary>\S+) root=(?P<root_uuid>\S*) swap=(?P<swap>yes|no) efi=(?P<efi>yes|no)\n", re.MULTILINE
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
        end = "\n".join(self.serial.splitlines()[-_LINES:])
        return f"{self.report or 'no report'} after {self.seconds:.0f} s; the serial port said last:\n{end}"


def boot(path: Path, firmware: Firmware, *, seconds: float = BOOT_SECONDS) -> Boot:
    """Start the disk image `path`; return as soon as its system has reported, has ended, or `seconds` have passed.

    The image is not changed. On an idle emulated processor a report takes about 10 s.
    """
    hardware = Hardware(firmware, disks=(Disk(path, "SYSTEM", keep=False),), memory=512, graphics=False)
    with Machine(hardware) as machine:
        machine.until(lambda: report_in(machine.text) is not None, seconds)
        return Boot(report_in(machine.text), machine.text, machine.seconds)


def report_in(text: str) -> Report | None:
    """The report in what came over the serial port, once its line has come whole; None before."""
    found = _REPORT.search(text)
    if found is None:
        return None
    return Report(found["canary"], found["root_uuid"], found["swap"] == "yes", found["efi"] == "yes")
