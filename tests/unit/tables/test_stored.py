"""The table in a snapshot file: the same table comes back, and anything else is refused in words."""

import base64
import copy
import json
import tracemalloc
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rescue.errors import IntegrityError
from rescue.tables.model import Table, TableKind
from rescue.tables.read import read_table
from rescue.tables.stored import from_json, to_json
from tests.unit.tables.synth import UNTIMED, Image, gpt_plans, mbr_plans
from tests.unit.tables.test_read_gpt import plan

TABLES = (gpt_plans() | mbr_plans()).map(lambda made: table_of(made.image()))
JUNK: st.SearchStrategy[object] = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.just([]) | st.just({})
)


def table_of(image: Image) -> Table:
    """The table of the image."""
    return read_table(image.read, image.size, image.sector_size)


@UNTIMED
@given(TABLES)
def test_the_same_table_comes_back(table: Table) -> None:
    assert from_json(json.loads(json.dumps(to_json(table)))) == table


def test_no_table_comes_back() -> None:
    table = Table(TableKind.NONE, 512, 12345, notes=("A note.",))
    assert from_json(to_json(table)) == table


@UNTIMED
@given(TABLES, st.data())
def test_a_changed_value_gives_a_table_or_words(table: Table, data: st.DataObject) -> None:
    value = json.loads(json.dumps(to_json(table)))
    holder: object = value
    while True:
        assert isinstance(holder, dict | list)
        key = data.draw(st.sampled_from(sorted(holder) if isinstance(holder, dict) else range(len(holder))))
        child = holder[key]
        if not isinstance(child, dict | list) or not child or data.draw(st.booleans()):
            break
        holder = child
    holder[key] = data.draw(JUNK | st.just(child).filter(lambda child: isinstance(child, int)).map(lambda n: n + 512))
    try:
        changed = from_json(value)
    except IntegrityError as error:
        assert error.message
        return
    assert [(entry.number, entry.start, entry.size) for entry in changed.entries] == [
        (entry.number, entry.start, entry.size) for entry in table.entries
    ]


@UNTIMED
@given(TABLES, st.data())
def test_changed_sector_data_gives_a_table_or_words(table: Table, data: st.DataObject) -> None:
    value = json.loads(json.dumps(to_json(table)))
    piece = data.draw(st.sampled_from(value["sectors"]))
    raw = bytearray(zlib.decompress(base64.b64decode(piece["data"])))
    raw[data.draw(st.integers(0, len(raw) - 1))] ^= data.draw(st.integers(1, 255))
    piece["data"] = pack(bytes(raw))
    try:
        changed = from_json(value)
    except IntegrityError:
        return
    assert [entry.start for entry in changed.entries] == [entry.start for entry in table.entries]


def pack(data: bytes) -> str:
    """Sector data as it is stored."""
    return base64.b64encode(zlib.compress(data)).decode()


def spoilt(**changes: object) -> dict[str, object]:
    """A usual table with some keys changed."""
    return {**copy.deepcopy(to_json(table_of(plan((2048, 4095)).image()))), **changes}


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ([], "not a JSON object"),
        (spoilt(kind="mbr"), "kind"),
        (spoilt(kind=None), "kind"),
        (spoilt(sector_size=513), "sectors of 513 bytes"),
        (spoilt(sector_size=True), "sector_size"),
        (spoilt(disk_size=-1), "disk_size"),
        (spoilt(disk_size=2**64), "disk_size"),
        (spoilt(disk_size=1 << 20), "no sectors of that disk"),
        (spoilt(entries=[]), "list of partitions"),
        (spoilt(entries=[{"number": 1, "start": 1048576, "size": 512}]), "list of partitions"),
        (spoilt(sectors=[]), "kind"),
        (spoilt(sectors=[{"offset": 0, "data": pack(bytes(512))}]), "no partition table"),
        (spoilt(sectors=[{"offset": 0, "data": pack(bytes(100))}]), "no sectors"),
        (spoilt(sectors=[{"offset": 7, "data": pack(bytes(512))}]), "no sectors"),
        (spoilt(sectors=[{"offset": 0, "data": pack(b"")}]), "no sectors"),
        (spoilt(sectors=[{"offset": 512 * at, "data": pack(bytes(1024))} for at in (0, 1)]), "overlap"),
        (spoilt(sectors=[{"offset": 512 * at, "data": pack(bytes(512))} for at in (1, 0)]), "out of order"),
        (spoilt(sectors=[{"offset": 0, "data": "%%%"}]), "unpacked"),
        (spoilt(sectors=[{"offset": 0, "data": pack(bytes(512))[:-8]}]), "unpacked|cut off"),
        (spoilt(sectors=[{"offset": 0, "data": "é"}]), "unpacked"),
        (spoilt(sectors=[{"offset": 0, "data": pack(bytes(17 << 20))}]), "more sectors"),
        (spoilt(sectors=[{"offset": 0, "data": pack(bytes(512))}] * 2000), "more pieces"),
        (spoilt(notes=["x" * 3000]), "notes"),
        (spoilt(notes=[1]), "notes"),
    ],
)
def test_what_is_no_table_is_refused(value: object, words: str) -> None:
    with pytest.raises(IntegrityError, match=words):
        from_json(value)


def test_extra_sectors_inside_a_partition_are_refused() -> None:
    value = to_json(table_of(plan((2048, 4095)).image()))
    sectors = value["sectors"]
    assert isinstance(sectors, list)
    sectors.insert(3, {"offset": 3000 * 512, "data": pack(bytes(512))})
    with pytest.raises(IntegrityError, match="covers the partition table"):
        from_json(value)


def test_a_bomb_takes_no_more_memory_than_a_table() -> None:
    packer = zlib.compressobj(9)
    bomb = b"".join(packer.compress(bytes(1 << 20)) for _ in range(200)) + packer.flush()
    value = spoilt(sectors=[{"offset": 0, "data": base64.b64encode(bomb).decode()}])
    tracemalloc.start()
    try:
        with pytest.raises(IntegrityError, match="more sectors"):
            from_json(value)
        assert tracemalloc.get_traced_memory()[1] < 64 << 20
    finally:
        tracemalloc.stop()
