"""How fast a job goes now."""

from collections import deque

WINDOW_SECONDS = 15.0


class Rate:
    """Bytes a second over the last moments, so that the time left follows what the drives do now."""

    def __init__(self, window: float = WINDOW_SECONDS) -> None:
        self._window = window
        self._points: deque[tuple[float, int]] = deque()

    def add(self, now: float, done: int) -> None:
        """Learn that `done` bytes are done; `now` is in seconds of a clock that only goes on."""
        self._points.append((now, done))
        while now - self._points[0][0] > self._window and len(self._points) > 2:
            self._points.popleft()

    def per_second(self) -> int:
        """Whole bytes a second; 0 while nothing is known."""
        if not self._points:
            return 0
        first, last = self._points[0], self._points[-1]
        milliseconds = int((last[0] - first[0]) * 1000)
        return (last[1] - first[1]) * 1000 // milliseconds if milliseconds > 0 else 0
