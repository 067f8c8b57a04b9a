"""`python -m tests.vm ISO DIRECTORY`: try the stick in a virtual computer with the sample disks of DIRECTORY."""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
from pathlib import Path

from tests.samples import Firmware
from tests.vm.console import OwnTerminal, converse
from tests.vm.emulator import emulator, has_kvm, host_emulator
from tests.vm.hardware import Hardware, Medium
from tests.vm.machine import Machine, MachineError
from tests.vm.sample_disks import sample_disks

_YEAR_SECONDS = 365 * 86400.0


def main() -> int:
    """Run the machine in this terminal, or in a window; whatever ends it, the terminal is as before and QEMU gone."""
    arguments = _arguments()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda received, _frame: sys.exit(128 + received))
    if arguments.window and (missing := _missing_for_a_window()):
        print(missing, file=sys.stderr)
        return 1
    hardware = Hardware(
        Firmware(arguments.firmware),
        medium=Medium(arguments.iso.absolute()),
        disks=sample_disks(arguments.directory.absolute()),
        memory=arguments.memory,
        network=True,
        reboots=True,
    )
    print(_announcement(arguments.window), flush=True)
    try:
        _run_in_a_window(hardware) if arguments.window else _run_here(hardware)
    except MachineError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    print("The virtual machine is off.")
    return 0


def _run_here(hardware: Hardware) -> None:
    with Machine(hardware, terminal=OwnTerminal(), qemu=emulator()) as machine:
        converse(machine)


def _run_in_a_window(hardware: Hardware) -> None:
    with Machine(hardware, qemu=host_emulator(), display="gtk") as machine:
        machine.until(lambda: False, _YEAR_SECONDS, despite_panic=True)


def _announcement(window: bool) -> str:
    lines = ["Starting the stick in a virtual machine with an installed system, an empty SSD and a backup drive."]
    if not has_kvm():
        lines.append("This machine has no hardware virtualisation (KVM), so it will take some minutes.")
    lines.append("Close the window to switch it off." if window else "Ctrl-] switches it off.")
    return "\n".join(lines)


def _missing_for_a_window() -> str:
    """What has to be done before a window can open, or nothing."""
    argv = [*host_emulator().program("qemu-system-x86_64"), "-display", "help"]
    shown = subprocess.run(argv, capture_output=True, text=True, check=False)
    if "gtk" not in shown.stdout.split():
        return "A window needs the package qemu-system-gui: apt install qemu-system-gui"
    if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return "There is no graphical session here to open a window in; without GUI=1 the stick runs in this terminal."
    return ""


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.vm", description="Try the stick in a virtual computer.")
    parser.add_argument("iso", type=Path)
    parser.add_argument("directory", type=Path, help="where the sample disks are")
    parser.add_argument("--firmware", choices=[kind.value for kind in Firmware], default=Firmware.UEFI.value)
    parser.add_argument("--memory", type=int, default=2048, help="MiB (default: %(default)s)")
    parser.add_argument("--window", action="store_true", help="open a window instead of using this terminal")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
