"""Samba, as on a NAS at home: one share, one user, no guests."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.samples.process import run
from tests.servers.account import Account, make_account, with_account
from tests.servers.running import running

SHARE = "backups"
PORT = 445


@contextmanager
def samba(scratch: Path, user: str, password: str, *, inside: Sequence[str] = ()) -> Iterator[Account]:
    """Serve `//COMPUTER/backups` at the usual port, wherever the words `inside` lead. Its folder is the user's home."""
    account = make_account(scratch, user, password)
    settings = scratch / "smb.conf"
    settings.write_text(_settings(scratch, user))
    run(*with_account(scratch, user, "smbpasswd", "-c", str(settings), "-s", "-a", user), text=f"{password}\n" * 2)
    argv = ["smbd", "--foreground", "--no-process-group", "--debug-stdout", f"--configfile={settings}"]
    with running([*inside, *with_account(scratch, user, *argv)], scratch / "smbd.log", inside, PORT):
        yield account


def _settings(scratch: Path, user: str) -> str:
    places = ("lock directory", "state directory", "cache directory", "private dir", "pid directory", "ncalrpc dir")
    for place in places:
        (scratch / place.replace(" ", "-")).mkdir(exist_ok=True)
    owned = "".join(f"{place} = {scratch / place.replace(' ', '-')}\n" for place in places)
    return f"""[global]
{owned}server role = standalone server
disable netbios = yes
smb ports = {PORT}
load printers = no
map to guest = never
log level = 1
[{SHARE}]
path = /home/{user}
read only = no
"""
