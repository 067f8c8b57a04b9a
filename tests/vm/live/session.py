"""A session at the serial line of a machine that was started from the stick: its boot menu, its screen, its shell."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

from tests.samples.process import run
from tests.vm.emulator import PROJECT
from tests.vm.machine import Machine

IMAGE = PROJECT / "build/rescue.iso"
FIRST_SCREEN = "Back up"
# An emulated processor needs about 30 s to the first screen, a busy machine several times that.
BOOT_SECONDS = 400.0
COMMAND_SECONDS = 240.0
_MENU_SECONDS = 60.0
_MARK = "END-OF-COMMAND"


class CommandFailedError(AssertionError):
    """A command in the live system ended with another exit code than 0; the message shows what it printed."""


def choose(machine: Machine, hotkey: str = "r") -> None:
    """Choose an entry of the boot menu by its key; the first one, without waiting for the countdown, by default."""
    machine.expect("Switch the computer off", _MENU_SECONDS)
    machine.send(hotkey)


def wait_first_screen(machine: Machine) -> None:
    """Wait until the program is on the serial terminal's screen and has looked at the disks."""
    machine.wait_screen(FIRST_SCREEN, BOOT_SECONDS)
    machine.wait_screen(re.compile(r"\d+ disks?\b|[Nn]o disk"), BOOT_SECONDS)
    machine.milestones.note("first screen")


def leave_screen(machine: Machine) -> None:
    """Leave the program for the menu behind it."""
    machine.send("q")
    machine.expect("Number: ", COMMAND_SECONDS)


class Shell:
    """The shell behind the program. Commands run one after the other; each has to succeed."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        leave_screen(machine)
        machine.send("2\n")
        machine.expect("# ", COMMAND_SECONDS)
        self.run("stty cols 240; unset PROMPT_COMMAND; PS1='# '")

    def run(self, command: str, seconds: float = COMMAND_SECONDS) -> str:
        """Run a command and return what it printed. CommandFailedError where its exit code is not 0."""
        # The mark is put together by the guest, so that the echo of what is typed does not hold it.
        begin, end = (f"{_MARK[:3]}''{_MARK[3:]}-{word}" for word in ("begin", "exit"))
        self._machine.send(f"echo {begin}; {command}; code=$?; echo; echo {end} $code\n")
        found = self._machine.expect(
            re.compile(rf"^{_MARK}-begin\n(?P<said>.*?)^{_MARK}-exit (?P<code>\d+)\n", re.MULTILINE | re.DOTALL),
            seconds,
        )
        if found["code"] != "0":
            raise CommandFailedError(f"{command}: exit code {found['code']}\n{found['said']}")
        return found["said"].strip()

    def rescue(self, *words: str, seconds: float = COMMAND_SECONDS) -> str:
        """Run the program."""
        return self.run(shlex.join(["rescue", *words]), seconds)

    def disk(self, serial: str) -> str:
        """The path of the disk with this serial number, by the program: udev may still be busy with its database."""
        disks = json.loads(self.rescue("disks", "--json"))
        return next(str(disk["path"]) for disk in disks if disk["serial"] == serial)

    def power_off(self) -> None:
        """Leave the shell and switch the computer off as a person does, by the menu."""
        self._machine.send("exit\n")
        self._machine.expect("Number: ", COMMAND_SECONDS)
        self._machine.send("5\n")
        assert self._machine.wait_off(COMMAND_SECONDS) == "guest-shutdown"


def copy_of_image(path: Path) -> Path:
    """A copy of the image that a test may damage; without a second copy of its bytes where the file system can."""
    run("cp", "--reflink=auto", str(IMAGE), str(path))
    return path
