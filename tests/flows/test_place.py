"""Which place: drives, folders, shares, and a form that says what is wrong."""

from dataclasses import replace
from pathlib import Path

import pytest

from rescue.devices.model import Inventory
from rescue.errors import PlaceError
from rescue.flows.place import choose_place, place_question
from rescue.flows.share import address_of
from rescue.places.host_keys import HostKeyError
from rescue.places.model import Place, PlaceKind
from rescue.places.troubles import Trouble
from tests.flows import values
from tests.flows.fakes import BACK, FakeEngine, FakeFront, Step, fill, pick, play, read

SMB = {"host": "nas", "path": "backups", "user": "ann", "password": "secret"}
SSH = {"host": "box", "path": "", "user": "ann", "password": "secret"}
CONNECT = "A Windows or Samba share, a NAS"
BY_SSH = "A folder on another computer by SSH"


def chosen(engine: FakeEngine, *script: Step, writable: bool = True) -> tuple[Place | None, FakeFront]:
    """The place that comes of a script."""
    found: list[Place | None] = []

    async def flow(front: FakeFront) -> None:
        found.append(await choose_place(front, engine, writable=writable))

    front = play(flow, *script)
    return found[0], front


def test_a_drive_is_opened_when_it_is_chosen_and_not_before() -> None:
    engine = FakeEngine(there=(values.drive(),))
    place, _front = chosen(engine, pick("Where to", "Drive sdb"))
    assert place is not None
    assert place.open
    assert [call for call in engine.calls if call[0] == "open_place"] == [("open_place", "/dev/sdb1")]


def test_going_back_opens_nothing() -> None:
    engine = FakeEngine(there=(values.drive(),))
    assert chosen(engine, pick("Where to", BACK))[0] is None
    assert not engine.calls


def test_what_cannot_be_opened_is_told_and_asked_again() -> None:
    engine = FakeEngine(there=(values.drive(),), fails={"open_place": [PlaceError("Windows sleeps on it.", hint="H")]})
    place, front = chosen(
        engine, pick("Where to", "Drive sdb"), read("This place cannot be used"), pick("Where to", BACK)
    )
    assert place is None
    assert front.page().lines == ("Windows sleeps on it.", "H")


def test_a_read_only_drive_is_good_to_restore_from_only() -> None:
    places = (values.drive(read_only=True),)
    assert place_question(places, writable=True).options[0].refused == "It is read-only."
    assert place_question(places, writable=False).options[0].refused == ""
    assert "format" not in [option.value for option in place_question(places, writable=False).options]


def test_a_share_is_tried_by_the_form() -> None:
    engine = FakeEngine()
    engine.fails["connect"] = [PlaceError("Wrong user or password.", hint="Check both.")]
    place, _front = chosen(
        engine, pick("Where to", CONNECT), fill(CONNECT, SMB, wrong="Wrong user or password."), fill(CONNECT, SMB)
    )
    assert place is not None
    assert place.kind is PlaceKind.SMB
    assert ("connect", "smb://nas/backups", "ann", "secret") in engine.calls


def test_no_password_is_in_what_can_be_seen_of_a_place() -> None:
    place, front = chosen(FakeEngine(), pick("Where to", CONNECT), fill(CONNECT, SMB))
    shown = [each for each in front.shown if type(each).__name__ != "Form"]
    assert "secret" not in f"{place}{shown}{front.said}"


def test_a_share_to_restore_from_need_not_be_writable() -> None:
    engine = FakeEngine()
    chosen(engine, pick("From where", CONNECT), fill(CONNECT, SMB), writable=False)
    assert ("connect", "smb://nas/backups", "ann", "secret", "ro") in engine.calls


def unknown() -> HostKeyError:
    return HostKeyError("First contact.", trouble=Trouble.HOST_KEY_UNKNOWN, fingerprint="SHA256:abc")


def test_an_unknown_server_is_accepted_by_a_person_only() -> None:
    engine = FakeEngine(fails={"connect": [unknown()]})
    place, front = chosen(
        engine, pick("Where to", BY_SSH), fill(BY_SSH, SSH), read("A server that was never seen before", "a")
    )
    assert place is not None
    assert ("connect", "sftp://box", "ann", "secret", "SHA256:abc") in engine.calls
    assert "First contact." in front.page().lines


def test_a_key_that_is_not_accepted_connects_nothing() -> None:
    engine = FakeEngine(fails={"connect": [unknown(), unknown()]})
    place, _front = chosen(
        engine,
        pick("Where to", BY_SSH),
        fill(BY_SSH, SSH),
        read("A server that was never seen before"),
        fill(BY_SSH, BACK),
        pick("Where to", BACK),
    )
    assert place is None
    assert not [call for call in engine.calls if call[0] == "connect"]


def test_a_changed_key_is_refused_with_its_reason() -> None:
    changed = HostKeyError("Another key.", trouble=Trouble.HOST_KEY_CHANGED, hint="Ask.", fingerprint="SHA256:x")
    engine = FakeEngine(fails={"connect": [changed]})
    chosen(
        engine,
        pick("Where to", BY_SSH),
        fill(BY_SSH, SSH, wrong="Another key. Ask."),
        fill(BY_SSH, BACK),
        pick("Where to", BACK),
    )


def test_the_network_is_switched_on_where_there_is_none() -> None:
    engine = FakeEngine()
    chosen(engine, pick("Where to", CONNECT), fill(CONNECT, SMB))
    assert ("start_network", "now") not in engine.calls
    engine = FakeEngine(net=replace(engine.net, interfaces=(replace(engine.net.interfaces[0], addresses=()),)))
    chosen(engine, pick("Where to", CONNECT), fill(CONNECT, SMB))
    assert ("start_network", "now") in engine.calls


def test_a_folder() -> None:
    engine = FakeEngine(fails={"folder": [PlaceError("There is no directory /nowhere.")]})
    title = "A folder of this computer"
    place, _front = chosen(
        engine,
        pick("Where to", title),
        fill(title, {"path": "/nowhere"}, wrong="There is no directory"),
        fill(title, {"path": "/mnt/usb"}),
    )
    assert place is not None
    assert place.directory == Path("/mnt/usb")


def test_making_a_drive_asks_and_comes_back() -> None:
    engine = FakeEngine(Inventory(()))
    place, _front = chosen(
        engine, pick("Where to", "Make a drive one for backups"), pick("Where to", BACK), pick("Where to", BACK)
    )
    assert place is None


@pytest.mark.parametrize(
    ("kind", "host", "path", "url"),
    [
        (PlaceKind.SMB, "nas", "backups/ann", "smb://nas/backups/ann"),
        (PlaceKind.SMB, r"\\nas", r"backups\ann", "smb://nas/backups/ann"),
        (PlaceKind.NFS, "nas:2050", "/srv/b/", "nfs://nas:2050/srv/b"),
        (PlaceKind.SSH, "box:2222", "", "sftp://box:2222"),
        (PlaceKind.SSH, " 192.168.1.5 ", "srv", "sftp://192.168.1.5/srv"),
    ],
)
def test_addresses(kind: PlaceKind, host: str, path: str, url: str) -> None:
    address = address_of(kind, {"host": host, "path": path})
    assert not isinstance(address, str)
    assert address.url() == url


@pytest.mark.parametrize(
    ("kind", "host", "path", "wrong"),
    [
        (PlaceKind.SMB, "", "backups", "Which computer?"),
        (PlaceKind.SMB, "nas", "", "Which share?"),
        (PlaceKind.NFS, "nas", "/", "Which export?"),
        (PlaceKind.SSH, "box:ssh", "", "“ssh” is no port."),
    ],
)
def test_what_is_missing_is_said(kind: PlaceKind, host: str, path: str, wrong: str) -> None:
    assert str(address_of(kind, {"host": host, "path": path})).startswith(wrong)
