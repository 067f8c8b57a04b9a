"""The seat: of several open screens one leads, the others only look.

It is for people. That no two jobs write one disk is the business of `rescue.operations.claims`.

Whoever holds the `flock` of the file `seat` leads; the file tells process and terminal. A leader that dies frees the
seat by that alone, and a screen that waits gets it. Who takes over holds the lock of `seat.asked` meanwhile, so that
nobody else slips in, and rings at the FIFO `seat.bell`, which the leader listens to. Who leads or looks waits without
polling.
"""

import fcntl
import json
import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from rescue.devices import locked_nodes
from rescue.errors import SeatRefusedError

ANSWER_SECONDS = 5.0
_RING_SECONDS = 0.2
_PASS_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Holder:
    """A screen: its process, and the terminal that it is on, as in "tty1"."""

    pid: int
    tty: str


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether this screen leads, else which one does; `lost` when that one has just taken over from this one."""

    leads: bool
    leader: Holder
    lost: bool = False


class Seat:
    """One screen's place among the others. `sit` once; `take_over` from any thread."""

    def __init__(self, folder: Path = locked_nodes.FOLDER, tty: str | None = None) -> None:
        """Open the files in `folder`, which is made; OSError where that is not possible."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._bell = folder / "seat.bell"
        self._asked = folder / "seat.asked"
        self._seat = os.open(folder / "seat", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        with suppress(FileExistsError):
            os.mkfifo(self._bell, 0o600)
        self._own = Holder(os.getpid(), tty or terminal_name())
        self._asking = threading.Event()
        self._leading = threading.Event()

    def sit(self, changed: Callable[[Standing], None]) -> Standing:
        """Lead if nobody does. `changed` is called from another thread at each later change, until the process ends."""
        leads = self._try(block=False)
        standing = Standing(leads, self._own if leads else self.leader())
        threading.Thread(target=self._stay, args=(changed, standing), daemon=True, name="seat").start()
        return standing

    def leader(self) -> Holder:
        """Who leads now, or was the last to do so."""
        try:
            found = json.loads(os.pread(self._seat, 4096, 0))
            return Holder(int(found["pid"]), str(found["tty"]))
        except (OSError, ValueError, KeyError, TypeError):  # it is just being written
            return Holder(0, "another screen")

    def take_over(self, leader: Holder) -> None:
        """Lead instead of `leader`, whom the person was asked about. Blocks for seconds at most.

        SeatRefusedError while a job runs, when somebody else takes over too, and when the leader does not answer.
        """
        asked = os.open(self._asked, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            if not _lock(asked, fcntl.LOCK_EX | fcntl.LOCK_NB) or self.leader() != leader:
                raise SeatRefusedError("Another screen takes over at this moment.", hint="Look again, then decide.")
            _require_no_job()
            self._asking.set()
            self._ask(time.monotonic() + ANSWER_SECONDS)
        finally:
            self._asking.clear()
            os.close(asked)

    def _ask(self, end: float) -> None:
        """Ring until this screen leads. A leader that has just begun to lead hears the second ring."""
        while not self._leading.is_set():
            self._ring()
            if not self._leading.wait(_RING_SECONDS) and time.monotonic() > end:
                raise SeatRefusedError(
                    f"The screen on {self.leader().tty} does not answer.",
                    hint=f"Its process is {self.leader().pid}; when it ends, this screen leads by itself.",
                )

    def _ring(self) -> None:
        with suppress(OSError):  # nobody listens: the leader has died, or does not listen yet
            bell = os.open(self._bell, os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            try:
                os.write(bell, json.dumps(asdict(self._own)).encode() + b"\n")
            finally:
                os.close(bell)

    def _stay(self, changed: Callable[[Standing], None], standing: Standing) -> None:
        """Wait, lead, be relieved, and so on for ever."""
        leads = standing.leads
        while True:
            if not leads:
                self._try(block=True)
                changed(Standing(True, self._own))
            successor = self._lead()
            leads = False
            changed(Standing(False, successor, lost=True))

    def _lead(self) -> Holder:
        """Hold the seat until another screen asks for it, and give it free."""
        bell = os.open(self._bell, os.O_RDWR | os.O_CLOEXEC)
        try:
            self._leading.set()
            while True:
                successor = _caller(os.read(bell, 4096))
                if successor not in (None, self._own) and self._is_asked_for():
                    break
        finally:
            self._leading.clear()
            os.close(bell)
        fcntl.flock(self._seat, fcntl.LOCK_UN)
        return successor or self.leader()

    def _try(self, *, block: bool) -> bool:
        """Get the seat, and write down who has it. It is left to somebody who takes over just now."""
        while _lock(self._seat, fcntl.LOCK_EX | (0 if block else fcntl.LOCK_NB)):
            if self._asking.is_set() or not self._is_asked_for():
                os.pwrite(self._seat, json.dumps(asdict(self._own)).encode().ljust(200) + b"\n", 0)
                return True
            fcntl.flock(self._seat, fcntl.LOCK_UN)
            if not block:
                break
            self._let_pass()
        return False

    def _let_pass(self) -> None:
        """Return when nobody else takes over any more, which takes a moment. Not by a lock: this screen may want it."""
        while self._is_asked_for() and not self._asking.is_set():
            time.sleep(_PASS_SECONDS)

    def _is_asked_for(self) -> bool:
        """True while somebody takes over."""
        asked = os.open(self._asked, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            return not _lock(asked, fcntl.LOCK_SH | fcntl.LOCK_NB)
        finally:
            os.close(asked)


def terminal_name() -> str:
    """The terminal of this process, without /dev."""
    try:
        return os.ttyname(0).removeprefix("/dev/")
    except OSError:
        return "no terminal"


def _caller(line: bytes) -> Holder | None:
    """Who rang last; None for what is no ring."""
    with suppress(ValueError, IndexError, TypeError):
        return Holder(**json.loads(line.splitlines()[-1]))
    return None


def _require_no_job() -> None:
    with locked_nodes.alone():
        job = next(iter(locked_nodes.living()), None)
    if job is not None:
        raise SeatRefusedError(
            f"A job runs, process {job.pid}. Until it ends, this screen only looks.", hint="Wait until it has ended."
        )


def _lock(descriptor: int, operation: int) -> bool:
    try:
        fcntl.flock(descriptor, operation)
    except BlockingIOError:
        return False
    return True
