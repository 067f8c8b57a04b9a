"""Gives back the space that no snapshot needs."""

from dataclasses import dataclass

from rescue.errors import IntegrityError
from rescue.repository.format import HOLE
from rescue.repository.index import PackEntries
from rescue.repository.lists import read_ids
from rescue.repository.pack import pack_name, read_trailer
from rescue.repository.repository import Repository

# A pack is written anew when more than this share of its bytes is garbage: less is not worth the writing.
_GARBAGE_PERCENT = 30


@dataclass(frozen=True, slots=True)
class Pruned:
    """What `prune` did, in packs and bytes."""

    removed_packs: int
    rewritten_packs: int
    freed_bytes: int


def needed_chunks(repository: Repository) -> set[bytes]:
    """Every chunk that a snapshot names. IntegrityError when a snapshot or a list cannot be read: nothing is garbage
    as long as nobody knows what it needs."""
    good, bad = repository.snapshots()
    if bad:
        raise IntegrityError(
            f"Nothing was removed: {bad[0].message}", hint="Delete the damaged snapshot, or bring its file back, first."
        )
    needed: set[bytes] = set()
    for stored in good:
        needed.update(bytes.fromhex(name) for name in stored.snapshot.list_ids())
        for disk in stored.snapshot.disks:
            for region in disk.regions:
                needed.update(read_ids(repository, region.chunks))
    needed.discard(HOLE)
    return needed


def prune(repository: Repository, *, dry_run: bool = False) -> Pruned:
    """Remove temporary files and packs without needed chunks; write packs with much garbage anew.

    The repository was opened exclusively. Order of a safe death: new packs, new index, old index files, old packs; at
    any point in between every snapshot is whole, and the next `prune` ends the work.
    """
    needed = needed_chunks(repository)
    kept: list[PackEntries] = []
    removed: list[PackEntries] = []
    rewritten: list[PackEntries] = []
    for pack, size in repository.index.packs().items():
        contents = PackEntries(pack, size, read_trailer(repository.place, pack_name(pack)))
        live = sum(entry.stored for entry in contents.entries if _serves(repository, contents, entry.chunk, needed))
        group = removed if not live else rewritten if live * 100 < size * (100 - _GARBAGE_PERCENT) else kept
        group.append(contents)
    freed = sum(pack.size for pack in removed)
    if not dry_run:
        freed += _rewrite(repository, needed, kept, rewritten)
        for old in removed + rewritten:
            repository.place.delete(pack_name(old.pack))
        for name in list(repository.leftovers()):
            repository.place.delete(name)
    return Pruned(len(removed), len(rewritten), freed)


def _serves(repository: Repository, pack: PackEntries, chunk: bytes, needed: set[bytes]) -> bool:
    """True when the chunk is needed and this pack is the one that the index names for it."""
    return chunk in needed and repository.find_chunk(chunk).pack == pack.pack


def _rewrite(repository: Repository, needed: set[bytes], kept: list[PackEntries], old: list[PackEntries]) -> int:
    """Copy what lives in `old` into new packs, publish one index over all that stays, and return the bytes saved."""
    fresh = repository.repack(
        entry.chunk for pack in old for entry in pack.entries if _serves(repository, pack, entry.chunk, needed)
    )
    repository.replace_index(kept + fresh)
    return sum(pack.size for pack in old) - sum(pack.size for pack in fresh)
