"""This program's own terminal as the one on a machine's serial line."""

from __future__ import annotations

import contextlib
import os
import select
import termios
import tty
from collections.abc import Iterator

from tests.vm.machine import Machine

LEAVE = b"\x1d"  # Ctrl-]
_INPUT = 0
_OUTPUT = 1
_LOOK_SECONDS = 0.2
# What a guest may have set and not put back: full screen, hidden cursor, colours, scroll region, mouse, pasting,
# wrapping, keyboard protocol.
_PUT_BACK = b"\x1b[?1049l\x1b[?25h\x1b[0m\x1b[r\x1b[?1000;1002;1003;1006;1015;2004l\x1b[?7h\x1b[<u\x1b[9999;1H\r\n"


class OwnTerminal:
    """Shows everything as it comes. The real terminal answers the guest's questions, its size among them."""

    def feed(self, data: bytes) -> bytes:
        """Write it out; a terminal that has been closed shows nothing more."""
        with contextlib.suppress(OSError):
            while data:
                data = data[os.write(_OUTPUT, data) :]
        return b""

    def rows(self) -> list[str]:
        """Only the person knows."""
        return []


def converse(machine: Machine) -> None:
    """Send what is typed, Ctrl-C too, to the machine until it is off, Ctrl-] is typed or the terminal is closed.

    Where the input is no terminal, its end only means that nothing more is typed.
    """
    is_terminal = os.isatty(_INPUT)
    listening = True
    with _raw() if is_terminal else contextlib.nullcontext():
        while not machine.ended:
            if not select.select([_INPUT] if listening else [], [], [], _LOOK_SECONDS)[0]:
                continue
            typed = _typed()
            before, leave, _ = typed.partition(LEAVE)
            machine.send_bytes(before)
            listening = bool(typed)
            if leave or (is_terminal and not listening):
                return


def _typed() -> bytes:
    """What there is to read; nothing where the terminal has been closed."""
    try:
        return os.read(_INPUT, 1024)
    except OSError:
        return b""


@contextlib.contextmanager
def _raw() -> Iterator[None]:
    """Every key goes through as it is; afterwards the terminal is as before, whatever the guest has done to it."""
    before = termios.tcgetattr(_INPUT)
    try:
        tty.setraw(_INPUT)
        yield
    finally:
        with contextlib.suppress(OSError, termios.error):
            termios.tcsetattr(_INPUT, termios.TCSAFLUSH, before)
            os.write(_OUTPUT, _PUT_BACK)
