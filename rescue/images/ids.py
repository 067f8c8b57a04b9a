"""What was written, by name: chunk ids of a region, kept small."""

from collections.abc import Iterator

from rescue.errors import IntegrityError
from rescue.repository.format import ID_LENGTH
from rescue.repository.lists import read_ids
from rescue.repository.repository import Repository
from rescue.repository.snapshot import RegionRecord


class ChunkIds:
    """The chunk ids of one region by number, 32 bytes each: 8 MiB of memory for a TiB."""

    def __init__(self, size: int, chunk_size: int) -> None:
        self.count = -(-size // chunk_size)
        self._ids = bytearray(self.count * ID_LENGTH)

    def __getitem__(self, index: int) -> bytes:
        return bytes(self._ids[index * ID_LENGTH : (index + 1) * ID_LENGTH])

    def __setitem__(self, index: int, chunk: bytes) -> None:
        self._ids[index * ID_LENGTH : (index + 1) * ID_LENGTH] = chunk

    def __iter__(self) -> Iterator[bytes]:
        return (self[index] for index in range(self.count))

    @classmethod
    def load(cls, repository: Repository, record: RegionRecord, chunk_size: int) -> "ChunkIds":
        """The ids that a snapshot names; IntegrityError where they are not as many as the region has chunks."""
        ids = cls(record.size, chunk_size)
        count = 0
        for count, chunk in enumerate(read_ids(repository, record.chunks), start=1):
            if count <= ids.count:
                ids[count - 1] = chunk
        if count != ids.count:
            raise IntegrityError(f"The list of chunks of {record.name} has the wrong length.")
        return ids
