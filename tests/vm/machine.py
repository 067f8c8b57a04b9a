"""A running virtual machine: look at its screens, type, plug disks, wait for what has to happen."""

from __future__ import annotations

import contextlib
import logging
import re
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.vm import failures, keys
from tests.vm.emulator import Emulator, emulator
from tests.vm.hardware import VARIABLES, Disk, Hardware, command_line
from tests.vm.milestones import Milestones
from tests.vm.network import Network
from tests.vm.qmp import Qmp, QmpError
from tests.vm.serial import SerialPort
from tests.vm.terminal import Screen, Terminal

_PANIC = "Kernel panic - not syncing"
_PANIC_END = "end Kernel panic"
_PANIC_SECONDS = 5.0
_STOP_SECONDS = 10.0
_LOOK_SECONDS = 0.5
_LOG = logging.getLogger(__name__)


class MachineError(AssertionError):
    """What had to happen in a machine did not; the message shows what was seen last and where all of it is kept."""


class Machine:
    """A virtual machine, running between `with` and the end of the block; no QEMU stays behind, whatever happens.

    Every wait has a deadline, and ends at once when the guest's kernel panics or the machine ends; it then raises
    MachineError and keeps serial text, screen and screenshot in build/vm-failures/TEST. `terminal` is at the other end
    of the serial port: an emulated 80x24 screen unless another is given.
    """

    def __init__(
        self,
        hardware: Hardware,
        *,
        terminal: Terminal | None = None,
        qemu: Emulator | None = None,
        display: str = "none",
    ) -> None:
        self.hardware = hardware
        self.milestones = Milestones()
        self._qemu = qemu or emulator()
        self._display = display
        self._terminal = terminal or Screen()
        self._changed = threading.Condition()
        self._changes = 0
        self._seen = 0
        self._slots = [
            f"slot{sum(disk.bus.in_slot for disk in hardware.disks) + n}" for n in range(hardware.spare_slots)
        ]
        self._places: dict[str, str] = {}
        self._resources = contextlib.ExitStack()
        self._kept: Path | None = None

    def __enter__(self) -> Self:
        """Switch on."""
        with contextlib.ExitStack() as resources:
            self._scratch = Path(resources.enter_context(tempfile.TemporaryDirectory(prefix="vm-")))
            self.milestones = Milestones()
            self._start(resources)
            try:
                self.qmp.execute("qmp_capabilities")
            except QmpError as error:
                raise MachineError(f"QEMU does not start:\n{self._qemu_words()}") from error
            self._resources = resources.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Switch off, as if the plug were pulled; keep what was seen if the block failed."""
        try:
            if kind is not None and issubclass(kind, Exception):
                self._keep()
            _LOG.info("%s %s", self.hardware.firmware.value, self.milestones)
        finally:
            self._resources.close()

    # What is seen

    @property
    def seconds(self) -> float:
        """Seconds since the machine was switched on."""
        return self.milestones.seconds

    @property
    def firmware_variables(self) -> bytes:
        """The firmware's memory (NVRAM) as it is now; QEMU writes at once what the machine writes."""
        return (self._scratch / VARIABLES).read_bytes()

    @property
    def text(self) -> str:
        """All that came over the serial port, without the control sequences for the terminal."""
        return self.serial.text

    @property
    def screen(self) -> list[str]:
        """The rows of the serial terminal's screen."""
        return self.serial.rows()

    @property
    def ended(self) -> bool:
        """Whether the machine is off."""
        return self.serial.ended

    def screenshot(self, path: Path) -> Path:
        """Save the VGA screen as a PNG file. Raises QmpError for a machine without graphics."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self.qmp.execute("screendump", filename=str(path.absolute()), format="png")
        return path

    # What is done

    def send(self, text: str) -> None:
        """Type on the serial terminal."""
        self.send_bytes(text.encode())

    def send_bytes(self, data: bytes) -> None:
        """Type on the serial terminal what is not text, or not yet."""
        self.serial.send(data)

    def key(self, *names: str) -> None:
        """Press keys of the serial terminal one after the other: "enter", "f10", "ctrl+c", "up", "y"."""
        for name in names:
            self.send(keys.terminal_key(name))

    def press(self, *names: str) -> None:
        """Press keys of the machine's own keyboard one after the other: "enter", "alt+f2", "Y"; `press(*text)`."""
        for name in names:
            pressed = [{"type": "qcode", "data": code} for code in keys.keyboard_key(name)]
            self.qmp.execute("send-key", keys=pressed)

    def plug(self, disk: Disk) -> None:
        """Connect a disk while the machine runs: USB, or NVMe and virtio as long as there are spare slots."""
        place = self._slots.pop(0) if disk.bus.in_slot else "usb.0"
        words = self._hmp(f'drive_add 0 "{disk.drive}"')
        if "OK" not in words:
            raise QmpError(f"drive_add {disk.path}: {words}")
        self.qmp.execute("device_add", **disk.device(place))
        self._places[disk.serial] = place

    def unplug(self, disk: Disk, seconds: float = 30.0) -> None:
        """Pull a disk out; returns when it is gone. A guest has to agree for NVMe and virtio, not for USB."""
        name = disk.device("")["id"]

        def times_gone() -> int:
            return sum(event.get("device") == name for event in self.qmp.events("DEVICE_DELETED"))

        before = times_gone()
        self.qmp.execute("device_del", id=name)
        self.wait_for(lambda: times_gone() > before, f"the disk {disk.serial} to be let go", seconds)
        # QEMU closes the image together with some kinds of disk, and not with others.
        self._hmp(f"drive_del {disk.drive_id}")
        place = self._places.pop(disk.serial, "")
        if disk.bus.in_slot and place:
            self._slots.insert(0, place)

    def power_button(self) -> None:
        """Press the power button."""
        self.qmp.execute("system_powerdown")

    # What is waited for

    def expect(self, wanted: str | re.Pattern[str], seconds: float) -> re.Match[str]:
        """Wait for a text on the serial port after that of the last call, and return the match."""
        found: list[re.Match[str]] = []

        def look() -> bool:
            match = _pattern(wanted).search(self.serial.text, self._seen)
            found.extend([match] if match else [])
            return match is not None

        self.wait_for(look, f"{_shown(wanted)} on the serial port", seconds)
        self._seen = found[0].end()
        return found[0]

    def wait_screen(self, wanted: str | re.Pattern[str], seconds: float) -> None:
        """Wait until the serial terminal's screen shows a text."""

        def look() -> bool:
            return _pattern(wanted).search("\n".join(self.serial.rows())) is not None

        self.wait_for(look, f"{_shown(wanted)} on the serial terminal's screen", seconds)

    def wait_off(self, seconds: float) -> str:
        """Wait until the machine is off, and return why: "guest-shutdown", "guest-reset" and so on."""
        self.wait_for(lambda: self.ended, "the end of the machine", seconds)
        self._process.wait(_STOP_SECONDS)
        reasons = [str(event.get("reason")) for event in self.qmp.events("SHUTDOWN")]
        return reasons[-1] if reasons else f"QEMU's exit status {self._process.returncode}"

    def wait_for(self, condition: Callable[[], bool], what: str, seconds: float) -> None:
        """Wait until `condition` holds; it is asked again whenever the machine says anything, and twice a second.

        Raises MachineError after `seconds`, and at once when the kernel panics or the machine ends.
        """
        if self.until(condition, seconds):
            return
        if self._panicked():
            self.until(lambda: _PANIC_END in self.serial.text, _PANIC_SECONDS, despite_panic=True)
            problem = "the guest's kernel has panicked"
        else:
            problem = "the machine has ended" if self.ended else f"{seconds:.0f} s are over"
        raise MachineError(f"{problem}, waiting for {what}\n{self._description()}")

    def until(self, condition: Callable[[], bool], seconds: float, *, despite_panic: bool = False) -> bool:
        """The same without an error: whether `condition` holds before the time is over, a panic, or the end."""
        deadline = time.monotonic() + seconds
        while True:
            with self._changed:
                seen = self._changes
            # What ends the wait is looked at first: all that was said before it counts.
            over = self.ended or time.monotonic() >= deadline or (self._panicked() and not despite_panic)
            if (holds := condition()) or over:
                return holds
            with self._changed:
                left = max(0.0, deadline - time.monotonic())
                self._changed.wait_for(lambda: self._changes != seen, min(_LOOK_SECONDS, left))  # noqa: B023

    # How it is made

    def _start(self, resources: contextlib.ExitStack) -> None:
        control, control_there = socket.socketpair()
        line, line_there = socket.socketpair()
        network = self.hardware.network
        argv = [
            *(network.inside() if isinstance(network, Network) else ()),
            # whatever ends this program ends QEMU
            *("setpriv", "--pdeathsig", "KILL"),
            *command_line(self.hardware, self._qemu, self._scratch),
            *("-display", self._display, "-action", "panic=pause"),
            *("-chardev", f"socket,id=control,fd={control_there.fileno()}", "-mon", "chardev=control,mode=control"),
            *("-chardev", f"socket,id=line,fd={line_there.fileno()}", "-serial", "chardev:line"),
        ]
        with control_there, line_there, (self._scratch / "qemu.log").open("wb") as words:
            self._process = subprocess.Popen(
                argv,
                stdin=subprocess.DEVNULL,
                stdout=words,
                stderr=words,
                env=self._qemu.environment(),
                pass_fds=(control_there.fileno(), line_there.fileno()),
                start_new_session=True,
            )
        self.serial = SerialPort(line, self._scratch / "serial.log", self._terminal, self._on_text)
        resources.callback(self.serial.close)
        self.qmp = Qmp(control, self._on_change)
        resources.callback(self.qmp.close)
        resources.callback(self._stop)

    def _stop(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _on_text(self, piece: str) -> None:
        self.milestones.observe(piece)
        self._on_change()

    def _on_change(self) -> None:
        with self._changed:
            self._changes += 1
            self._changed.notify_all()

    def _panicked(self) -> bool:
        return _PANIC in self.serial.text or bool(self.qmp.events("GUEST_PANICKED"))

    def _hmp(self, line: str) -> str:
        """Give a command that QMP does not have, and return what QEMU says."""
        return str(self.qmp.execute("human-monitor-command", **{"command-line": line}))

    def _qemu_words(self) -> str:
        return (self._scratch / "qemu.log").read_text(errors="replace").strip()

    def _keep(self) -> Path:
        """Keep serial text, screen and screenshot, once: what was there when the first thing went wrong."""
        if self._kept is None:
            self._kept = failures.folder()
            failures.keep(self._kept, self._scratch, self.screen)
            with contextlib.suppress(QmpError):
                self.screenshot(self._kept / "screenshot.png")
        return self._kept

    def _description(self) -> str:
        return failures.describe(self.serial.text, self.screen, self._qemu_words(), self._keep(), str(self.milestones))


def _pattern(wanted: str | re.Pattern[str]) -> re.Pattern[str]:
    return re.compile(re.escape(wanted)) if isinstance(wanted, str) else wanted


def _shown(wanted: str | re.Pattern[str]) -> str:
    return repr(wanted if isinstance(wanted, str) else wanted.pattern)
