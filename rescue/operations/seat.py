"""The seat: of several open screens one leads, the others only look. It is free until somebody acts.

It is for people. That no two jobs write one disk is the business of `rescue.operations.claims`.

Whoever holds the lock of the file `seat` leads; the file tells process and terminal. The lock belongs to an open file
description (fcntl(2), F_OFD_SETLK): it dies with its process, others can ask for it without getting it, and it can be
given away: taking over hands on the locked descriptor itself, so that the seat is never free in between. Each screen
has a socket in `screens`, named by its process, where others tell it to look again; the death of a leader is told by
its pidfd. So all screens know who leads, at once, without polling, and none waits for one that is stopped.
"""

import fcntl
import json
import os
import select
import socket
import struct
import threading
import time
from array import array
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from rescue.devices import locked_nodes
from rescue.errors import SeatRefusedError
from rescue.language import _

ANSWER_SECONDS = 5.0
_AGAIN_SECONDS = 0.1
_LOOK = b"look"
_FLOCK = "hhqqi0q"  # struct flock of 64-bit machines: type, whence, start, length, process
_WHOLE_FILE = struct.pack(_FLOCK, fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Holder:
    """A screen: its process, and the terminal that it is on, as in "tty1"."""

    pid: int
    tty: str


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether this screen leads, else which one does, None where none does; `lost` when it took over from this one."""

    leads: bool
    leader: Holder | None
    lost: bool = False

    @property
    def looks(self) -> bool:
        """True where another screen leads."""
        return not self.leads and self.leader is not None


class Seat:
    """One screen's place among the others. One for a process; `sit` once, the rest from any thread."""

    def __init__(self, folder: Path = locked_nodes.FOLDER, tty: str | None = None) -> None:
        """Open a socket in `folder`, which is made; OSError where that is not possible."""
        self._seat, self._screens = folder / "seat", folder / "screens"
        self._screens.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._own = Holder(os.getpid(), tty or terminal_name())
        self._alone = threading.Lock()  # around everything below
        self._file = self._open()
        self._held: int | None = None
        self._standing = Standing(False, None)
        self._asking = False
        self._lost_to: Holder | None = None
        self._moved = threading.Event()
        self._bell = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        own = self._address(self._own)
        own.unlink(missing_ok=True)  # of a dead process with the same number
        self._bell.bind(str(own))
        self._standing = self._see()

    @property
    def standing(self) -> Standing:
        """How it is, as far as this screen knows."""
        return self._standing

    def sit(self, changed: Callable[[], None]) -> Standing:
        """Look who leads. Another thread calls `changed` at each change of `standing`, until the process ends."""
        told = self._standing
        threading.Thread(target=self._listen, args=(changed, told), daemon=True, name="seat").start()
        return told

    def claim(self) -> Standing:
        """Lead if nobody does: what an action does first. Takes a moment."""
        with self._alone:
            if self._held is None and self._lock():
                self._write(self._own)
                self._announce()
            self._standing = self._see()
            return self._standing

    def take_over(self, leader: Holder) -> None:
        """Lead instead of `leader`, whom the person was asked about. Blocks for seconds at most.

        A job that runs goes on: it has a process of its own, and the new leader finds it. SeatRefusedError when another
        screen takes over too, and when the leader does not answer.
        """
        with self._alone:
            self._asking = True
            if self._see().leader == leader:
                self._send(self._address(leader), json.dumps(asdict(self._own)).encode())
        try:
            self._await(leader, time.monotonic() + ANSWER_SECONDS)
        finally:
            with self._alone:
                self._asking = False

    def _await(self, leader: Holder, end: float) -> None:
        """Return when this screen leads: because the leader has handed the seat on, or has ended meanwhile."""
        while not (now := self.claim()).leads:
            if now.leader != leader:
                raise SeatRefusedError(
                    _("Another screen takes over at this moment."), hint=_("Look again, then decide.")
                )
            if not self._moved.wait(max(0.0, end - time.monotonic())):
                raise SeatRefusedError(
                    _("The screen on {tty} does not answer.").format(tty=leader.tty),
                    hint=_("Its process is {pid}; when it ends, the seat is free.").format(pid=leader.pid),
                )
            self._moved.clear()

    def _listen(self, changed: Callable[[], None], told: Standing) -> None:
        """Tell of each change, and hear what others say, for ever."""
        while True:
            with self._alone:
                self._standing = now = self._see()
            self._moved.set()
            if now != told:
                changed()
            told = now
            self._wait(now)
            self._hear()

    def _wait(self, now: Standing) -> None:
        """Return when a word is there, or the leader has died; after a moment where it was dead when this began."""
        life = _life(now.leader) if now.looks and now.leader else None
        try:
            watched = [self._bell.fileno(), *([life] if life is not None else [])]
            select.select(watched, [], [], _AGAIN_SECONDS if now.looks and life is None else None)
        finally:
            if life is not None:
                os.close(life)

    def _hear(self) -> None:
        """One word, if there is one: the seat itself, somebody who asks for it, or just to look again."""
        try:
            word, descriptors, _, _ = socket.recv_fds(self._bell, 4096, 1)
        except BlockingIOError:
            return
        for descriptor in descriptors:
            self._receive(descriptor)
        if (asker := _asker(word)) is not None:
            self._hand_on(asker)

    def _receive(self, descriptor: int) -> None:
        """Lead from now on; where nobody waits for that any more, the seat is free."""
        os.set_inheritable(descriptor, False)
        with self._alone:
            if self._asking and self._held is None:
                self._held = descriptor
            else:
                os.close(descriptor)
            self._announce()

    def _hand_on(self, successor: Holder) -> None:
        """Give the seat to somebody, if it is here to give."""
        with self._alone:
            if self._held is None or successor == self._own:
                return
            self._write(successor)
            if not self._send(self._address(successor), _LOOK, self._held):  # it has died
                self._write(self._own)
                return
            os.close(self._held)
            self._held, self._lost_to = None, successor
            self._announce()

    def _see(self) -> Standing:
        """How it is."""
        if self._held is not None:
            return Standing(True, self._own)
        if not _is_locked(self._file):
            return Standing(False, None)
        leader = _holder(os.pread(self._file, 4096, 0)) or Holder(0, _("another screen"))
        if leader == self._own:  # it is on its way to this screen
            return self._standing
        return Standing(False, leader, lost=leader == self._lost_to)

    def _open(self) -> int:
        return os.open(self._seat, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def _lock(self) -> bool:
        """Get the seat; False where another screen has it."""
        descriptor = self._open()
        try:
            fcntl.fcntl(descriptor, fcntl.F_OFD_SETLK, _WHOLE_FILE)
        except OSError:
            os.close(descriptor)
            return False
        self._held = descriptor
        return True

    def _write(self, leader: Holder) -> None:
        """Say who leads. For the one who does."""
        os.pwrite(self._file, json.dumps(asdict(leader)).encode().ljust(200) + b"\n", 0)

    def _announce(self) -> None:
        """Tell every screen, this one too, to look again."""
        for address in self._screens.iterdir():
            self._send(address, _LOOK)

    def _send(self, address: Path, word: bytes, *descriptors: int) -> bool:
        """Send a word; False where nobody hears it. What a dead screen has left is removed."""
        try:
            self._bell.sendmsg([word], _passed(descriptors), 0, str(address))  # `send_fds` leaves the address out
        except ConnectionRefusedError:
            address.unlink(missing_ok=True)
        except OSError:  # it does not listen, and has words enough to make it look when it does
            pass
        else:
            return True
        return False

    def _address(self, holder: Holder) -> Path:
        return self._screens / str(holder.pid)


def terminal_name() -> str:
    """The terminal of this process, without /dev."""
    try:
        return os.ttyname(0).removeprefix("/dev/")
    except OSError:
        return _("no terminal")


def _passed(descriptors: Collection[int]) -> list[tuple[int, int, bytes]]:
    """Descriptors as they travel with a word: unix(7)."""
    return [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array("i", descriptors).tobytes())] if descriptors else []


def _life(holder: Holder) -> int | None:
    """A descriptor that can be read once the process has ended; None where it has already."""
    with suppress(OSError, ValueError):
        descriptor = os.pidfd_open(holder.pid)
        if not select.select([descriptor], [], [], 0)[0]:
            return descriptor
        os.close(descriptor)
    return None


def _asker(word: bytes) -> Holder | None:
    """Who asks for the seat; None for other words."""
    return None if word == _LOOK else _holder(word)


def _holder(text: bytes) -> Holder | None:
    """Inverse of how a holder is written; None for what is none."""
    with suppress(ValueError, TypeError, KeyError):
        found = json.loads(text)
        return Holder(int(found["pid"]), str(found["tty"]))
    return None


def _is_locked(descriptor: int) -> bool:
    """True where another open file has the lock."""
    found = fcntl.fcntl(descriptor, fcntl.F_OFD_GETLK, _WHOLE_FILE)
    return bool(struct.unpack(_FLOCK, found)[0] != fcntl.F_UNLCK)
