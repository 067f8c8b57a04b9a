"""The state of the network, as the kernel tells it: what is plugged in, which addresses there are, who manages it."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from rescue import process
from rescue.errors import MissingToolError, PlaceError
from rescue.language import _
from rescue.places import mounting

_NET = Path("/sys/class/net")
_RESOLV = Path("/etc/resolv.conf")
_START_SECONDS = 60.0
_ONLINE_SECONDS = 60
_ETHERNET, _LOOPBACK = "ether", "loopback"


class LinkKind(Enum):
    """How an interface reaches others. OTHER is made of software: bridges, tunnels, virtual machines' ends."""

    CABLE = "cable"
    WIFI = "wifi"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Interface:
    """One network interface. `link` is True where the other end is there: a cable is plugged in, a Wi-Fi is joined.

    `addresses` are as in `192.168.1.5/24`, those that are valid beyond the cable itself.
    """

    name: str
    kind: LinkKind
    up: bool
    link: bool
    hardware: str
    addresses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Network:
    """What is known about the network. `managed`: NetworkManager runs and takes care of it."""

    interfaces: tuple[Interface, ...]
    gateways: tuple[str, ...]
    name_servers: tuple[str, ...]
    managed: bool

    @property
    def connected(self) -> bool:
        """True where something has a link and an address."""
        return any(each.link and each.addresses for each in self.interfaces)

    def to_json(self) -> dict[str, object]:
        """The state for scripts."""
        plain = asdict(self)
        for each in plain["interfaces"]:
            each["kind"] = each["kind"].value
        return {"connected": self.connected, **plain}


def look() -> Network:
    """The state now. MissingToolError, ToolError."""
    routes = [process.run(["ip", "-json", family, "route", "show", "default"]).text for family in ("-4", "-6")]
    return Network(
        interfaces=parse_interfaces(process.run(["ip", "-json", "address", "show"]).text, _NET),
        gateways=tuple(gateway for text in routes for gateway in parse_gateways(text)),
        name_servers=parse_name_servers(_read(_RESOLV)),
        managed=managed(),
    )


def managed() -> bool:
    """True where NetworkManager runs."""
    try:
        done = process.run(["nmcli", "--terse", "--fields", "RUNNING", "general"], allowed=range(256))
    except MissingToolError:
        return False
    return done.status == 0 and done.text.strip() == "running"


def start_manager() -> None:
    """Start NetworkManager where it does not run, and wait until it is done with the network, a minute at most.

    PlaceError where it does not start.
    """
    if not managed():
        _start()
    wait = ["nm-online", "--quiet", f"--timeout={_ONLINE_SECONDS}"]
    process.run(wait, allowed=range(256), timeout=2.0 * _ONLINE_SECONDS)


def _start() -> None:
    done = process.run(["systemctl", "start", "NetworkManager.service"], allowed=range(256), timeout=_START_SECONDS)
    if done.status:
        raise PlaceError(
            _("The network cannot be switched on: {reason}").format(reason=mounting.last_line(done.error_text)),
            hint=_("A shell and `ip` or `dhclient` can do it by hand."),
        )


def parse_interfaces(text: str, net: Path) -> tuple[Interface, ...]:
    """Interfaces from the words of `ip -json address`, without the loopback; `net` is /sys/class/net."""
    found = (entry for entry in _objects(text) if entry.get("link_type") != _LOOPBACK and "ifname" in entry)
    return tuple(_interface(entry, net) for entry in found)


def parse_gateways(text: str) -> Iterator[str]:
    """Gateways from the words of `ip -json route show default`: `192.168.1.1 (eth0)`."""
    for entry in _objects(text):
        if "gateway" in entry:
            yield f"{entry['gateway']} ({entry.get('dev', '?')})"


def parse_name_servers(text: str) -> tuple[str, ...]:
    """Addresses of name servers from a resolv.conf."""
    words = [line.split() for line in text.splitlines()]
    return tuple(line[1] for line in words if len(line) > 1 and line[0] == "nameserver")


def _interface(entry: dict[str, Any], net: Path) -> Interface:
    flags = entry.get("flags", ())
    usable = (info for info in entry.get("addr_info", ()) if info.get("scope") == "global" and "local" in info)
    return Interface(
        name=entry["ifname"],
        kind=_kind(entry, net / entry["ifname"]),
        up="UP" in flags,
        link="LOWER_UP" in flags and "NO-CARRIER" not in flags,
        hardware=entry.get("address", ""),
        addresses=tuple(f"{info['local']}/{info['prefixlen']}" for info in usable),
    )


def _kind(entry: dict[str, Any], directory: Path) -> LinkKind:
    """Software has no device in sysfs; a radio has `phy80211`."""
    if (directory / "phy80211").exists() or (directory / "wireless").exists():
        return LinkKind.WIFI
    if entry.get("link_type") == _ETHERNET and (directory / "device").exists():
        return LinkKind.CABLE
    return LinkKind.OTHER


def _objects(text: str) -> list[dict[str, Any]]:
    """What `ip` prints: a list of objects, or nothing at all where there is nothing. Old ones leave empty objects."""
    value = json.loads(text) if text.strip() else []
    return [entry for entry in value if entry]


def _read(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""
