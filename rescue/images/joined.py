"""Several sources as one."""

from collections.abc import Iterator, Mapping
from typing import Generic, TypeVar

from rescue.images.base import Piece, Source, Task
from rescue.images.layout import Region

RawT = TypeVar("RawT")


class JoinedSource(Generic[RawT]):
    """Each region comes from the source that stands under its name."""

    def __init__(self, sources: Mapping[str, Source[RawT]]) -> None:
        self._sources = sources

    def tasks(self, region: Region) -> Iterator[Task]:
        """The chunks of the region."""
        return self._sources[region.name].tasks(region)

    def read(self, task: Task) -> RawT:
        """Fetch what the chunk is made from."""
        return self._sources[task.region.name].read(task)

    def decode(self, task: Task, raw: RawT) -> Piece:
        """Make the chunk of it."""
        return self._sources[task.region.name].decode(task, raw)
