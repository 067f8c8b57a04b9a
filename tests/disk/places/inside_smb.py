"""In the guest, whose kernel has the driver: shares of a Samba server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.disk.cli.harness import tool
from tests.disk.places.inside_client import (
    ANNA,
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
from tests.servers import smb
from tests.servers.smb import SmbServer, smb_server


@pytest.fixture(scope="module", autouse=True)
def _network() -> None:
    bring_up_network()


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Client]:
    with connected(tmp_path) as found:
        yield found


@pytest.fixture(scope="module")
def samba(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmbServer]:
    with smb_server(open_way(tmp_path_factory) / "served") as server:
        yield server


def test_smb_what_is_wrong_is_told(client: Client, samba: SmbServer) -> None:
    """The kernel gives one number for several causes; each has its own sentence all the same."""
    user = ("--user", "anna")
    for url, words, secret, says in (
        (samba.url(), user, "not it", "refuses the user anna with this password"),
        (samba.url(), ("--user", "eve"), ANNA.password, "refuses the user eve"),
        (samba.url(), (), "", "wants a user and a password"),
        (samba.url(smb.FOREIGN), user, ANNA.password, "does not let anna use /theirs"),
        (samba.url("nix"), user, ANNA.password, "has no share that is called nix"),
        (samba.url(smb.SHARE, "no/where"), user, ANNA.password, "There is no folder /backups/no/where"),
        (samba.url(smb.READ_ONLY), user, ANNA.password, "but not write there"),
    ):
        done = client.connect(url, *words, secret=secret, code=39)
        assert says in done.err
        assert ANNA.password not in done.err
        assert mounted() == []


def test_smb_holds_a_repository(client: Client, samba: SmbServer) -> None:
    """A password with every odd sign gets through; a folder in a share is a place; backup, verify, close."""
    folder = samba.directory / "my folder"
    folder.mkdir()
    tool("chown", str(ANNA.uid), str(folder))
    place = client.place(samba.url(smb.SHARE, "my%20folder"), "--user", "anna")
    assert place["address"] == samba.url(smb.SHARE, "my%20folder").replace("//", "//anna@", 1)
    options = tool("findmnt", "--noheadings", "--output", "OPTIONS", str(place["directory"]))
    assert {"soft", "echo_interval=10", "nosuid", "nodev", "noexec"} <= set(options.strip().split(","))
    back_up(client, f"{place['directory']}/rescue")
    assert (folder / "rescue/config.json").exists()
    client.rescue.run("disconnect", str(place["address"]))
    assert mounted() == []


def test_smb_read_only_is_for_a_restore(client: Client, samba: SmbServer) -> None:
    place = client.place(samba.url(smb.READ_ONLY), "--user", "anna", "--read-only")
    assert place["read_only"] is True


def test_smb_locks_hold_between_computers(client: Client, samba: SmbServer, tmp_path: Path) -> None:
    """Another client of the server, as another computer is one, keeps the repository from being pruned."""
    place = client.place(samba.url(), "--user", "anna")
    options = f"username=anna,port={samba.daemon.port},credentials=/proc/self/fd/0,nosharesock"
    argv = ("mount.cifs", "//127.0.0.1/backups", str(tmp_path / "other"), "-o", options)
    locked_out(client, str(place["directory"]), tmp_path, argv)


@pytest.mark.timeout(500)
def test_smb_server_dies_and_comes_back(client: Client, samba: SmbServer, tmp_path: Path) -> None:
    place = client.place(samba.url(), "--user", "anna")
    repo, stored = f"{place['directory']}/large", samba.directory / "large"
    dies(client, repo, stored, samba.daemon.kill, tmp_path)
    assert "is closed" in client.connect(samba.url(), "--user", "anna", code=39).err
    samba.daemon.start()
    assert client.place(samba.url(), "--user", "anna")["directory"] == place["directory"]
    comes_back(client, repo, stored, tmp_path)
