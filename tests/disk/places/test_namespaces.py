"""Two computers with a cable between them, as network namespaces: what the network alone can do to a connection.

The machine's own network is not touched, and no namespace of others is.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from rescue.places import opened
from tests.disk.cli.harness import Rescue, tool
from tests.servers.smb import smb_server
from tests.servers.ssh import ssh_server

pytestmark = pytest.mark.disk
SERVER, NOBODY, ELSEWHERE = "192.0.2.1", "192.0.2.9", "198.51.100.7"


@dataclass(frozen=True)
class Lan:
    """The namespaces' names."""

    server: str
    client: str


@pytest.fixture
def lan() -> Iterator[Lan]:
    """A cable; one address at each end. `NOBODY` is on the cable for all that the client knows, and never answers."""
    found = Lan(f"rescue-s{os.getpid()}", f"rescue-c{os.getpid()}")
    try:
        for name in (found.server, found.client):
            tool("ip", "netns", "add", name)
            tool("ip", "-n", name, "link", "set", "lo", "up")
        tool(
            "ip", "-n", found.server, "link", "add", "end", "type", "veth", "peer", "name", "end", "netns", found.client
        )
        for name, address in ((found.server, SERVER), (found.client, "192.0.2.2")):
            tool("ip", "-n", name, "address", "add", f"{address}/24", "dev", "end")
            tool("ip", "-n", name, "link", "set", "end", "up")
        tool("ip", "-n", found.client, "neighbour", "add", NOBODY, "lladdr", "02:00:00:00:00:99", "dev", "end")
        yield found
    finally:
        for name in (found.client, found.server):
            for pid in tool("ip", "netns", "pids", name).split():
                with suppress(ProcessLookupError):
                    os.kill(int(pid), signal.SIGKILL)
            tool("ip", "netns", "delete", name)


@pytest.fixture
def client(rescue: Rescue, lan: Lan) -> Rescue:
    """The program on the client's computer."""
    secret = rescue.home / "secret"
    secret.write_text("Correct, horse & battery")
    variables = {"RESCUE_PASSWORD_FILE": str(secret), "HOME": str(rescue.home)}
    return replace(rescue.wrapped("ip", "netns", "exec", lan.client), variables=variables)


def test_the_way_to_a_server(client: Rescue) -> None:
    for address, says in (
        (f"smb://{ELSEWHERE}/x", f"no way to {ELSEWHERE}"),
        (f"smb://{NOBODY}/x", f"{NOBODY} does not answer on port 445"),
        (f"nfs://{SERVER}/x", "port 2049 is closed"),
        (f"sftp://{SERVER}/x", "port 22 is closed"),
        ("sftp://server.invalid/x", "server.invalid"),
    ):
        client.refused("connect", address, code=39, says=says)


def forget(point: Path) -> None:
    """Remove what is remembered of a mount that nobody sees any more."""
    opened.forget(point)
    point.rmdir()


def test_servers_over_the_cable(client: Rescue, lan: Lan) -> None:
    """What other tests and a person use: real servers at an address of another computer."""
    home = Path(tool("mktemp", "--directory", "--tmpdir", "rescue-lan-XXXXXXXX").strip())
    home.chmod(0o755)
    try:
        with ssh_server(home / "ssh", address=SERVER, port=22, namespace=lan.server) as server:
            words = ("--accept-host-key", server.fingerprint, "--json")
            # `ip netns exec` gives each program mounts of its own: this one is not seen here.
            place = client.run("connect", f"sftp://anna@{SERVER}{home}/ssh", *words).event("Connected")
            forget(Path(place["directory"]))
            assert (place["kind"], place["read_only"], place["name"]) == ("ssh", False, f"ssh on {SERVER}")
        with smb_server(home / "smb", address=SERVER, port=445, namespace=lan.server, oldest="NT1", newest="NT1"):
            client.refused("connect", f"smb://anna@{SERVER}/backups", code=39, says="an old language only (SMB 1)")
        with smb_server(home / "smb", address=SERVER, port=445, namespace=lan.server):
            client.refused("connect", f"sftp://{SERVER}:445/x", code=39, says="not the service that is wanted")
    finally:
        tool("rm", "--recursive", "--one-file-system", str(home))
