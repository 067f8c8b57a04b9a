"""In the guest, whose kernel has the drivers: shares of a Samba server, exports of an NFS server, in one Linux."""

from __future__ import annotations

import hashlib
import json
import random
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from tests.disk.cli.harness import MIB, Done, finished, tool, wait_until
from tests.disk.uml.inside import WholeMachine
from tests.samples import loop
from tests.servers import nfs, smb
from tests.servers.accounts import Account
from tests.servers.nfs import NfsServer, nfs_server
from tests.servers.smb import SmbServer, smb_server

ANNA = Account()
SIZE = 160 * MIB


@pytest.fixture(scope="module", autouse=True)
def _network() -> None:
    """The loopback, and an address beside it: without one, `localhost` is no address for some resolvers."""
    for words in ("link set lo up", "link add d0 type dummy", "address add 192.0.2.1/24 dev d0", "link set d0 up"):
        tool("ip", *words.split())


class Client:
    """The program, which knows the password by a file."""

    def __init__(self, home: Path) -> None:
        self.secret = home / "secret"
        self.rescue = replace(WholeMachine(home), variables={"RESCUE_PASSWORD_FILE": str(self.secret)})

    def connect(self, url: str, *words: str, secret: str = ANNA.password, code: int = 0) -> Done:
        """Run `rescue connect`."""
        self.secret.write_text(secret)
        return self.rescue.run("connect", url, *words, code=code)

    def place(self, url: str, *words: str) -> dict[str, object]:
        """Connect, and what is told then."""
        return dict(self.connect(url, *words, "--json").event("Connected"))


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Client]:
    found = Client(tmp_path)
    yield found
    found.rescue.kill_all()
    for mount in mounted():
        subprocess.run(["umount", "--lazy", mount], check=False)


def mounted() -> list[str]:
    lines = Path("/proc/self/mounts").read_text().splitlines()
    return [line.split()[1] for line in lines if line.split()[2] in ("cifs", "nfs", "nfs4")]


@pytest.fixture(scope="module")
def samba(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmbServer]:
    with smb_server(open_way(tmp_path_factory) / "served") as server:
        yield server


@pytest.fixture(scope="module")
def ganesha(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NfsServer]:
    with nfs_server(open_way(tmp_path_factory) / "served") as server:
        yield server


def open_way(factory: pytest.TempPathFactory) -> Path:
    """A directory that every user reaches."""
    path = factory.mktemp("server")
    for each in (path, *path.parents):
        if each != Path("/") and each.is_relative_to("/mnt/tmp"):
            each.chmod(0o755)
    return path


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


def test_nfs_locks_hold_between_computers(client: Client, ganesha: NfsServer, tmp_path: Path) -> None:
    place = client.place(ganesha.url())
    options = f"vers=4.2,port={ganesha.daemon.port},nosharecache"
    argv = ("mount.nfs", "127.0.0.1:/backups", str(tmp_path / "other"), "-o", options)
    locked_out(client, str(place["directory"]), tmp_path, argv)


def locked_out(client: Client, directory: str, tmp_path: Path, argv: tuple[str, ...]) -> None:
    """Who holds the lock through a mount of its own, made by `argv`, is seen; once it lets go, all is well."""
    repo = f"{directory}/locked"
    client.rescue.run("init", repo)
    (tmp_path / "other").mkdir()
    tool(*argv, text=f"password={ANNA.password}\n")
    lock = tmp_path / "other/locked/lock"
    holder = subprocess.Popen(["flock", "--shared", "--no-fork", str(lock), "sleep", "300"])
    try:
        wait_until(lambda: refused(client, repo), "the lock of the other client is seen")
    finally:
        holder.kill()
        holder.wait()
        tool("umount", str(tmp_path / "other"))
    client.rescue.run("prune", "--repo", repo)


def refused(client: Client, repo: str) -> bool:
    """Whether pruning is refused because somebody else works on the repository."""
    job = client.rescue.start("prune", "--repo", repo)
    _out, err = job.communicate(timeout=60)
    return job.returncode == 33 and "in use by another program" in err


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
    assert (told["read_only"], told["repositories"]) == (True, [f"{told['directory']}/rescue"])


def back_up(client: Client, repo: str) -> None:
    """A backup of something small, read back."""
    image = client.rescue.home / "small.img"
    image.write_bytes(random.Random(1).randbytes(8 * MIB))
    with loop.attached(image) as source:
        client.rescue.run("init", repo)
        client.rescue.run("backup", source, "--repo", repo, "--name", "one", "--verify")
        client.rescue.run("check", "--read-data", "--repo", repo)


def dies(client: Client, repo: str, stored: Path, kill: Callable[[], None], tmp_path: Path) -> None:
    """The server goes in the middle of a backup: a clear sentence, within the patience of the mount."""
    image = tmp_path / "large.img"
    image.write_bytes(random.Random(2).randbytes(SIZE))
    client.rescue.run("init", repo)
    with loop.attached(image) as source:
        job = client.rescue.start("backup", source, "--repo", repo, "--json")
        wait_until(lambda: packs(stored) >= 2, "two packs are stored")
        kill()
        broken = finished(job, code=35, seconds=200)
    assert broken.events[-1]["event"] == "Error"
    assert "connection" in broken.events[-1]["hint"]


def packs(stored: Path) -> int:
    return sum(1 for path in stored.glob("packs/*/*") if path.suffix != ".tmp")


def comes_back(client: Client, repo: str, stored: Path, tmp_path: Path) -> None:
    """The next backup finds what was stored, and can be restored."""
    image, target_image = tmp_path / "large.img", tmp_path / "target.img"
    with ExitStack() as stack:
        source = stack.enter_context(loop.attached(image))
        client.rescue.run("backup", source, "--repo", repo, "--name", "second", "--verify")
        total = sum(path.stat().st_size for path in stored.glob("packs/*/*") if path.suffix != ".tmp")
        assert total < SIZE + 2 * MIB
        with target_image.open("wb") as file:
            file.truncate(SIZE)
        target = stack.enter_context(loop.attached(target_image))
        client.rescue.run("restore", "second", target, "--repo", repo, *client.rescue.confirm(target))
    assert digest(target_image) == digest(image)


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_smb_server_dies_and_comes_back(client: Client, samba: SmbServer, tmp_path: Path) -> None:
    place = client.place(samba.url(), "--user", "anna")
    repo, stored = f"{place['directory']}/large", samba.directory / "large"
    dies(client, repo, stored, samba.daemon.kill, tmp_path)
    assert "is closed" in client.connect(samba.url(), "--user", "anna", code=39).err
    samba.daemon.start()
    assert client.place(samba.url(), "--user", "anna")["directory"] == place["directory"]
    comes_back(client, repo, stored, tmp_path)


def test_nfs_server_dies_and_comes_back(client: Client, ganesha: NfsServer, tmp_path: Path) -> None:
    place = client.place(ganesha.url())
    repo, stored = f"{place['directory']}/large", ganesha.directory / "large"
    dies(client, repo, stored, ganesha.daemon.kill, tmp_path)
    ganesha.daemon.start()
    assert client.place(ganesha.url())["directory"] == place["directory"]
    comes_back(client, repo, stored, tmp_path)
