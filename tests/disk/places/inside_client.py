"""In the guest: the program as somebody who connects, and what every kind of server must be good for."""

from __future__ import annotations

import hashlib
import random
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from tests.disk.cli.harness import MIB, Done, finished, tool, wait_until
from tests.disk.uml.inside import WholeMachine
from tests.samples import loop
from tests.servers.accounts import Account

ANNA = Account()
SIZE = 160 * MIB


def bring_up_network() -> None:
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


@contextmanager
def connected(home: Path) -> Iterator[Client]:
    """A client whose mounts do not outlive the block. Nobody else is in the guest."""
    found = Client(home)
    try:
        yield found
    finally:
        found.rescue.kill_all()
        for mount in mounted():
            subprocess.run(["umount", "--lazy", mount], check=False)


def mounted() -> list[str]:
    lines = Path("/proc/self/mounts").read_text().splitlines()
    return [line.split()[1] for line in lines if line.split()[2] in ("cifs", "nfs", "nfs4")]


def open_way(factory: pytest.TempPathFactory) -> Path:
    """A directory that every user reaches."""
    path = factory.mktemp("server")
    for each in (path, *path.parents):
        if each != Path("/") and each.is_relative_to("/mnt/tmp"):
            each.chmod(0o755)
    return path


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
        broken = finished(job, code=35, seconds=220)
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
