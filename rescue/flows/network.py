"""Network: how this computer is connected, Wi-Fi, and folders of other computers."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from functools import partial

from rescue.flows import words
from rescue.flows.engine import Engine, NetworkInterface, NetworkState
from rescue.flows.front import Front, Option, Pick
from rescue.flows.reading import tried
from rescue.flows.share import open_share
from rescue.language import _
from rescue.places.model import Place, PlaceKind

_HELP = "network"
_WIFI, _SOFTWARE = "wifi", "other"
_SHARES = (PlaceKind.SMB, PlaceKind.NFS, PlaceKind.SSH)

Act = Callable[[], Awaitable[object]]
Connect = Callable[[Front, Engine], Awaitable[Place | None]]


async def network(front: Front, engine: Engine, connect: Connect | None = None) -> None:
    """State and things to do, until the person goes back. `connect` is what opens a share."""
    choose = partial(_choose, front, engine, connect or _connect)
    while (act := await tried(front, choose, _HELP)) is not None:
        await tried(front, act, _HELP)


async def _choose(front: Front, engine: Engine, connect: Connect) -> Act | None:
    state = await front.busy(_("Looking at the network …"), engine.network)
    shares = await open_shares(front, engine)
    return await front.pick(question(front, engine, state, shares, connect))


async def open_shares(front: Front, engine: Engine) -> tuple[Place, ...]:
    """The folders of other computers that are open now."""
    inventory = await front.busy(_("Looking for shares …"), engine.look)
    places = await front.busy("", lambda: engine.places(inventory))
    return tuple(place for place in places if place.open and place.kind in _SHARES)


def question(front: Front, engine: Engine, state: NetworkState, shares: Sequence[Place], connect: Connect) -> Pick[Act]:
    """What can be done, below how it is."""
    wifi = engine.wifi()
    options: list[Option[Act]] = [
        Option(
            partial(_join, front, wifi),
            _("Join a Wi-Fi"),
            (_("opens a page of its own; “Quit” there comes back"),),
            refused=wifi_problem(state, installed=wifi is not None),
            key="w",
        ),
        Option(
            partial(connect, front, engine),
            _("Open a share"),
            (_("a folder of another computer: Windows or Samba, NFS, SSH"),),
            key="s",
            chosen=True,
        ),
        Option(_again, _("Look again"), key="l"),
    ]
    if not state.managed:
        title = _("Switch the network on")
        options.insert(0, Option(partial(_switch_on, front, engine), title, key="o", chosen=True))
    options += [
        Option(
            partial(_disconnect, front, engine, share),
            _("Disconnect {share}").format(share=words.place_title(share)),
            (_("open at {directory}").format(directory=share.directory),),
        )
        for share in shares
    ]
    return Pick(_("Network"), tuple(options), help=_HELP, text="\n".join(network_lines(state)))


def network_lines(state: NetworkState) -> Iterator[str]:
    """How it is, a line each; interfaces that are made of software are nobody's business here."""
    shown = [interface for interface in state.interfaces if interface.kind.value != _SOFTWARE]
    if not shown:
        yield _("No network was found: no cable, and no Wi-Fi that this system knows.")
    for interface in shown:
        kind = _("Wi-Fi") if interface.kind.value == _WIFI else _("Cable")
        yield f"{kind} {interface.name}: {_link(interface)}"
    if state.gateways:
        yield _("Way out: {gateways}").format(gateways=", ".join(state.gateways))
    if state.name_servers:
        yield _("Name servers: {servers}").format(servers=", ".join(state.name_servers))
    if not state.managed:
        yield _("Nobody takes care of the network now: it is switched off.")


def _link(interface: NetworkInterface) -> str:
    if interface.addresses:
        return ", ".join(interface.addresses)
    if interface.link:
        return _("connected, but without an address yet")
    return _("not joined") if interface.kind.value == _WIFI else _("not plugged in")


def wifi_problem(state: NetworkState, *, installed: bool) -> str:
    """Why no Wi-Fi can be joined; empty where one can."""
    if not installed:
        return _("The program for that (nmtui) is not installed.")
    if not any(interface.kind.value == _WIFI for interface in state.interfaces):
        return _("This computer has no Wi-Fi, or none that this system knows.")
    return "" if state.managed else _("Switch the network on first.")


async def _switch_on(front: Front, engine: Engine) -> None:
    await front.busy(_("Switching the network on …"), engine.start_network)


async def _join(front: Front, wifi: Callable[[], None] | None) -> None:
    if wifi is not None:
        await front.terminal(wifi)


async def _connect(front: Front, engine: Engine) -> Place | None:
    """A share to write on, which is good for reading, too."""
    kind = await front.pick(kind_question())
    return None if kind is None else await open_share(front, engine, kind, writable=True)


def kind_question() -> Pick[PlaceKind]:
    """How the other computer gives its folders away."""
    options = (
        Option(PlaceKind.SMB, _("A Windows or Samba share, a NAS"), key="w", chosen=True),
        Option(PlaceKind.NFS, _("An NFS export"), key="n"),
        Option(PlaceKind.SSH, _("A folder on another computer by SSH"), key="s"),
    )
    text = _("One that may only be read is opened by Restore.")
    return Pick(_("Open a share"), options, help="share", text=text)


async def _again() -> None:
    """The page is built anew each time."""


async def _disconnect(front: Front, engine: Engine, share: Place) -> None:
    await front.busy(_("Closing {share} …").format(share=share.name), lambda: engine.close_place(share))
