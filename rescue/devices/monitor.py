"""Tell when disks come and go: udev's events where udevd runs, else the kernel's own."""

import time
from collections.abc import Callable

import pyudev

from rescue.cancel import CancelToken
from rescue.devices.udev import udevd_runs

QUIET_SECONDS = 0.3
LATEST_SECONDS = 2.0
_IDLE_SECONDS = 0.5  # how soon a watch ends that nobody needs any more
_POLL_SECONDS = 0.1


def watch(changed: Callable[[], None], stop: CancelToken) -> None:
    """Call `changed` whenever the inventory may have changed, until `stop` is cancelled. Blocks; runs in a thread.

    The first call comes at the start, when events are heard already: a scan at each call misses nothing. A disk sends
    many events at once, so a call comes when they have been quiet, or 2 s after the first of them.
    """
    monitor = pyudev.Monitor.from_netlink(pyudev.Context(), source="udev" if udevd_runs() else "kernel")
    monitor.filter_by("block")
    monitor.start()
    changed()
    while not stop.cancelled:
        if _heard(monitor, _IDLE_SECONDS):
            _settle(monitor, stop)
            changed()


def _settle(monitor: pyudev.Monitor, stop: CancelToken) -> None:
    """Return once no event came for a while, or too many came for too long."""
    first = last = time.monotonic()
    while not stop.cancelled:
        if _heard(monitor, _POLL_SECONDS):
            last = time.monotonic()
        now = time.monotonic()
        if now - last >= QUIET_SECONDS or now - first >= LATEST_SECONDS:
            return


def _heard(monitor: pyudev.Monitor, seconds: float) -> bool:
    """True when an event came within that time. Events that were lost, because too many came at once, count as one."""
    try:
        return monitor.poll(timeout=seconds) is not None
    except OSError:
        time.sleep(_POLL_SECONDS)
        return True
