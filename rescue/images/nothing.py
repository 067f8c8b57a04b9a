"""The source of nothing, for a job that writes only a partition table."""

from collections.abc import Iterator

from rescue.images.base import Piece, Task
from rescue.images.layout import Region
from rescue.repository.format import HOLE


class NoSource:
    """Has no chunk of any region."""

    def tasks(self, region: Region) -> Iterator[Task]:
        """None."""
        del region
        return iter(())

    def read(self, task: Task) -> None:
        """There is nothing to read."""

    def decode(self, task: Task, raw: None) -> Piece:
        """Nothing but unused bytes."""
        del task, raw
        return Piece(HOLE, None)
