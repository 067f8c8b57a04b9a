"""Gives back the space that no snapshot needs."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field

from rescue.errors import IntegrityError
from rescue.language import _
from rescue.repository.index import ChunkSet, PackEntries
from rescue.repository.lists import read_ids
from rescue.repository.pack import pack_name, read_trailer
from rescue.repository.repository import Repository

# A pack is written anew when more than this share of its frames is garbage: less is not worth the writing.
_GARBAGE_PERCENT = 30


@dataclass(frozen=True, slots=True)
class Pruned:
    """What `prune` did, in packs and bytes."""

    removed_packs: int
    rewritten_packs: int
    freed_bytes: int


@dataclass(frozen=True, slots=True)
class _Packs:
    """All packs with their sizes, by what becomes of them."""

    kept: dict[bytes, int] = field(default_factory=dict)
    removed: dict[bytes, int] = field(default_factory=dict)
    rewritten: dict[bytes, int] = field(default_factory=dict)


def needed_chunks(repository: Repository, needed: ChunkSet) -> None:
    """Add every chunk that a snapshot names to `needed`. IntegrityError when a snapshot or a list cannot be read:
    nothing is garbage as long as nobody knows what it needs."""
    good, bad = repository.snapshots()
    if bad:
        raise IntegrityError(
            _("Nothing was removed: {message}").format(message=bad[0].message),
            hint=_("Delete the damaged snapshot, or bring its file back, first."),
        )
    for stored in good:
        needed.update(bytes.fromhex(name) for name in stored.snapshot.list_ids())
        for disk in stored.snapshot.disks:
            for region in disk.regions:
                needed.update(read_ids(repository, region.chunks))


def prune(repository: Repository, *, dry_run: bool = False) -> Pruned:
    """Remove temporary files and packs without needed chunks; write packs with much garbage anew.

    The repository was opened exclusively. Order of a safe death: packs of garbage alone, which makes room on a full
    drive; new packs, new index, old index files, old packs. At any point in between every snapshot is whole, and the
    next `prune` ends the work.
    """
    with closing(ChunkSet()) as needed:
        needed_chunks(repository, needed)
        packs = _sorted(repository, needed)
        freed = sum(packs.removed.values())
        if not dry_run:
            for name in list(repository.leftovers()):
                repository.place.delete(name)
            _delete(repository, packs.removed)
            freed += _rewrite(repository, needed, packs)
    return Pruned(len(packs.removed), len(packs.rewritten), freed)


def _sorted(repository: Repository, needed: ChunkSet) -> _Packs:
    """Look into every pack and decide."""
    packs = _Packs()
    for pack, size in repository.index.packs().items():
        entries = read_trailer(repository.place, pack_name(pack))
        frames = sum(entry.stored for entry in entries)
        live = sum(entry.stored for entry in entries if _serves(repository, pack, entry.chunk, needed))
        worth = live * 100 >= frames * (100 - _GARBAGE_PERCENT)
        group = packs.removed if not live else packs.kept if worth else packs.rewritten
        group[pack] = size
    return packs


def _serves(repository: Repository, pack: bytes, chunk: bytes, needed: ChunkSet) -> bool:
    """True when the chunk is needed and this pack is the one that the index names for it."""
    return chunk in needed and repository.find_chunk(chunk).pack == pack


def _rewrite(repository: Repository, needed: ChunkSet, packs: _Packs) -> int:
    """Copy what lives in the old packs into new ones, index all that stays, and return the bytes saved.

    A pack is named by its content, so that a new one can be one of those that are there: what is new stays.
    """
    fresh = repository.repack(
        entry.chunk
        for pack in packs.rewritten
        for entry in read_trailer(repository.place, pack_name(pack))
        if _serves(repository, pack, entry.chunk, needed)
    )
    repository.replace_index(_contents(repository, packs.kept | fresh))
    _delete(repository, packs.rewritten.keys() - fresh.keys())
    return sum(packs.rewritten.values()) - sum(fresh.values())


def _contents(repository: Repository, packs: Mapping[bytes, int]) -> Iterator[PackEntries]:
    for pack, size in packs.items():
        yield PackEntries(pack, size, read_trailer(repository.place, pack_name(pack)))


def _delete(repository: Repository, packs: Collection[bytes]) -> None:
    for pack in packs:
        repository.place.delete(pack_name(pack))
