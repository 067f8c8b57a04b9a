"""Network: how it is in lines, and what can be done about it."""

from pathlib import Path

import pytest

from rescue.errors import RescueError
from rescue.flows import network as flow
from rescue.flows.engine import Engine
from rescue.flows.front import Front
from rescue.flows.network import network, network_lines, wifi_problem
from rescue.places.model import Place, PlaceKind
from tests.flows import values
from tests.flows.fakes import (
    BACK,
    FakeEngine,
    FakeFront,
    FakeInterface,
    FakeLink,
    FakeNetwork,
    Step,
    pick,
    play,
    read,
    terminal,
)

WIFI = FakeInterface("wlan0", FakeLink.WIFI, link=False, addresses=())
BRIDGE = FakeInterface("br0", FakeLink.OTHER, addresses=("10.0.0.1/8",))
WITH_WIFI = FakeNetwork((FakeInterface(), WIFI, BRIDGE))
SHARE = values.share(directory=Path("/places/nas"))
LEAVE = pick("Network", BACK)


class Connect:
    """The form that opens a share."""

    def __init__(self) -> None:
        self.asked = 0

    async def __call__(self, front: Front, engine: Engine) -> Place | None:
        del front, engine
        self.asked += 1
        return None


def use(engine: FakeEngine, *script: Step, connect: Connect | None = None) -> FakeFront:
    return play(lambda front: network(front, engine, connect or Connect()), *script)


def test_how_it_is() -> None:
    front = use(FakeEngine(net=WITH_WIFI), LEAVE)
    assert front.question().text.splitlines() == [
        "Cable eth0: 192.168.1.20/24",
        "Wi-Fi wlan0: not joined",
        "Way out: 192.168.1.1 (eth0)",
        "Name servers: 192.168.1.1",
    ]


@pytest.mark.parametrize(
    ("interface", "told"),
    [
        (FakeInterface(addresses=("10.0.0.2/8", "fd00::2/64")), "Cable eth0: 10.0.0.2/8, fd00::2/64"),
        (FakeInterface(addresses=()), "Cable eth0: connected, but without an address yet"),
        (FakeInterface(link=False, addresses=()), "Cable eth0: not plugged in"),
        (FakeInterface("wlan0", FakeLink.WIFI), "Wi-Fi wlan0: 192.168.1.20/24"),
    ],
)
def test_an_interface(interface: FakeInterface, told: str) -> None:
    assert list(network_lines(FakeNetwork((interface,), (), ()))) == [told]


def test_no_network() -> None:
    (line,) = network_lines(FakeNetwork((BRIDGE,), (), ()))
    assert line.startswith("No network was found")


def test_a_network_that_is_off_is_switched_on() -> None:
    engine = FakeEngine(net=FakeNetwork(managed=False))
    front = use(engine, pick("Network", "Switch the network on"), LEAVE)
    assert engine.calls == [("start_network", "now")]
    assert "switched off" in front.question().text
    on = use(FakeEngine(), LEAVE)
    assert "Switch the network on" not in [option.title for option in on.question().options]


def test_a_wifi_is_joined_in_a_program_of_its_own() -> None:
    engine = FakeEngine(net=WITH_WIFI)
    use(engine, pick("Network", "Join a Wi-Fi"), terminal(), LEAVE)
    assert engine.calls == [("nmtui", "opened")]


@pytest.mark.parametrize(
    ("state", "installed", "told"),
    [
        (WITH_WIFI, True, ""),
        (WITH_WIFI, False, "not installed"),
        (FakeNetwork(), True, "has no Wi-Fi"),
        (FakeNetwork((WIFI,), managed=False), True, "Switch the network on first."),
    ],
)
def test_why_no_wifi_can_be_joined(state: FakeNetwork, installed: bool, told: str) -> None:
    problem = wifi_problem(state, installed=installed)
    assert told in problem
    assert bool(told) == bool(problem)
    front = use(FakeEngine(net=state, has_wifi=installed), LEAVE)
    assert next(each for each in front.question().options if each.key == "w").refused == problem


def test_a_share_is_opened_by_its_form() -> None:
    connect = Connect()
    use(FakeEngine(), pick("Network", "Open a share"), pick("Network", "Look again"), LEAVE, connect=connect)
    assert connect.asked == 1


def test_the_form_of_every_screen_opens_a_share_to_write_on(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[tuple[PlaceKind, bool]] = []

    async def form(front: Front, engine: Engine, kind: PlaceKind, *, writable: bool) -> Place | None:
        del front, engine
        opened.append((kind, writable))
        return None

    monkeypatch.setattr(flow, "open_share", form)
    engine = FakeEngine()
    for title, kind in (("A Windows", PlaceKind.SMB), ("An NFS", PlaceKind.NFS), ("A folder", PlaceKind.SSH)):
        play(lambda front: network(front, engine), pick("Network", "Open a share"), pick("Open a share", title), LEAVE)
        assert opened.pop() == (kind, True)
    play(lambda front: network(front, engine), pick("Network", "Open a share"), pick("Open a share", BACK), LEAVE)
    assert opened == []


def test_an_open_share_is_disconnected() -> None:
    closed = values.share("nfs://other/x")
    engine = FakeEngine(there=(SHARE, closed, values.drive(directory=Path("/places/usb"))))
    front = use(engine, pick("Network", "Disconnect"), LEAVE)
    assert engine.calls == [("close_place", SHARE.address)]
    assert not [option for option in front.question().options if option.title.startswith("Disconnect")]


def test_a_share_in_use_stays_open_and_says_so() -> None:
    engine = FakeEngine(there=(SHARE,), fails={"close_place": [RescueError("It is in use.", hint="End the job.")]})
    front = use(engine, pick("Network", "Disconnect"), read("This is not possible"), LEAVE)
    assert front.page().lines == ("It is in use.", "End the job.")
    assert [option for option in front.question().options if option.title.startswith("Disconnect")]


def test_a_state_that_nobody_knows_ends_it() -> None:
    use(FakeEngine(fails={"network": [RescueError("`ip` is not installed.")]}), read("This is not possible"))
