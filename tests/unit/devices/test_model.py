"""Disks as values: identity, what confirms a disk, look-ups."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rescue.devices.model import (
    Disk,
    Identity,
    Inventory,
    Partition,
    Use,
    UseKind,
    confirm_texts,
    with_confirm_texts,
)
from rescue.errors import DeviceNotFoundError

TEXT = st.none() | st.text(min_size=1)
IDENTITIES = st.builds(Identity, TEXT, TEXT, TEXT, TEXT, st.integers(0, 1 << 64))


def identity(
    serial: str | None = "S1", wwn: str | None = None, backing: str | None = None, table: str | None = None
) -> Identity:
    return Identity(wwn, serial, backing, table, 1000)


def disk(path: str, who: Identity, *parts: Partition, uses: tuple[Use, ...] = ()) -> Disk:
    return Disk(path, "Model", who, "", "ata", 512, 4096, False, False, False, uses=uses, partitions=parts)


@given(IDENTITIES)
def test_identity_survives_json(who: Identity) -> None:
    assert Identity.from_json(json.loads(json.dumps(who.to_json()))) == who


@pytest.mark.parametrize("bad", [None, [], "x", {}, {"size": "1"}, {"size": -1}, {"size": True}, {"size": 1, "wwn": 5}])
def test_bad_identity_is_a_value_error(bad: object) -> None:
    with pytest.raises(ValueError, match="identity"):
        Identity.from_json(bad)


@given(IDENTITIES, IDENTITIES)
def test_no_differences_means_equal(one: Identity, other: Identity) -> None:
    assert (one.differences(other) == ()) == (one == other)
    assert one.differences(one) == ()


def test_differences_are_sentences() -> None:
    told = identity("OLD", table="t1").differences(identity("NEW", table=None))
    assert told == (
        "The serial number is NEW, expected is OLD.",
        "The partition table's id is unknown, expected is t1.",
    )
    assert identity(table="t1").differences(identity(table="t2"), ignore_table=True) == ()


def test_table_alone_does_not_make_a_disk_known() -> None:
    assert not identity(None, table="t1").known
    assert identity().known
    assert identity(None, wwn="5000").known
    assert identity(None, backing="/x/disk.img").known


def test_confirm_text_is_the_handiest_that_is_unique() -> None:
    alone = [identity("S1", "5000"), identity(None, "5001"), identity(None, None, "/a/one.img"), identity(None)]
    assert confirm_texts(alone) == ["S1", "5001", "one.img", ""]
    same = [identity("S1", "5000"), identity("S1", "5001"), *(identity(None, None, f"/{n}/x.img") for n in "ab")]
    assert confirm_texts(same) == ["S1 5000", "S1 5001", "/a/x.img", "/b/x.img"]


@given(st.lists(IDENTITIES, max_size=6))
def test_same_confirm_text_only_for_disks_that_cannot_be_told_apart(identities: list[Identity]) -> None:
    texts = confirm_texts(identities)
    for place, (text, who) in enumerate(zip(texts, identities, strict=True)):
        assert bool(text) == who.known
        for other, another in list(zip(texts, identities, strict=True))[place + 1 :]:
            if text and text == other and who.serial and another.serial:
                assert (who.serial, who.wwn) == (another.serial, another.wwn)


def test_inventory_finds_disks_and_partitions() -> None:
    part = Partition("/dev/nosuch1", 1, 512, 1024)
    inventory = Inventory((disk("/dev/nosuch", identity(), part),))
    assert inventory.find("/dev/nosuch") == (inventory.disks[0], None)
    assert inventory.find("/dev/nosuch1") == (inventory.disks[0], part)
    with pytest.raises(DeviceNotFoundError, match="is a partition of /dev/nosuch"):
        inventory.disk("/dev/nosuch1")


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/dev/nosuch9", "There is no"),
        ("/etc", "a directory"),
        ("/dev/null", "something else"),
    ],
)
def test_what_is_no_disk_is_named(path: str, words: str) -> None:
    with pytest.raises(DeviceNotFoundError, match=words):
        Inventory(()).find(path)


def test_twins_have_the_same_identity() -> None:
    disks = [disk("/dev/a", identity("S")), disk("/dev/b", identity("S", table="t")), disk("/dev/c", identity("T"))]
    inventory = Inventory(with_confirm_texts(disks))
    assert [twin.path for twin in inventory.twins(inventory.disks[0])] == ["/dev/b"]
    assert inventory.twins(inventory.disks[2]) == ()


def test_uses_of_disk_and_partitions_are_told_with_their_node() -> None:
    mount, swap = Use(UseKind.MOUNT, "/home", read_only=True), Use(UseKind.SWAP, "")
    holder = Use(UseKind.HOLDER, "/dev/dm-0 (vg-root)")
    part = Partition("/dev/x1", 1, 0, 1, uses=(mount, swap))
    assert disk("/dev/x", identity(), part, uses=(holder,)).all_uses() == (
        ("/dev/x", holder),
        ("/dev/x1", mount),
        ("/dev/x1", swap),
    )
    assert [use.describe() for use in (mount, swap, holder)] == [
        "mounted read-only at /home",
        "active swap space",
        "held by /dev/dm-0 (vg-root)",
    ]


def test_disk_as_json_is_plain() -> None:
    one = with_confirm_texts([disk("/dev/x", identity("S1"), uses=(Use(UseKind.SWAP, ""),))])[0]
    told = json.loads(json.dumps(one.to_json()))
    assert (told["path"], told["size"], told["confirm"]) == ("/dev/x", 1000, "S1")
    assert told["uses"] == [{"kind": "swap", "detail": "", "read_only": False}]
