"""JSON that somebody else may have written."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rescue.errors import IntegrityError
from rescue.fields import MAX_DEPTH, MAX_NUMBER, Fields

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)


@given(JSON)
def test_every_value_is_right_or_refused(value: object) -> None:
    fields = Fields({"a": value}, "it")
    for read, fits in (
        (fields.text, isinstance(value, str)),
        (fields.optional_text, value is None or isinstance(value, str)),
        (fields.number, type(value) is int and 0 <= value <= MAX_NUMBER),
        (fields.flag, isinstance(value, bool)),
        (fields.mapping, isinstance(value, dict)),
        (fields.texts, isinstance(value, list) and all(isinstance(item, str) for item in value)),
        (lambda name: list(fields.objects(name)), isinstance(value, list) and all(isinstance(i, dict) for i in value)),
    ):
        if fits:
            read("a")
        else:
            with pytest.raises(IntegrityError, match=r"^it"):
                read("a")


@given(st.binary())
def test_any_bytes_are_an_object_or_refused(data: bytes) -> None:
    try:
        Fields.parse(data, "it")
    except IntegrityError as error:
        assert error.message.startswith("it is")


@pytest.mark.parametrize("name", ["text", "number", "flag", "texts", "pairs", "mapping"])
def test_a_missing_value(name: str) -> None:
    with pytest.raises(IntegrityError, match="“a”"):
        getattr(Fields({}, "it"), name)("a")


@pytest.mark.parametrize(
    ("value", "fits"),
    [
        ([], True),
        ([[1, 2], [0, 0]], True),
        ([[1]], False),
        ([[1, 2, 3]], False),
        ([[1, -1]], False),
        ([[1, 2.0]], False),
        ([[True, 1]], False),
        ([[1, MAX_NUMBER + 1]], False),
        ([{"1": 2}], False),
        ("12", False),
    ],
)
def test_pairs(value: object, *, fits: bool) -> None:
    fields = Fields({"a": value}, "it")
    if fits:
        assert fields.pairs("a") == tuple(map(tuple, value))  # type: ignore[call-overload]
    else:
        with pytest.raises(IntegrityError):
            fields.pairs("a")


def test_numbers_have_a_largest() -> None:
    assert Fields({"a": 5}, "it").number("a", 5) == 5
    with pytest.raises(IntegrityError):
        Fields({"a": 6}, "it").number("a", 5)


@pytest.mark.parametrize("text", ["\ud800", "fine \udfff not fine"])
def test_text_that_cannot_be_printed(text: str) -> None:
    """JSON can spell half characters; printing or storing one would fail hours later."""
    parsed = Fields.parse(json.dumps({"a": text, "b": [text]}).encode(), "it")
    with pytest.raises(IntegrityError):
        parsed.text("a")
    with pytest.raises(IntegrityError):
        parsed.texts("b")


def test_depth() -> None:
    def nested(depth: int) -> dict[str, object]:
        value: dict[str, object] = {}
        for _ in range(depth - 1):
            value = {"a": [value]} if depth % 2 else {"a": value}
        return value

    assert Fields({"a": nested(8)}, "it").mapping("a") == nested(8)
    with pytest.raises(IntegrityError):
        Fields({"a": nested(MAX_DEPTH + 2)}, "it").mapping("a")


def test_objects_say_where_they_are() -> None:
    fields = Fields({"disks": [{}, {"regions": [{}]}]}, "The snapshot")
    region = next(list(fields.objects("disks"))[1].objects("regions"))
    assert region.where == "The snapshot, disks[1], regions[0]"
