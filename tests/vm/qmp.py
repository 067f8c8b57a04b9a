"""QEMU's own control channel, QMP: a line of JSON a command, a line of JSON a reply, and events in between."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

_REPLY_SECONDS = 30.0


class QmpError(RuntimeError):
    """QEMU refused a command, or has ended; the message says which command and why."""


class Qmp:
    """One connection. A thread of its own reads; `execute` and `events` may be called from any thread.

    `notify` is called in the reading thread after every event, and once when the connection has ended.
    """

    def __init__(self, connection: socket.socket, notify: Callable[[], None]) -> None:
        self._connection = connection
        self._notify = notify
        self._changed = threading.Condition()
        self._replies: dict[int, dict[str, Any]] = {}
        self._events: list[dict[str, Any]] = []
        self._ended = False
        self._last_id = 0
        self._reader = threading.Thread(target=self._read, name="qmp", daemon=True)
        self._reader.start()

    def execute(self, command: str, **arguments: object) -> Any:
        """Run a command and return what it returns. Raises QmpError."""
        with self._changed:
            self._last_id += 1
            number = self._last_id
        words = {"execute": command, "arguments": arguments, "id": number}
        try:
            self._connection.sendall(json.dumps(words).encode() + b"\n")
        except OSError as error:
            raise QmpError(f"{command}: QEMU has ended") from error
        reply = self._reply(command, number)
        if "error" in reply:
            raise QmpError(f"{command} {arguments or ''}: {reply['error']['desc']}")
        return reply["return"]

    def events(self, name: str) -> list[dict[str, Any]]:
        """The data of every event `name` so far, oldest first."""
        with self._changed:
            return [event.get("data", {}) for event in self._events if event["event"] == name]

    def close(self) -> None:
        """End the connection and the thread."""
        self._connection.shutdown(socket.SHUT_RDWR)
        self._reader.join()
        self._connection.close()

    def _reply(self, command: str, number: int) -> dict[str, Any]:
        deadline = time.monotonic() + _REPLY_SECONDS
        with self._changed:
            while number not in self._replies:
                left = deadline - time.monotonic()
                if self._ended or left <= 0:
                    raise QmpError(f"{command}: {'QEMU has ended' if self._ended else 'no reply'}")
                self._changed.wait(left)
            return self._replies.pop(number)

    def _read(self) -> None:
        try:
            with self._connection.makefile("rb") as lines:
                for line in lines:
                    self._take(json.loads(line))
        except (OSError, ValueError):
            pass  # the connection has been cut, perhaps in the middle of a line
        finally:
            with self._changed:
                self._ended = True
                self._changed.notify_all()
            self._notify()

    def _take(self, message: dict[str, Any]) -> None:
        with self._changed:
            if "event" in message:
                self._events.append(message)
            elif "id" in message:
                self._replies[message["id"]] = message
            self._changed.notify_all()
        if "event" in message:
            self._notify()
