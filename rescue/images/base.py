"""What a source and a sink are. The copy engine in `rescue.pipeline` knows nothing else of either."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple, Protocol, TypeVar

from rescue.buffers import Buffer
from rescue.extents import Extent
from rescue.images.layout import Region

RawT = TypeVar("RawT")
DoneT = TypeVar("DoneT")


class Task(NamedTuple):
    """Chunk `number` of a region: `length` bytes at `offset`. `chunk` is its id where the source knows it."""

    region: Region
    number: int
    offset: int
    length: int
    chunk: bytes | None

    def used(self) -> Iterator[Extent]:
        """The used bytes of the chunk, relative to the region."""
        return self.region.used.between(self.offset, self.offset + self.length)


@dataclass(frozen=True, slots=True)
class Piece:
    """A chunk on its way: its id, and its bytes with everything unused set to zero. HOLE has no buffer: all is zero."""

    chunk: bytes
    buffer: Buffer | None


class Source(Protocol[RawT]):
    """Gives the chunks of a region."""

    def tasks(self, region: Region) -> Iterator[Task]:
        """The chunks that need copying, in order. A chunk without used bytes needs none."""

    def read(self, task: Task) -> RawT:
        """Fetch what the chunk is made from. Called in order by one thread."""

    def decode(self, task: Task, raw: RawT) -> Piece:
        """Make the chunk of it. Called by several threads at once."""


class Sink(Protocol[DoneT]):
    """Takes the chunks of a region."""

    def put(self, task: Task, piece: Piece) -> DoneT:
        """Do the heavy part: compress, or write. Called by several threads at once.

        The buffer of the piece is given back in every case, also when this raises.
        """

    def keep(self, task: Task, done: DoneT) -> None:
        """Do what needs order. Called by one thread in the order of the tasks."""
