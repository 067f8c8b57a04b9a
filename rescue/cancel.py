"""One token that asks a running job to stop."""

import threading

from rescue.errors import CancelledError


class CancelToken:
    """Set once by the owner of a job, from any thread or a signal handler; read by every worker of that job."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def cancel(self) -> None:
        """Ask the job to stop. It ends in a valid state, within a second on a device that answers."""
        self._event.set()

    @property
    def cancelled(self) -> bool:
        """True once somebody asked."""
        return self._event.is_set()

    def raise_if_cancelled(self) -> None:
        """Raise CancelledError once somebody asked."""
        if self._event.is_set():
            raise CancelledError

    def wait(self, seconds: float) -> bool:
        """Wait at most `seconds`; True when cancelled meanwhile."""
        return self._event.wait(seconds)
