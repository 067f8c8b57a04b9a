"""Backups on an SSH server, a real one: every way in which it refuses, and what happens when it dies and comes back."""

from __future__ import annotations

import hashlib
import json
import os
import pty
import random
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from rescue.places import mounting
from tests.disk.cli.harness import MIB, Done, Rescue, blank, finished, tool, wait_until, write
from tests.disk.places.conftest import unmount_own
from tests.servers.ssh import SshServer, ssh_server

pytestmark = pytest.mark.disk
Attach = Callable[..., str]


@pytest.fixture
def server() -> Iterator[SshServer]:
    """A server whose user may write one folder. Its way to it must be open to the user."""
    home = Path(tool("mktemp", "--directory", "--tmpdir", "rescue-ssh-XXXXXXXX").strip())
    home.chmod(0o755)
    try:
        with ssh_server(home / "backups") as found:
            yield found
    finally:
        unmount_own(lambda mount: f":{home}/" in mount.source)
        tool("rm", "--recursive", "--one-file-system", str(home))


class Client:
    """The program, which knows passwords by a file, as scripts do."""

    def __init__(self, rescue: Rescue, server: SshServer) -> None:
        self.server = server
        self.secret = rescue.home / "secret"
        # A home of its own: keys and known hosts of the person who runs the tests do not count.
        variables = {"RESCUE_PASSWORD_FILE": str(self.secret), "HOME": str(rescue.home)}
        self.rescue = replace(rescue, variables=variables)

    def connect(self, url: str | None = None, *words: str, secret: str | None = None, code: int = 0) -> Done:
        """Run `rescue connect`."""
        self.secret.write_text(self.server.account.password if secret is None else secret)
        return self.rescue.run("connect", url or self.server.url, *words, code=code)

    def mounts(self) -> list[str]:
        """Where folders of this server are mounted."""
        source = f"{self.server.account.user}@127.0.0.1:{self.server.directory.parent}/"
        return [mount.point for mount in mounting.own_mounts() if mount.source.startswith(source)]

    def accept(self) -> str:
        """Connect for the first time; the directory."""
        return self.connect(None, "--accept-host-key", self.server.fingerprint).out.strip()


@pytest.fixture
def client(rescue: Rescue, server: SshServer) -> Client:
    return Client(rescue, server)


def test_first_contact_shows_the_fingerprint(client: Client) -> None:
    """Nothing is sent to a server that nobody has accepted, and another fingerprint does not do."""
    told = client.connect(code=39)
    assert client.server.fingerprint in told.err
    assert f"--accept-host-key {client.server.fingerprint}" in told.err
    other = "SHA256:" + "A" * 43
    assert "first contact" in client.connect(None, "--accept-host-key", other, code=39).err
    assert "Failed password" not in client.server.daemon.log.read_text()
    assert "Accepted password" not in client.server.daemon.log.read_text()
    assert client.mounts() == []
    directory = client.accept()
    assert client.mounts() == [directory]
    client.rescue.run("disconnect", directory)
    assert client.connect().out.strip() == directory  # known now
    client.rescue.run("disconnect", client.server.url)
    assert client.mounts() == []
    assert not Path(directory).exists()


def test_another_key_than_before_is_refused(client: Client) -> None:
    """Even when somebody accepts it: only who forgets the old key outright meets the server anew."""
    client.rescue.run("disconnect", client.accept())
    client.server.daemon.kill()
    client.server.renew_key()
    client.server.daemon.start()
    told = client.connect(None, "--accept-host-key", client.server.fingerprint, code=39)
    assert "another key than before" in told.err
    assert client.server.fingerprint in told.err
    known = client.rescue.state / "known_hosts"
    tool("ssh-keygen", "-R", f"[127.0.0.1]:{client.server.daemon.port}", "-f", str(known))
    client.rescue.run("disconnect", client.accept())


def test_what_is_wrong_is_told(client: Client) -> None:
    """A distinct sentence for each step, nothing mounted afterwards, and the password nowhere."""
    client.rescue.run("disconnect", client.accept())
    url, home = client.server.url, client.server.directory.parent
    (home / "look").mkdir()
    (home / "closed").mkdir(mode=0o700)
    said = [
        client.connect(secret="not it", code=39).err,  # noqa: S106
        client.connect(secret="", code=39).err,
        client.connect(f"{url}/nowhere", code=39).err,
        client.connect(url.replace("/backups", "/look"), code=39).err,
        client.connect(url.replace("anna@", "eve@"), code=39).err,
    ]
    client.server.daemon.kill()
    said.append(client.connect(code=39).err)
    for text, words in zip(
        said,
        (
            "refuses the user anna with this password",
            "wants a password from anna",
            "There is no folder",
            "may look into",
            "refuses the user eve",
            "is closed",
        ),
        strict=True,
    ):
        assert words in text
        assert "Traceback" not in text
        assert client.server.account.password not in text
    assert client.mounts() == []
    assert sorted(path.name for path in client.server.directory.iterdir()) == []


def test_a_key_instead_of_a_password(client: Client) -> None:
    """Root's own key is used where no password is named."""
    keys = client.rescue.home / ".ssh"
    keys.mkdir(mode=0o700)
    tool("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(keys / "id_ed25519"))
    client.server.authorized_keys.write_text((keys / "id_ed25519.pub").read_text())
    done = client.connect(None, "--accept-host-key", client.server.fingerprint, secret="")
    assert client.mounts() == [done.out.strip()]


def test_read_only_is_for_a_restore(client: Client) -> None:
    home = client.server.directory.parent
    (home / "look").mkdir()
    (home / "look/config.json").write_text('{"format": 1, "chunk_size": 1048576}')
    url = client.server.url.replace("/backups", "/look")
    client.connect(None, "--accept-host-key", client.server.fingerprint)
    told = json.loads(client.connect(url, "--read-only", "--json").out)
    assert told["read_only"] is True
    assert told["repositories"] == [told["directory"]]


def test_in_use_is_told_by_name(client: Client) -> None:
    directory = client.accept()
    with (Path(directory) / "open").open("w"):
        told = client.rescue.run("disconnect", directory, code=39)
        assert "in use by pytest (process" in told.err or "in use by python" in told.err
        assert client.mounts() == [directory]
    client.rescue.run("disconnect", directory)


def noise(path: Path, size: int) -> Path:
    """A disk of bytes that nobody compresses."""
    blank(path, size)
    path.write_bytes(random.Random(5).randbytes(size))
    return path


def test_the_server_dies_in_the_middle_and_comes_back(client: Client, attach: Attach, tmp_path: Path) -> None:
    """The backup fails with a clear sentence; the next one, over the same mount, finds what was stored."""
    size = 192 * MIB
    source = attach(noise(tmp_path / "source.img", size))
    directory = client.accept()
    repo = f"{directory}/rescue"
    client.rescue.run("init", repo)
    stored = client.server.directory / "rescue/packs"
    seeing = client.rescue.seeing(source)
    job = seeing.start("backup", source, "--repo", repo, "--name", "first", "--json")
    wait_until(lambda: sum(1 for path in stored.glob("*/*") if path.suffix != ".tmp") >= 2, "two packs are stored")
    client.server.daemon.kill()
    broken = finished(job, code=35)
    error = broken.events[-1]
    assert error["event"] == "Error"
    assert "Cannot" in error["message"]
    assert "connection" in error["hint"]
    assert client.rescue.run("list", "--repo", str(client.server.directory / "rescue"), "--json").out == ""

    kept = sum(path.stat().st_size for path in stored.glob("*/*") if path.suffix != ".tmp")
    assert kept > 32 * MIB
    client.server.daemon.start()
    assert client.connect().out.strip() == directory
    done = seeing.run("backup", source, "--repo", repo, "--name", "second", "--verify", "--json")
    finish = done.event("JobFinished")
    assert finish["outcome"] == "OK"
    total = sum(path.stat().st_size for path in stored.glob("*/*") if path.suffix != ".tmp")
    assert total < size + 2 * MIB  # nothing was stored twice
    client.rescue.run("check", "--read-data", "--repo", repo)

    target = attach(size, "target.img")
    restoring = client.rescue.seeing(source, target)
    restoring.run("restore", "second", target, "--repo", repo, *restoring.confirm(target))
    assert digest(tmp_path / "target.img") == digest(tmp_path / "source.img")
    client.rescue.run("disconnect", client.server.url)
    assert client.mounts() == []


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_dead_mount_can_be_closed(client: Client) -> None:
    """The server is gone for good: disconnecting neither waits for it nor fails."""
    directory = client.accept()
    client.server.daemon.kill()
    assert "was gone already" in client.rescue.run("disconnect", directory).out
    assert client.mounts() == []


def test_scripts_see_places(client: Client, attach: Attach) -> None:
    """An open folder is listed, first of all once it has a repository; the password is in no argument list."""
    directory = client.accept()
    client.rescue.run("init", f"{directory}/rescue")
    drive = attach(64 * MIB, "drive.img")
    tool("mkfs.ext4", "-q", "-L", "Attic", drive)
    write(drive, 0, bytes(512))
    listed = json.loads(client.rescue.seeing(drive).run("places", "--json").out)
    addresses = [place["address"] for place in listed]
    own = listed[addresses.index(client.server.url)]
    assert (own["kind"], own["repositories"]) == ("ssh", [f"{directory}/rescue"])
    assert addresses.index(client.server.url) < addresses.index(drive)
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = entry.read_bytes()
        except OSError:
            continue
        assert client.server.account.password.encode() not in words


def test_typed_at_a_terminal_and_not_shown(client: Client) -> None:
    """Without a file the password is asked for; the terminal does not show what is typed."""
    client.rescue.run("disconnect", client.accept())
    rescue = replace(client.rescue, variables={"HOME": str(client.rescue.home)})
    pid, terminal = pty.fork()
    if pid == 0:
        os.execve(sys.executable, rescue.argv("connect", client.server.url), rescue.environment())  # noqa: S606
    shown = b""
    while b"Password for anna on 127.0.0.1" not in shown:
        shown += os.read(terminal, 1000)
    os.write(terminal, f"{client.server.account.password}\n".encode())
    with suppress(OSError):  # EIO: the program has closed its end
        while piece := os.read(terminal, 1000):
            shown += piece
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0, shown
    os.close(terminal)
    assert client.server.account.password.encode() not in shown
    assert [shown.split()[-1].decode()] == client.mounts()
