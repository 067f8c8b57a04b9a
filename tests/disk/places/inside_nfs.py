"""In the guest, whose kernel has the driver: exports of an NFS server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.disk.cli.harness import tool
from tests.disk.places.inside_client import (
    Client,
    back_up,
    bring_up_network,
    comes_back,
    connected,
    dies,
    locked_out,
    mounted,
    open_way,
)
from tests.servers import nfs
from tests.servers.nfs import NfsServer, nfs_server


@pytest.fixture(scope="module", autouse=True)
def _network() -> None:
    bring_up_network()


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Client]:
    with connected(tmp_path) as found:
        yield found


@pytest.fixture(scope="module")
def ganesha(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NfsServer]:
    with nfs_server(open_way(tmp_path_factory) / "served") as server:
        yield server


def test_nfs_what_is_wrong_is_told(
    client: Client, ganesha: NfsServer, tmp_path_factory: pytest.TempPathFactory
) -> None:
    for url, says in ((ganesha.url("/nix"), "does not offer /nix"), (ganesha.url(nfs.READ_ONLY), "only be read")):
        assert says in client.connect(url, code=39).err
        assert mounted() == []
    with nfs_server(open_way(tmp_path_factory) / "theirs", squash=True) as strict:
        assert "this computer may look into /backups" in client.connect(strict.url(), code=39).err
        assert mounted() == []


def test_nfs_holds_a_repository(client: Client, ganesha: NfsServer) -> None:
    place = client.place(ganesha.url())
    options = tool("findmnt", "--noheadings", "--output", "OPTIONS", str(place["directory"]))
    assert {"softerr", "vers=4.2", "local_lock=none", "nosuid", "nodev", "noexec"} <= set(options.strip().split(","))
    back_up(client, f"{place['directory']}/rescue")
    client.rescue.run("disconnect", ganesha.url())
    assert mounted() == []
    told = json.loads(client.connect(ganesha.url(nfs.READ_ONLY), "--read-only", "--json").out)
    assert told["read_only"] is True
    assert told["repositories"][0] == f"{told['directory']}/rescue"


def test_nfs_locks_hold_between_computers(client: Client, ganesha: NfsServer, tmp_path: Path) -> None:
    place = client.place(ganesha.url())
    options = f"vers=4.2,port={ganesha.daemon.port},nosharecache"
    argv = ("mount.nfs", "127.0.0.1:/backups", str(tmp_path / "other"), "-o", options)
    locked_out(client, str(place["directory"]), tmp_path, argv)


@pytest.mark.timeout(500)
def test_nfs_server_dies_and_comes_back(client: Client, ganesha: NfsServer, tmp_path: Path) -> None:
    place = client.place(ganesha.url())
    repo, stored = f"{place['directory']}/large", ganesha.directory / "large"
    dies(client, repo, stored, ganesha.daemon.kill, tmp_path)
    ganesha.daemon.start()
    assert client.place(ganesha.url())["directory"] == place["directory"]
    comes_back(client, repo, stored, tmp_path)
