"""Is the repository whole? Structure quickly, or every byte."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from blake3 import blake3

from rescue.cancel import CancelToken
from rescue.errors import IntegrityError
from rescue.events import Meter, Phase, Sink
from rescue.extents import Extents
from rescue.repository.format import HOLE, is_id
from rescue.repository.index import PackEntries
from rescue.repository.lists import read_ids, read_list
from rescue.repository.pack import pack_name, read_trailer
from rescue.repository.repository import Repository, Stored
from rescue.repository.snapshot import RegionRecord
from rescue.units import MiB

_READ_SIZE = 4 * MiB


@dataclass
class Findings:
    """What a check found. `problems` is empty for a repository that is whole; `snapshots` maps an id to its damage."""

    packs: int = 0
    chunks: int = 0
    read_bytes: int = 0
    problems: list[str] = field(default_factory=list)
    snapshots: dict[str, list[str]] = field(default_factory=dict)


def check(repository: Repository, *, read_data: bool, sink: Sink, cancel: CancelToken) -> Findings:
    """Compare snapshots, lists, index and packs with one another; with `read_data`, read every byte of every pack.

    The repository is only read. It was opened with `any_index`, so that damaged index files are told here.
    """
    found = Findings(chunks=repository.index.chunk_count())
    found.problems += [f"Index file {name} is damaged." for name in repository.damaged_indexes]
    found.problems += [f"{name} does not belong to the repository." for name in _strangers(repository)]
    broken = _check_packs(repository, found, read_data=read_data, sink=sink, cancel=cancel)
    good, bad = repository.snapshots()
    found.problems += [error.message for error in bad]
    for stored in good:
        cancel.raise_if_cancelled()
        damage = _check_snapshot(repository, stored, broken)
        found.snapshots[stored.id] = damage
        found.problems += [f"Snapshot {stored.id[:12]} ({stored.snapshot.name}): {text}" for text in damage]
    return found


def require_packs(repository: Repository, chunks: Iterable[bytes]) -> None:
    """Before a restore: every chunk is there, and the end of every pack that holds one agrees with the index.

    IntegrityError names the first that is not. It costs one small read a pack.
    """
    checked: set[bytes] = set()
    for chunk in chunks:
        pack = repository.find_chunk(chunk).pack
        if pack not in checked:
            checked.add(pack)
            _check_trailer(repository, pack_name(pack), pack)


def _strangers(repository: Repository) -> Iterator[str]:
    leftovers = set(repository.leftovers())
    for folder, suffix in (("packs", ""), ("index", ""), ("snapshots", ".json")):
        for name in repository.place.names(folder):
            path = Path(name)
            if name not in leftovers and not (path.suffix == suffix and is_id(path.stem)):
                yield name


def _check_packs(
    repository: Repository, found: Findings, *, read_data: bool, sink: Sink, cancel: CancelToken
) -> set[bytes]:
    """Packs that cannot be trusted."""
    names = list(repository.pack_names())
    meter = Meter(sink, Phase.CHECK, sum(map(repository.place.size, names)) if read_data else len(names))
    broken: set[bytes] = set()
    for name in names:
        cancel.raise_if_cancelled()
        pack = bytes.fromhex(Path(name).name)
        found.packs += 1
        try:
            _check_trailer(repository, name, pack)
            if read_data:
                found.read_bytes += _check_bytes(repository, name, pack, meter, cancel)
            else:
                meter.advance(1, name)
        except IntegrityError as error:
            broken.add(pack)
            found.problems.append(error.message)
    return broken


def _check_trailer(repository: Repository, name: str, pack: bytes) -> None:
    for entry in read_trailer(repository.place, name):
        location = repository.index.find(entry.chunk)
        if location is None or (location.pack == pack and location.entry != entry):
            raise IntegrityError(f"Pack {name} and the index do not agree.")


def _check_bytes(repository: Repository, name: str, pack: bytes, meter: Meter, cancel: CancelToken) -> int:
    repository.place.drop_cache(name)
    size = repository.place.size(name)
    digest = blake3()
    for offset in range(0, size, _READ_SIZE):
        cancel.raise_if_cancelled()
        data = repository.place.read_range(name, offset, min(_READ_SIZE, size - offset))
        digest.update(data)
        meter.advance(len(data), name)
    if digest.digest() != pack:
        raise IntegrityError(f"Pack {name} is damaged: its bytes are not the ones that were stored.")
    return size


def _check_snapshot(repository: Repository, stored: Stored, broken: set[bytes]) -> list[str]:
    damage = []
    for disk in stored.snapshot.disks:
        for region in disk.regions:
            try:
                lost = _lost_chunks(repository, region, stored.snapshot.chunk_size, broken)
            except IntegrityError as error:
                damage.append(f"region {region.name} of {disk.path}: {error.message}")
                continue
            if lost:
                damage.append(f"region {region.name} of {disk.path}: {lost} chunks are lost.")
    return damage


def _lost_chunks(repository: Repository, region: RegionRecord, chunk_size: int, broken: set[bytes]) -> int:
    """Number of chunks of the region that are missing or lie in a broken pack."""
    if not region.included:
        return 0
    count = lost = 0
    for chunk in read_ids(repository, region.chunks):
        plain = min(chunk_size, region.size - count * chunk_size)
        count += 1
        if chunk != HOLE:
            location = repository.index.find(chunk)
            lost += location is None or location.pack in broken or location.entry.plain != plain
    if count != -(-region.size // chunk_size):
        raise IntegrityError("its list of chunks has the wrong length.")
    if used_extents(repository, region).total != region.used_bytes:
        raise IntegrityError("its list of used blocks has the wrong length.")
    return lost


def used_extents(repository: Repository, region: RegionRecord) -> Extents:
    """The used extents of a region; IntegrityError where the list is damaged or leaves the region."""
    try:
        used = Extents.from_bytes(b"".join(read_list(repository, region.used)))
    except (ValueError, OverflowError) as error:
        raise IntegrityError(f"The list of used blocks of {region.name} is damaged.") from error
    if used.end > region.size:
        raise IntegrityError(f"The list of used blocks of {region.name} leaves the region.")
    return used


def rebuild_index(repository: Repository) -> int:
    """Make one new index file from the ends of all packs, delete the others, and return the number of packs.

    The new file is written before an old one goes: a crash in between leaves both. Packs whose ends are damaged are
    left out, and `check` tells of them. The repository was opened exclusively.
    """
    packs = []
    for name in repository.pack_names():
        with suppress(IntegrityError):
            entries = read_trailer(repository.place, name)
            packs.append(PackEntries(bytes.fromhex(Path(name).name), repository.place.size(name), entries))
    repository.replace_index(packs)
    return len(packs)
