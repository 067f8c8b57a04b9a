"""What `ip -json` and `nmcli --terse` print on real computers, and what goes to NetworkManager."""

import configparser
import json
from pathlib import Path

import pytest

from rescue.errors import UsageError
from rescue.places.network import (
    Interface,
    LinkKind,
    Network,
    look,
    parse_gateways,
    parse_interfaces,
    parse_name_servers,
)
from rescue.places.wifi import AccessPoint, connection_file, parse_access_points, split_terse

# A laptop: iproute2 6.1, cable out, Wi-Fi joined, a bridge of a virtual machine; addresses made up.
LAPTOP = """[{"ifindex":1,"ifname":"lo","flags":["LOOPBACK","UP","LOWER_UP"],"mtu":65536,"qdisc":"noqueue",
"operstate":"UNKNOWN","group":"default","txqlen":1000,"link_type":"loopback","address":"00:00:00:00:00:00",
"broadcast":"00:00:00:00:00:00","addr_info":[{"family":"inet","local":"127.0.0.1","prefixlen":8,"scope":"host",
"label":"lo","valid_life_time":4294967295,"preferred_life_time":4294967295}]},
{"ifindex":2,"ifname":"enp0s31f6","flags":["NO-CARRIER","BROADCAST","MULTICAST","UP"],"mtu":1500,"qdisc":"fq_codel",
"operstate":"DOWN","group":"default","txqlen":1000,"link_type":"ether","address":"02:00:5e:10:00:01",
"broadcast":"ff:ff:ff:ff:ff:ff","addr_info":[]},
{"ifindex":3,"ifname":"wlp4s0","flags":["BROADCAST","MULTICAST","UP","LOWER_UP"],"mtu":1500,"qdisc":"noqueue",
"operstate":"UP","group":"default","txqlen":1000,"link_type":"ether","address":"02:00:5e:10:00:02",
"broadcast":"ff:ff:ff:ff:ff:ff","addr_info":[{"family":"inet","local":"192.0.2.57","prefixlen":24,
"broadcast":"192.0.2.255","scope":"global","dynamic":true,"noprefixroute":true,"label":"wlp4s0",
"valid_life_time":85932,"preferred_life_time":85932},{"family":"inet6","local":"2001:db8:7::57","prefixlen":64,
"scope":"global","dynamic":true,"mngtmpaddr":true,"noprefixroute":true,"valid_life_time":7189,
"preferred_life_time":3589},{"family":"inet6","local":"fe80::5eff:fe10:2","prefixlen":64,"scope":"link",
"noprefixroute":true,"valid_life_time":4294967295,"preferred_life_time":4294967295}]},
{"ifindex":4,"ifname":"virbr0","flags":["NO-CARRIER","BROADCAST","MULTICAST","UP"],"mtu":1500,"qdisc":"noqueue",
"operstate":"DOWN","group":"default","txqlen":1000,"link_type":"ether","address":"52:54:00:00:00:01",
"broadcast":"ff:ff:ff:ff:ff:ff","addr_info":[{"family":"inet","local":"198.51.100.1","prefixlen":24,
"broadcast":"198.51.100.255","scope":"global","label":"virbr0","valid_life_time":4294967295,
"preferred_life_time":4294967295}]}]"""
ROUTES = """[{"dst":"default","gateway":"192.0.2.1","dev":"wlp4s0","protocol":"dhcp","prefsrc":"192.0.2.57",
"metric":600,"flags":[]}]"""
# What nmcli 1.42 prints for --fields IN-USE,SSID,SIGNAL,SECURITY.
AIR = r""" :Neighbours 5G:67:WPA2
*:Home\:Upstairs:54:WPA2 WPA3
 :Home\:Upstairs:80:WPA2 WPA3
 :Café \\ Bar:91:
 ::88:WPA2
 :Office:30:WPA2 802.1X
broken line
"""


def sysfs(folder: Path) -> Path:
    """The parts of /sys/class/net that tell kinds apart."""
    for name, parts in {"enp0s31f6": ["device"], "wlp4s0": ["device", "phy80211"], "virbr0": ["bridge"]}.items():
        for part in parts:
            (folder / name / part).mkdir(parents=True)
    return folder


def test_interfaces_of_a_laptop(tmp_path: Path) -> None:
    cable, radio, bridge = parse_interfaces(LAPTOP, sysfs(tmp_path))
    assert cable == Interface(
        "enp0s31f6", LinkKind.CABLE, up=True, link=False, hardware="02:00:5e:10:00:01", addresses=()
    )
    assert (radio.kind, radio.link, radio.addresses) == (LinkKind.WIFI, True, ("192.0.2.57/24", "2001:db8:7::57/64"))
    assert (bridge.kind, bridge.link) == (LinkKind.OTHER, False)
    state = Network((cable, radio, bridge), (), (), managed=False)
    assert state.connected
    assert not Network((cable, bridge), (), (), managed=False).connected
    assert json.loads(json.dumps(state.to_json()))["interfaces"][1]["kind"] == "wifi"


@pytest.mark.parametrize("text", ["", "[]", "[{}]", "[{},{}]"])
def test_nothing_is_nothing(text: str, tmp_path: Path) -> None:
    assert parse_interfaces(text, tmp_path) == ()
    assert list(parse_gateways(text)) == []


def test_routes_and_name_servers() -> None:
    assert list(parse_gateways(ROUTES)) == ["192.0.2.1 (wlp4s0)"]
    text = "# by NetworkManager\nsearch example.org\nnameserver 192.0.2.1\nnameserver 2001:db8::53\nnameserver\n"
    assert parse_name_servers(text) == ("192.0.2.1", "2001:db8::53")


def test_this_computer() -> None:
    """Whatever it has: the tools are there and their words are understood."""
    state = look()
    assert all(each.name != "lo" for each in state.interfaces)


def test_the_air() -> None:
    """Joined first, then by strength; each name once; the hidden network and what is broken left out."""
    points = parse_access_points(AIR)
    assert [point.name for point in points] == ["Home:Upstairs", "Café \\ Bar", "Neighbours 5G", "Office"]
    assert points[0] == AccessPoint("Home:Upstairs", 54, "WPA2 WPA3", joined=True)
    assert points[1].security == ""
    assert split_terse(r"a\:b:c\\:") == ["a:b", "c\\", ""]


def read_back(text: str) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None)
    parser.read_string(text)
    return parser


def test_a_connection_for_network_manager() -> None:
    """The name as numbers, the password as it is, backslashes doubled as key files want them."""
    point = AccessPoint("Café", 50, "WPA2", joined=False)
    file = read_back(connection_file(point, "back\\slash; and = #1", "5b1d3a0e-0000-4000-8000-000000000000"))
    assert bytes(map(int, file["wifi"]["ssid"].strip(";").split(";"))).decode() == "Café"
    assert file["wifi-security"]["key-mgmt"] == "wpa-psk"
    assert file["wifi-security"]["psk"] == "back\\\\slash; and = #1"
    assert "wifi-security" not in read_back(connection_file(AccessPoint("x", 1, "", joined=False), "", "i"))
    assert "key-mgmt=sae" in connection_file(AccessPoint("x", 1, "WPA3", joined=False), "12345678", "i")
    assert "psk=\\s1234567\\s\n" in connection_file(AccessPoint("x", 1, "WPA2", joined=False), " 1234567 ", "i")


@pytest.mark.parametrize(
    ("security", "password", "says"),
    [
        ("WPA2 802.1X", "12345678", "certificate"),
        ("WEP", "12345678", "not safe"),
        ("WPA2", "short", "8 to 63"),
        ("WPA2", "line\nbreak", "8 to 63"),
        ("WPA2", "x" * 64, "8 to 63"),
    ],
)
def test_what_cannot_be_joined(security: str, password: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        connection_file(AccessPoint("x", 1, security, joined=False), password, "i")
