"""Sinks that keep nothing: they only verify."""

from collections.abc import Mapping

from rescue.images.base import Piece, Task
from rescue.images.ids import ChunkIds


class CompareSink:
    """Compares what was read back with the ids that were written; `differing` counts chunks by region."""

    def __init__(self, expected: Mapping[str, ChunkIds]) -> None:
        self._expected = expected
        self.differing: dict[str, int] = {}

    def put(self, task: Task, piece: Piece) -> bytes:
        """Only the id counts."""
        del task
        if piece.buffer is not None:
            piece.buffer.release()
        return piece.chunk

    def keep(self, task: Task, done: bytes) -> None:
        """Count a difference."""
        if self._expected[task.region.name][task.number] != done:
            self.differing[task.region.name] = self.differing.get(task.region.name, 0) + 1


class NoSink:
    """Takes chunks only to have them verified on the way."""

    def put(self, task: Task, piece: Piece) -> None:
        """Let the buffer go."""
        del task
        if piece.buffer is not None:
            piece.buffer.release()

    def keep(self, task: Task, done: None) -> None:
        """Nothing to keep."""
