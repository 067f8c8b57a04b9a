"""Is the repository whole? Structure quickly, or every byte."""

import struct
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from blake3 import blake3

from rescue.cancel import CancelToken
from rescue.errors import IntegrityError
from rescue.events import Meter, Phase, Sink
from rescue.extents import Extents
from rescue.language import _, ngettext
from rescue.repository.format import HOLE, is_id
from rescue.repository.index import PackEntries
from rescue.repository.lists import read_ids, read_list
from rescue.repository.pack import is_pack_name, pack_name, read_trailer
from rescue.repository.place import TEMPORARY
from rescue.repository.repository import Repository, Stored
from rescue.repository.snapshot import DiskRecord, RegionRecord
from rescue.units import MiB

_READ_SIZE = 4 * MiB
_PAIR = struct.Struct("<QQ")


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

    The repository is only read. It was opened with `any_index`, so that damaged index files are told here. A backup
    may run at the same time: snapshots are listed before packs, so that the packs of each are among those.
    """
    good, bad = repository.snapshots()
    found = Findings()
    found.problems += [_("Index file {name} is damaged.").format(name=name) for name in repository.damaged_indexes]
    found.problems += [
        _("{name} does not belong to the repository.").format(name=name) for name in _strangers(repository)
    ]
    broken = _check_packs(repository, found, read_data=read_data, sink=sink, cancel=cancel)
    found.chunks = repository.index.chunk_count()
    found.problems += [error.message for error in bad]
    for stored in good:
        cancel.raise_if_cancelled()
        damage = _check_snapshot(repository, stored, broken)
        found.snapshots[stored.id] = damage
        found.problems += [
            _("Snapshot {id} ({name}): {text}").format(id=stored.id[:12], name=stored.snapshot.name, text=text)
            for text in damage
        ]
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
    for name in repository.place.names("packs"):
        if not is_pack_name(name) and not name.endswith(TEMPORARY):
            yield name
    for folder, suffix in (("index", ""), ("snapshots", ".json")):
        for name in repository.place.names(folder):
            path = Path(name)
            known = path.suffix == suffix and is_id(path.stem) and path.parent == Path(folder)
            if not known and not name.endswith(TEMPORARY):
                yield name


def _check_packs(
    repository: Repository, found: Findings, *, read_data: bool, sink: Sink, cancel: CancelToken
) -> set[bytes]:
    """Packs that cannot be trusted."""
    names = list(repository.pack_names())
    known = repository.index.packs()
    meter = Meter(sink, Phase.CHECK, sum(map(repository.place.size, names)) if read_data else len(names))
    broken: set[bytes] = set()
    for name in names:
        cancel.raise_if_cancelled()
        pack = bytes.fromhex(Path(name).name)
        found.packs += 1
        try:
            if pack in known:
                _check_trailer(repository, name, pack)
            else:  # written since the index was read, unless its end is damaged
                repository.index.add(
                    PackEntries(pack, repository.place.size(name), read_trailer(repository.place, name))
                )
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
            raise IntegrityError(_("Pack {name} and the index do not agree.").format(name=name))


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
        raise IntegrityError(
            _("Pack {name} is damaged: its bytes are not the ones that were stored.").format(name=name)
        )
    return size


def _check_snapshot(repository: Repository, stored: Stored, broken: set[bytes]) -> list[str]:
    damage = []
    for disk in stored.snapshot.disks:
        for region in disk.regions:
            try:
                lost = _lost_chunks(repository, region, stored.snapshot.chunk_size, broken)
            except IntegrityError as error:
                damage.append(_named(region, disk, error.message))
                continue
            if lost:
                told = ngettext("{lost} chunk is lost.", "{lost} chunks are lost.", lost).format(lost=lost)
                damage.append(_named(region, disk, told))
    return damage


def _named(region: RegionRecord, disk: DiskRecord, what: str) -> str:
    return _("region {name} of {path}: {message}").format(name=region.name, path=disk.path, message=what)


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
        raise IntegrityError(_("its list of chunks has the wrong length."))
    if used_extents(repository, region).total != region.used_bytes:
        raise IntegrityError(_("its list of used blocks has the wrong length."))
    return lost


def used_extents(repository: Repository, region: RegionRecord) -> Extents:
    """The used extents of a region; IntegrityError where the list does not rise or leaves the region.

    Memory is what the list needs, also for a list that repeats one piece for ever.
    """
    return Extents(_rising(read_list(repository, region.used), region))


def _rising(pieces: Iterable[bytes], region: RegionRecord) -> Iterator[tuple[int, int]]:
    position = 0
    for piece in pieces:
        if len(piece) % _PAIR.size:
            raise IntegrityError(_("The list of used blocks of {name} is cut off.").format(name=region.name))
        for start, length in _PAIR.iter_unpack(piece):
            if start < position or not length or start + length > region.size:
                raise IntegrityError(_("The list of used blocks of {name} is damaged.").format(name=region.name))
            position = start + length
            yield start, position


def rebuild_index(repository: Repository) -> int:
    """Make the index anew from the ends of all packs, delete the old files, and return the number of packs.

    New files are written before an old one goes: a crash in between leaves both. Packs whose ends are damaged are
    left out, and `check` tells of them. The repository was opened exclusively.
    """
    names: list[str] = []
    repository.replace_index(_readable_packs(repository, names))
    return len(names)


def _readable_packs(repository: Repository, names: list[str]) -> Iterator[PackEntries]:
    """What the packs themselves tell; `names` takes those that could be read."""
    for name in repository.pack_names():
        with suppress(IntegrityError):
            entries = read_trailer(repository.place, name)
            names.append(name)
            yield PackEntries(bytes.fromhex(Path(name).name), repository.place.size(name), entries)
