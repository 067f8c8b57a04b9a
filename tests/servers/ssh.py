"""An OpenSSH server with SFTP alone."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.servers.accounts import Account, command
from tests.servers.daemon import Daemon, free_port, running

_CONFIG = """
ListenAddress {address}
Port {port}
HostKey {key}
PidFile none
UsePAM no
PasswordAuthentication {passwords}
KbdInteractiveAuthentication no
AuthorizedKeysFile {folder}/authorized_keys
StrictModes no
AllowUsers {user}
Subsystem sftp internal-sftp
ForceCommand internal-sftp
MaxStartups 100
LogLevel VERBOSE
"""


@dataclass(frozen=True)
class SshServer:
    """A server that runs. `directory` is the folder that is served, by its whole path."""

    daemon: Daemon
    account: Account
    directory: Path
    key: Path
    authorized_keys: Path

    @property
    def url(self) -> str:
        """The address of the folder."""
        return f"sftp://{self.account.user}@{self.daemon.address}:{self.daemon.port}{self.directory}"

    @property
    def fingerprint(self) -> str:
        """That of the server's key, by OpenSSH's own word."""
        listing = subprocess.run(["ssh-keygen", "-lf", f"{self.key}.pub"], capture_output=True, text=True, check=True)
        return listing.stdout.split()[1]

    def renew_key(self) -> None:
        """Become a server with another key, as one that was set up anew; takes effect with the next start."""
        for file in (self.key, self.key.with_suffix(".pub")):
            file.unlink()
        _make_key(self.key)


@contextmanager
def ssh_server(
    directory: Path,
    *,
    account: Account | None = None,
    address: str = "127.0.0.1",
    port: int = 0,
    namespace: str | None = None,
    passwords: bool = True,
) -> Iterator[SshServer]:
    """Serve `directory`, which is made and given to the user where it is not there yet."""
    account, port = account or Account(), port or free_port()
    give(directory, account)
    Path("/run/sshd").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="sshd-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        key = folder / "host_key"
        _make_key(key)
        config = folder / "config"
        values = {"address": address, "port": port, "key": key, "folder": folder, "user": account.user}
        config.write_text(_CONFIG.format(passwords="yes" if passwords else "no", **values))
        argv = command(account, directory, folder, "/usr/sbin/sshd", "-D", "-e", "-f", str(config))
        with running(Daemon(argv, address, port, folder / "log", namespace)) as daemon:
            yield SshServer(daemon, account, directory, key, folder / "authorized_keys")


def give(directory: Path, account: Account) -> None:
    """Make the directory for the user; one that is there stays as it is."""
    if not directory.exists():
        directory.mkdir(parents=True)
        subprocess.run(["chown", f"{account.uid}:{account.uid}", directory], check=True)


def _make_key(key: Path) -> None:
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)


if __name__ == "__main__":
    with ssh_server(Path(sys.argv[1]).absolute(), address=(sys.argv[2:] or ["127.0.0.1"])[0]) as served:
        sys.stdout.write(f"{served.url}\n{served.account.password}\n{served.fingerprint}\n")
        sys.stdout.flush()
        while True:
            time.sleep(3600)
