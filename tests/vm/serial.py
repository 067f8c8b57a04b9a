"""A machine's serial port: everything that came over it, and a terminal at this end of the line."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from tests.vm.terminal import Pieces, Terminal, plain

T = TypeVar("T")


class SerialPort:
    """The line as a connected socket. A thread of its own reads it: the guest never waits for this program.

    `notify` is called in that thread with every piece of text that came, control sequences whole, and with "" when the
    machine has hung up. All bytes go to the file `log` as they came.
    """

    def __init__(self, line: socket.socket, log: Path, terminal: Terminal, notify: Callable[[str], None]) -> None:
        self._line = line
        self._terminal = terminal
        self._notify = notify
        self._lock = threading.Lock()
        self._text = ""
        self._ended = threading.Event()
        self._log = log.open("wb", buffering=0)
        self._reader = threading.Thread(target=self._read, name="serial", daemon=True)
        self._reader.start()

    @property
    def text(self) -> str:
        """All text so far, without the control sequences for the terminal and without carriage returns."""
        with self._lock:
            return self._text

    @property
    def ended(self) -> bool:
        """Whether the machine has hung up, and `text` is all that there will be."""
        return self._ended.is_set()

    def rows(self) -> list[str]:
        """What the terminal shows now."""
        return self.look(lambda terminal: terminal.rows())

    def look(self, look: Callable[[Terminal], T]) -> T:
        """Look at the terminal while nothing is drawn on it."""
        with self._lock:
            return look(self._terminal)

    def send(self, data: bytes) -> None:
        """Type. What is typed after the machine has hung up goes nowhere, as at any line."""
        with contextlib.suppress(OSError):
            self._line.sendall(data)

    def close(self) -> None:
        """Hang up."""
        with contextlib.suppress(OSError):
            self._line.shutdown(socket.SHUT_RDWR)
        self._reader.join()
        self._line.close()
        self._log.close()

    def _read(self) -> None:
        pieces = Pieces()
        try:
            while data := self._receive():
                self._log.write(data)
                piece = pieces.feed(data)
                with self._lock:
                    self._text += plain(piece)
                    answer = self._terminal.feed(data)
                if answer:
                    self.send(answer)
                self._notify(piece)
        finally:
            self._ended.set()
            self._notify("")

    def _receive(self) -> bytes:
        try:
            return self._line.recv(1 << 16)
        except OSError:
            return b""
