"""`rescue network`: the state of the network; switch it on, join a Wi-Fi."""

import argparse

from rescue.cli.secrets import password
from rescue.cli.text import say, say_json
from rescue.errors import PlaceError
from rescue.language import _
from rescue.operations.privilege import require_root
from rescue.places import network, wifi
from rescue.places.network import Interface, LinkKind, Network


def run(options: argparse.Namespace) -> int:
    """Do what was asked, then print the state."""
    if options.start or options.join:
        require_root()
        network.start_manager()
    if options.join:
        _join(options.join)
    state = network.look()
    if options.json:
        say_json(state.to_json())
    else:
        say(*describe(state))
    return 0


def _join(name: str) -> None:
    point = next((point for point in wifi.access_points() if point.name == name), None)
    if point is None:
        raise PlaceError(
            _("There is no Wi-Fi called {name} in reach.").format(name=name), hint=_("`nmcli device wifi` lists all.")
        )
    wifi.join(point, password(_("Password of {name}: ").format(name=name)) if point.security else "")


def describe(state: Network) -> list[str]:
    """The state for people."""
    lines = [_line(each) for each in state.interfaces] or [_("There is no network interface.")]
    lines.append(_("gateway: {list}").format(list=", ".join(state.gateways) or _("none")))
    lines.append(_("name servers: {list}").format(list=", ".join(state.name_servers) or _("none")))
    if not state.managed:
        lines.append(_("NetworkManager does not run. `rescue network --start` switches the network on."))
    return lines


def _line(each: Interface) -> str:
    kinds = {LinkKind.CABLE: _("cable"), LinkKind.WIFI: _("Wi-Fi"), LinkKind.OTHER: _("made by software")}
    link = _("connected") if each.link else _("not connected") if each.up else _("off")
    addresses = ", ".join(each.addresses) or _("no address")
    return f"{each.name}  {kinds[each.kind]}  {link}  {addresses}"
