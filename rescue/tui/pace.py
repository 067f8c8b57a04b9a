"""How often something that goes on is drawn: often, as long as the drawing leaves the processor to what is drawn.

On a slow computer with one processor, a screen that is drawn four times a second takes more of it than the job.
"""

import time
from collections.abc import Callable

SHORTEST, LONGEST = 0.25, 2.0
_MOST = 0.15


class Pace:
    """Seconds until the next time. They double while this program takes more than a seventh of a processor."""

    def __init__(
        self, spent: Callable[[], float] = time.process_time, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`spent` are the processor's seconds for this program, `clock` seconds that only go on."""
        self._spent, self._clock = spent, clock
        self._last = spent(), clock()
        self._seconds = SHORTEST

    def next(self) -> float:
        """The seconds to wait now, by what was spent since the last call."""
        (spent, now), (before, then) = (self._spent(), self._clock()), self._last
        self._last = spent, now
        if now > then:
            share = (spent - before) / (now - then)
            if share > _MOST:
                self._seconds = min(LONGEST, self._seconds * 2)
            elif share < _MOST / 4:
                self._seconds = max(SHORTEST, self._seconds / 2)
        return self._seconds
