"""A Samba server: one share that can be written, one that can only be read, one that another user may use only."""

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
from tests.servers.ssh import give

SHARE, READ_ONLY, FOREIGN = "backups", "look", "theirs"

_CONFIG = """
[global]
server role = standalone server
interfaces = {address}/8
bind interfaces only = yes
smb ports = {port}
disable netbios = yes
server min protocol = {oldest}
server max protocol = {newest}
map to guest = never
private dir = {folder}/private
lock directory = {folder}/lock
state directory = {folder}/state
cache directory = {folder}/cache
pid directory = {folder}/pid
ncalrpc dir = {folder}/ncalrpc
log file = {folder}/samba.log
max log size = 0
load printers = no
printcap name = /dev/null
disable spoolss = yes
rpc start on demand helpers = no
strict sync = yes

[{share}]
path = {directory}
read only = no
valid users = {user}

[{read_only}]
path = {directory}
read only = yes
valid users = {user}

[{foreign}]
path = {directory}
read only = no
valid users = root
"""


@dataclass(frozen=True)
class SmbServer:
    """A server that runs. `directory` is what all its shares show."""

    daemon: Daemon
    account: Account
    directory: Path

    def url(self, share: str = SHARE, folder: str = "") -> str:
        """The address of a share, or of a folder in it; without the user."""
        return f"smb://{self.daemon.address}:{self.daemon.port}/{share}{'/' if folder else ''}{folder}"


@contextmanager
def smb_server(
    directory: Path,
    *,
    account: Account | None = None,
    address: str = "127.0.0.1",
    port: int = 0,
    namespace: str | None = None,
    oldest: str = "SMB2",
    newest: str = "SMB3",
    scratch: Path | None = None,
) -> Iterator[SmbServer]:
    """Serve `directory`, which is made and given to the user where it is not there yet.

    `oldest` and `newest` are dialects in Samba's words; NT1 is SMB 1. `scratch` is where its own files go.
    """
    account, port = account or Account(), port or free_port()
    give(directory, account)
    with tempfile.TemporaryDirectory(prefix="smbd-", dir=scratch) as name:
        folder = Path(name)
        folder.chmod(0o755)
        for each in ("private", "lock", "state", "cache", "pid", "ncalrpc"):
            (folder / each).mkdir()
        config = folder / "smb.conf"
        names = {"share": SHARE, "read_only": READ_ONLY, "foreign": FOREIGN, "user": account.user}
        places = {"address": address, "port": port, "folder": folder, "directory": directory}
        config.write_text(_CONFIG.format(oldest=oldest, newest=newest, **names, **places))
        _add_user(account, directory, folder, config)
        argv = command(
            account, directory, folder, "/usr/sbin/smbd", "--foreground", "--no-process-group", f"--configfile={config}"
        )
        with running(Daemon(argv, address, port, folder / "log", namespace)) as daemon:
            yield SmbServer(daemon, account, directory)


def _add_user(account: Account, directory: Path, folder: Path, config: Path) -> None:
    """Samba keeps passwords of its own."""
    argv = command(account, directory, folder, "smbpasswd", "-c", str(config), "-a", "-s", account.user)
    typed = f"{account.password}\n" * 2
    done = subprocess.run(argv, input=typed, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


if __name__ == "__main__":
    with smb_server(Path(sys.argv[1]).absolute(), address=(sys.argv[2:] or ["127.0.0.1"])[0], port=445) as served:
        sys.stdout.write(f"{served.url()}\n{served.account.user}\n{served.account.password}\n")
        sys.stdout.flush()
        while True:
            time.sleep(3600)
