"""Snapshot files that nobody's program wrote, under names that fit: IntegrityError, bounded memory, no traceback."""

import json
import struct
import tracemalloc
from contextlib import suppress
from copy import deepcopy
from pathlib import Path

import pytest
from blake3 import blake3
from hypothesis import given
from hypothesis import strategies as st

from rescue.cancel import CancelToken
from rescue.errors import IntegrityError
from rescue.events import nowhere
from rescue.fields import Fields
from rescue.images.snapshot import layout_of
from rescue.operations.verify import load_ids, verify_snapshot
from rescue.repository.check import check
from rescue.repository.format import chunk_id, compress
from rescue.repository.repository import Repository
from rescue.repository.snapshot import Snapshot
from rescue.units import MiB
from tests.unit.repository.backups import CHUNK, back_up, files, new_repository, noise

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """A good snapshot as JSON."""
    root = new_repository(tmp_path_factory.mktemp("good") / "repo")
    back_up(root, noise(3 * CHUNK, 1))
    loaded: dict[str, object] = json.loads(files(root, "snapshots")[0].read_bytes())
    Snapshot.from_bytes(json.dumps(loaded).encode(), "it")
    return loaded


def places(value: object, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """The way to every value in a JSON document."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [way for key, item in inner for way in ((*path, key), *places(item, (*path, key)))]


def put(document: dict[str, object], path: tuple[str | int, ...], value: object) -> bytes:
    """The document with one value changed; without it for Ellipsis."""
    changed = deepcopy(document)
    holder: object = changed
    for key in path[:-1]:
        holder = holder[key]  # type: ignore[index]
    if value is Ellipsis:
        del holder[path[-1]]  # type: ignore[attr-defined]
    else:
        holder[path[-1]] = value  # type: ignore[index]
    return json.dumps(changed).encode()


@given(st.data())
def test_any_value_in_any_place_of_a_snapshot(document: dict[str, object], data: st.DataObject) -> None:
    """It is refused, or it is a value that does no harm there."""
    path = data.draw(st.sampled_from(places(document)))
    text = put(document, path, data.draw(JSON | st.just(Ellipsis) | st.integers(-1, 1 << 70)))
    with suppress(IntegrityError):
        snapshot = Snapshot.from_bytes(text, "it")
        assert Snapshot.from_bytes(snapshot.to_bytes(), "it") == snapshot


@given(st.binary(max_size=100) | JSON.map(lambda value: json.dumps(value).encode()))
def test_any_bytes_are_no_snapshot(data: bytes) -> None:
    with pytest.raises(IntegrityError):
        Snapshot.from_bytes(data, "it")


DISK = ("disks", 0)
REGION = ("disks", 0, "regions", 0)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("name",), "half a \ud800 character"),
        (("report",), ["\udcff"]),
        (("format",), 2),
        (("chunk_size",), 0),
        (("chunk_size",), 3 * 4096),
        (("chunk_size",), 1 << 40),
        (("outcome",), "GREAT"),
        (("seconds",), -1),
        (("seconds",), 1.5),
        (("disks",), {}),
        (("disks",), [[]]),
        ((*DISK, "sector_size"), 513),
        ((*DISK, "sector_size"), 0),
        ((*DISK, "size"), 1),
        ((*DISK, "size"), 1 << 62),
        ((*DISK, "table"), []),
        ((*REGION, "start"), 1),
        ((*REGION, "size"), 0),
        ((*REGION, "size"), 1 << 50),
        ((*REGION, "kind"), "pie"),
        ((*REGION, "included"), 1),
        ((*REGION, "used_bytes"), 1 << 40),
        ((*REGION, "chunks"), ["../../etc/passwd"]),
        ((*REGION, "chunks"), ["A" * 64]),
        ((*REGION, "chunks"), ["a" * 64] * 2),
        ((*REGION, "chunks"), []),
        ((*REGION, "bad"), [[1]]),
        ((*REGION, "bad"), [[1, -2]]),
        ((*REGION, "bad"), [[True, False]]),
    ],
)
def test_values_that_would_mislead(document: dict[str, object], path: tuple[str | int, ...], value: object) -> None:
    with pytest.raises(IntegrityError):
        Snapshot.from_bytes(put(document, path, value), "it")


def test_regions_that_overlap_or_share_a_name(document: dict[str, object]) -> None:
    region = json.loads(json.dumps(document))["disks"][0]["regions"][0]
    size = region["size"]
    for second in ({**region, "start": size - 512}, {**region, "name": "other", "start": 0}, {**region, "start": size}):
        changed = json.loads(put(document, (*DISK, "size"), 4 * size))
        changed["disks"][0]["regions"] = [region, second]
        with pytest.raises(IntegrityError, match=r"lies over|one name"):
            Snapshot.from_bytes(json.dumps(changed).encode(), "it")


@pytest.mark.parametrize("kind", ["[", '{"a":'])
def test_deep_nesting(document: dict[str, object], kind: str) -> None:
    for depth in (17, 300, 990, 100_000):
        inner = kind * depth + "1" + {"[": "]", '{"a":': "}"}[kind] * depth
        text = put(document, ("machine",), "HERE").decode().replace('"HERE"', '{"a": ' + inner + "}")
        with pytest.raises(IntegrityError):
            Snapshot.from_bytes(text.encode(), "it")


def test_huge_numbers() -> None:
    fields = Fields.parse(b'{"a": 1' + b"0" * 100 + b', "b": 1e400, "c": 9223372036854775808}', "it")
    for name in "ab":
        with pytest.raises(IntegrityError):
            fields.number(name)
    with pytest.raises(IntegrityError):
        Fields.parse(b'{"a": 1' + b"0" * 10_000 + b"}", "it")


# Files whose hash fits their name, but whose content lies.


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = new_repository(tmp_path / "repo")
    back_up(root, noise(3 * CHUNK, 1))
    return root


def plant(root: Path, folder: str, data: bytes, suffix: str = "") -> str:
    """Write a file under the name that its hash demands."""
    name = blake3(data).hexdigest()
    path = root / folder / (f"{name[:2]}/{name}" if folder == "packs" else name + suffix)
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(data)
    return name


def plant_chunk(root: Path, plain: bytes) -> str:
    """Store any bytes as a chunk."""
    with Repository.open(root) as repository, repository.writer() as writer:
        writer.add(chunk_id(plain), len(plain), compress(plain, 3))
        writer.finish()
    return chunk_id(plain).hex()


def fails_everywhere(root: Path, identity: str) -> None:
    """Check tells of the snapshot; showing its layout, or reading its lists, is an IntegrityError."""
    with Repository.open(root, any_index=True) as repository:
        assert check(repository, read_data=True, sink=nowhere, cancel=CancelToken()).problems
        snapshot = repository.snapshot(identity).snapshot
        with pytest.raises(IntegrityError):
            verify_snapshot(repository, snapshot, sink=nowhere, cancel=CancelToken())
        with pytest.raises(IntegrityError):
            layout_of(repository, snapshot.disks[0])
            load_ids(repository, snapshot.disks[0])


def pairs(*extents: tuple[int, int]) -> bytes:
    return b"".join(struct.pack("<QQ", start, length) for start, length in extents)


@pytest.mark.parametrize(
    "used",
    [
        b"",
        b"x",
        pairs((0, 0)),
        pairs((0, 512), (0, 512)),
        pairs((1024, 512), (0, 512)),
        pairs((0, 3 * CHUNK + 1)),
        pairs((1 << 63, 1 << 63)),
        pairs((512, (1 << 64) - 512)),
        pairs((0, 512)) * 100,
        pairs((0, 512)),
    ],
)
def test_lists_of_used_blocks_that_lie(root: Path, document: dict[str, object], used: bytes) -> None:
    names = [plant_chunk(root, used)] if used else []
    data = put(document, (*REGION, "used"), names)
    identity = plant(root, "snapshots", data, ".json")
    with Repository.open(root, any_index=True) as repository:
        assert check(repository, read_data=True, sink=nowhere, cancel=CancelToken()).problems
        record = repository.snapshot(identity).snapshot.disks[0]
        if used not in (b"", pairs((0, 512))):  # those are lists of fewer bytes, which only the check compares
            with pytest.raises(IntegrityError):
                layout_of(repository, record)


def test_a_list_that_repeats_one_piece_needs_no_memory(root: Path, document: dict[str, object]) -> None:
    piece = plant_chunk(root, pairs(*((number * 1024, 512) for number in range(16384))))
    identity = plant(root, "snapshots", put(document, (*REGION, "used"), [piece] * 1000), ".json")
    tracemalloc.start()
    try:
        with Repository.open(root) as repository, pytest.raises(IntegrityError):
            layout_of(repository, repository.snapshot(identity).snapshot.disks[0])
        assert tracemalloc.get_traced_memory()[1] < 20 * MiB
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("ids", [b"short", bytes(32) * 2, bytes(32) * 4, b"q" * 96])
def test_lists_of_chunks_that_lie(root: Path, document: dict[str, object], ids: bytes) -> None:
    """Cut off, too short, too long, or of chunks that are not there."""
    fails_everywhere(
        root, plant(root, "snapshots", put(document, (*REGION, "chunks"), [plant_chunk(root, ids)]), ".json")
    )


def test_a_chunk_of_another_length(root: Path, document: dict[str, object]) -> None:
    small = plant_chunk(root, b"x" * 512)
    ids = plant_chunk(root, bytes.fromhex(small) * 3)
    identity = plant(root, "snapshots", put(document, (*REGION, "chunks"), [ids]), ".json")
    with Repository.open(root, any_index=True) as repository:
        assert check(repository, read_data=True, sink=nowhere, cancel=CancelToken()).problems
        with pytest.raises(IntegrityError):
            verify_snapshot(repository, repository.snapshot(identity).snapshot, sink=nowhere, cancel=CancelToken())


@pytest.mark.parametrize(
    ("path", "value"),
    [((*REGION, "name"), "p1"), ((*REGION, "kind"), "partition"), ((*REGION, "number"), 7)],
)
def test_a_region_under_another_name(
    root: Path, document: dict[str, object], path: tuple[str | int, ...], value: object
) -> None:
    """`restore SNAPSHOT:p2` never gives another partition."""
    identity = plant(root, "snapshots", put(document, path, value), ".json")
    with Repository.open(root) as repository, pytest.raises(IntegrityError, match="do not fit"):
        layout_of(repository, repository.snapshot(identity).snapshot.disks[0])
