"""A snapshot in a repository as source and as sink."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from rescue.buffers import BufferPool
from rescue.devices.model import Identity
from rescue.errors import IntegrityError
from rescue.events import Outcome
from rescue.extents import Extent
from rescue.images.base import Piece, Task
from rescue.images.ids import ChunkIds
from rescue.images.layout import Layout, Region, Span, carve
from rescue.language import _
from rescue.repository.check import used_extents
from rescue.repository.format import HOLE, compress
from rescue.repository.lists import ListWriter
from rescue.repository.repository import Repository
from rescue.repository.snapshot import DiskRecord, RegionRecord
from rescue.repository.writer import ChunkWriter
from rescue.tables import stored


class SnapshotSource:
    """Reads the chunks of regions from a repository and verifies each."""

    def __init__(self, repository: Repository, ids: Mapping[str, ChunkIds], pool: BufferPool) -> None:
        self._repository = repository
        self._ids = ids
        self._pool = pool

    def tasks(self, region: Region) -> Iterator[Task]:
        """Every chunk that is stored, and every hole over used bytes: these are zeros."""
        size = self._pool.size
        for index, chunk in enumerate(self._ids[region.name]):
            task = Task(region, index, index * size, min(size, region.size - index * size), chunk)
            if chunk != HOLE or next(task.used(), None) is not None:
                yield task

    def read(self, task: Task) -> bytes:
        """The stored frame; nothing for a hole."""
        if task.chunk is None or task.chunk == HOLE:
            return b""
        return self._repository.read_frame(self._repository.find_chunk(task.chunk))

    def decode(self, task: Task, raw: bytes) -> Piece:
        """The verified bytes of the chunk; IntegrityError names the region."""
        if task.chunk is None or task.chunk == HOLE:
            return Piece(HOLE, None)
        buffer = self._pool.take(task.length)
        try:
            self._repository.unpack(task.chunk, raw, buffer.view)
        except IntegrityError as error:
            buffer.release()
            raise IntegrityError(f"{task.region.describe()}: {error.message}", hint=error.hint) from error
        except BaseException:
            buffer.release()
            raise
        return Piece(task.chunk, buffer)


class SnapshotSink:
    """Stores the chunks of a region that the repository has not yet, and lists them all."""

    def __init__(self, chunks: ChunkWriter, level: int) -> None:
        self._chunks = chunks
        self._level = level
        self._list = ListWriter(chunks, level)
        self._position = 0
        self.new_bytes = 0

    def put(self, task: Task, piece: Piece) -> tuple[bytes, bytes]:
        """The chunk's id, and its frame where it is new."""
        del task
        if piece.buffer is None:
            return HOLE, b""
        try:
            frame = compress(piece.buffer.view, self._level) if self._chunks.wants(piece.chunk) else b""
        finally:
            piece.buffer.release()
        return piece.chunk, frame

    def keep(self, task: Task, done: tuple[bytes, bytes]) -> None:
        """Add the frame to a pack and the id to the list."""
        chunk, frame = done
        if frame:
            self._chunks.add(chunk, task.length, frame)
            self.new_bytes += task.length
        self._list.append_holes(task.number - self._position)
        self._list.append(chunk)
        self._position = task.number + 1

    def finish_region(self, region: Region, chunk_size: int, bad: list[Extent]) -> RegionRecord:
        """End the region's lists and return its record."""
        self._list.append_holes(-(-region.size // chunk_size) - self._position)
        chunks, self._list, self._position = self._list.finish(), ListWriter(self._chunks, self._level), 0
        used = ListWriter(self._chunks, self._level)
        used.append(region.used.to_bytes())
        return record_of(region, used.finish(), chunks, bad)


def record_of(region: Region, used: tuple[str, ...], chunks: tuple[str, ...], bad: list[Extent]) -> RegionRecord:
    """The region as a snapshot records it."""
    lost = sum(extent.length for extent in bad)
    reasons = (_("{lost} bytes could not be read and stand as zeros.").format(lost=lost),) if lost else ()
    return RegionRecord(
        name=region.name,
        kind=region.kind,
        number=region.number,
        start=region.start,
        size=region.size,
        included=region.included,
        filesystem=region.filesystem,
        label=region.label,
        uuid=region.uuid,
        method=region.method,
        raw_reason=region.raw_reason,
        notes=region.notes,
        facts=region.facts,
        used_bytes=region.used.total if region.included else 0,
        used=used,
        chunks=chunks,
        bad=tuple((extent.start, extent.length) for extent in bad),
        outcome=Outcome.PARTIAL if lost else Outcome.OK,
        reasons=reasons,
    )


def layout_of(repository: Repository, record: DiskRecord) -> Layout:
    """The source layout of a disk in a snapshot. IntegrityError where table and regions do not fit each other."""
    table = stored.from_json(record.table)
    regions = tuple(_region(repository, region) for region in record.regions)
    spans = carve(table, record.size)
    if list(spans) != [Span(each.name, each.kind, each.number, each.start, each.size) for each in regions]:
        raise IntegrityError(_("The regions of the snapshot do not fit its partition table."))
    try:
        identity = Identity.from_json(record.identity)
    except ValueError as error:
        raise IntegrityError(_("In the snapshot, {error}.").format(error=error)) from error
    return Layout(record.path, record.model, record.system, identity, record.size, record.sector_size, table, regions)


def _region(repository: Repository, record: RegionRecord) -> Region:
    region = Region(
        name=record.name,
        kind=record.kind,
        number=record.number,
        start=record.start,
        size=record.size,
        included=record.included,
        filesystem=record.filesystem,
        label=record.label,
        uuid=record.uuid,
        method=record.method,
        raw_reason=record.raw_reason,
        notes=record.notes,
        facts=record.facts,
    )
    return replace(region, used=used_extents(repository, record)) if record.included else region
