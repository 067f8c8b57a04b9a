"""What was written, by name: the chunk ids of a region."""

import mmap
import tempfile
from collections.abc import Iterator

from rescue.errors import IntegrityError
from rescue.language import _
from rescue.repository.format import ID_LENGTH
from rescue.repository.lists import LIST_CHUNK, read_ids
from rescue.repository.repository import Repository
from rescue.repository.snapshot import RegionRecord


class ChunkIds:
    """The chunk ids of one region by number, 32 bytes each, HOLE at first.

    They lie in an unnamed temporary file, so that the kernel can take their memory back when it needs it.
    """

    def __init__(self, size: int, chunk_size: int) -> None:
        self.count = -(-size // chunk_size)
        with tempfile.TemporaryFile(prefix="rescue-ids-") as file:
            file.truncate(self.count * ID_LENGTH)
            self._ids = mmap.mmap(file.fileno(), self.count * ID_LENGTH)

    def __getitem__(self, index: int) -> bytes:
        return bytes(self._ids[index * ID_LENGTH : (index + 1) * ID_LENGTH])

    def __setitem__(self, index: int, chunk: bytes) -> None:
        self._ids[index * ID_LENGTH : (index + 1) * ID_LENGTH] = chunk

    def __iter__(self) -> Iterator[bytes]:
        return (self[index] for index in range(self.count))

    @classmethod
    def load(cls, repository: Repository, record: RegionRecord, chunk_size: int) -> "ChunkIds":
        """The ids that a snapshot names; IntegrityError where they are not as many as the region has chunks."""
        if -(-record.size // chunk_size) > len(record.chunks) * (LIST_CHUNK // ID_LENGTH):
            raise IntegrityError(_("The list of chunks of {name} is too short.").format(name=record.name))
        ids = cls(record.size, chunk_size)
        count = 0
        for count, chunk in enumerate(read_ids(repository, record.chunks), start=1):
            if count <= ids.count:
                ids[count - 1] = chunk
        if count != ids.count:
            raise IntegrityError(_("The list of chunks of {name} has the wrong length.").format(name=record.name))
        return ids
