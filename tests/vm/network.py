"""A wire between one virtual machine and this computer: a network of the test's own, with names and addresses.

It is a network namespace: nothing in it can be reached from outside, nothing outside from within, and two tests never
see each other. Servers that a test starts in it stand at the ports where people have them.
"""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.samples.process import run

SERVER = "10.77.0.1"
SERVER_NAME = "nas"
_TAP = "wire0"
_DOMAIN = "home.test"
_READY_SECONDS = 20.0
# The network, and then who hands out its addresses: the network lives as long as that program.
_MAKE = f"""
ip link set lo up
ip tuntap add {_TAP} mode tap
ip address add {SERVER}/24 dev {_TAP}
ip link set {_TAP} up
exec "$@"
"""


@dataclass(frozen=True)
class Network:
    """A running network. This computer is in it as `nas`, 10.77.0.1; the machine asks for its address by DHCP."""

    namespace: str

    def inside(self, *argv: str) -> list[str]:
        """The words that run a program in this network."""
        return ["ip", "netns", "exec", self.namespace, *argv]

    def card(self) -> tuple[str, ...]:
        """QEMU's words for a network card whose cable ends here."""
        return (
            *("-netdev", f"tap,id=wire,ifname={_TAP},script=no,downscript=no"),
            *("-device", "virtio-net-pci,netdev=wire,romfile="),
        )


@contextmanager
def network(scratch: Path) -> Iterator[Network]:
    """Make a network, and end it with everything that hands out its addresses; `scratch` takes a log. Needs root."""
    ready, log = scratch / "dnsmasq.pid", scratch / "dnsmasq.log"
    ready.unlink(missing_ok=True)
    argv = ["setpriv", "--pdeathsig", "KILL", "unshare", "--net", "sh", "-euc", _MAKE, "sh", *_addresses(scratch)]
    with log.open("wb") as words, subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=words, stderr=words) as host:
        try:
            _wait(host, ready, log)
            with _named(host.pid) as name:
                yield Network(name)
        finally:
            host.kill()


@contextmanager
def _named(process: int) -> Iterator[str]:
    """Give the network of a process a name, by which other programs get into it."""
    name = f"rescue-{os.getpid()}-{process}"
    run("ip", "netns", "attach", name, str(process))
    try:
        yield name
    finally:
        run("ip", "netns", "delete", name)


def _addresses(scratch: Path) -> list[str]:
    """dnsmasq: addresses by DHCP, and the server's name; every other name is unknown.

    It stays root: a change of user or group would let it outlive this program (prctl(2), PR_SET_PDEATHSIG).
    """
    return [
        *(
            "dnsmasq",
            "--keep-in-foreground",
            "--conf-file=/dev/null",
            "--user=root",
            "--group=root",
            f"--pid-file={scratch}/dnsmasq.pid",
        ),
        *(f"--interface={_TAP}", "--bind-interfaces", "--no-resolv", "--no-hosts", "--log-facility=-", "--log-dhcp"),
        *("--dhcp-range=10.77.0.10,10.77.0.99", "--dhcp-authoritative", f"--dhcp-leasefile={scratch}/leases"),
        *(f"--domain={_DOMAIN}", f"--host-record={SERVER_NAME},{SERVER_NAME}.{_DOMAIN},{SERVER}", "--address=/#/"),
    ]


def _wait(host: subprocess.Popen[bytes], ready: Path, log: Path) -> None:
    deadline = time.monotonic() + _READY_SECONDS
    while not (ready.exists() and ready.read_text().strip()):
        ended = host.poll() is not None
        assert not ended, f"no network: {log.read_text()}"
        assert time.monotonic() < deadline, f"no network after {_READY_SECONDS:.0f} s: {log.read_text()}"
        time.sleep(0.02)
