"""Folders on SSH servers, mounted by sshfs.

Options: `reconnect` finds a server that comes back under the same mount; ServerAlive notices in 45 seconds that it is
gone, and what waits for it fails. What is written is acknowledged by fsync. A rename over a file is one step where the
server is OpenSSH; on others sshfs renames the old file away first. Locks hold between programs of this computer only:
SFTP has none.
"""

import re
from pathlib import Path

from rescue import process
from rescue.errors import PlaceError, UsageError
from rescue.language import _
from rescue.places import host_keys, mounting
from rescue.places.address import Address
from rescue.places.reach import SECONDS
from rescue.places.troubles import Trouble, failed

_MOUNT_SECONDS = 60.0
_ALWAYS = (
    "reconnect,ServerAliveInterval=15,ServerAliveCountMax=3,dir_cache=no,workaround=rename,"
    "StrictHostKeyChecking=yes,UpdateHostKeys=no"
)
_BY_PASSWORD = "password_stdin,PubkeyAuthentication=no,PreferredAuthentications=keyboard-interactive\\,password"  # noqa: S105
_BY_KEY = "BatchMode=yes,PasswordAuthentication=no,KbdInteractiveAuthentication=no"
_KEY_NAMES = ("id_ed25519", "id_ecdsa", "id_rsa")
_WORDS = (
    (re.compile(r"Permission denied \(|Permission denied, please|Too many authentication failures"), Trouble.PASSWORD),
    (re.compile(r"Host key verification failed|No \S+ host key is known"), Trouble.HOST_KEY_CHANGED),
    (re.compile(r": (No such file or directory|Not a directory)"), Trouble.FOLDER_UNKNOWN),
    (re.compile(r": Permission denied"), Trouble.NO_ACCESS),
    (re.compile(r"Connection refused"), Trouble.REFUSED),
    (re.compile(r"timed out|did not end within|Timeout"), Trouble.TIMEOUT),
    (re.compile(r"No route to host|Network is unreachable"), Trouble.NO_ROUTE),
    (re.compile(r"Could not resolve"), Trouble.NAME_UNKNOWN),
)
_NO_REASON = "read: Connection reset by peer"  # what sshfs makes of every end of ssh
_NO_FUSE = "fuse: device not found"


def mount(address: Address, point: Path, secret: str, *, accept_host_key: str | None, read_only: bool) -> None:
    """Mount the folder at `point`: with the password `secret`, or, where that is empty, with root's keys.

    HostKeyError at the first contact, and where the server is not the one that it was. ConnectError for other steps.
    """
    host_keys.require_known(address, accept_host_key)
    log_of(point).unlink(missing_ok=True)
    if "\n" in secret or "\0" in secret:
        raise UsageError(_("A password has no line breaks."))
    argv = _command(address, point, by_password=bool(secret), read_only=read_only)
    done = process.run(
        argv, timeout=_MOUNT_SECONDS, allowed=range(256), stdin=f"{secret}\n".encode() if secret else b""
    )
    if done.status:
        said = f"{_read(log_of(point))}\n{done.error_text}"
        mounting.detach(point)
        raise _explained(said, address, by_password=bool(secret))


def log_of(point: Path) -> Path:
    """Where ssh writes what it has to say: sshfs would drop it. Removed with the mount."""
    return point.with_name(f"{point.name}.log")


def _read(log: Path) -> str:
    try:
        return log.read_text(errors="replace")
    except OSError:
        return ""


def _command(address: Address, point: Path, *, by_password: bool, read_only: bool) -> list[str]:
    user = f"{address.user}@" if address.user else ""
    options = [
        *(["ro"] if read_only else []),
        mounting.OPTIONS,
        _ALWAYS,
        f"ssh_command=ssh -E {log_of(point)}",
        f"ConnectTimeout={SECONDS:.0f}",
        "UserKnownHostsFile=" + " ".join(map(str, host_keys.files())),
        *((_BY_PASSWORD,) if by_password else (_BY_KEY, *(f"IdentityFile={key}" for key in _keys()))),
    ]
    return [
        *("sshfs", "-p", str(address.number), f"{user}{address.bracketed}:{folder(address)}", str(point)),
        *("-o", ",".join(options)),
    ]


def _keys() -> list[Path]:
    """Root's keys. OpenSSH would look in the directory that /etc/passwd names, not in the one of the environment."""
    places = (host_keys.home() / ".ssh" / name for name in _KEY_NAMES)
    return [path for path in places if path.is_file()]


def folder(address: Address) -> str:
    """The folder as the server knows it. What begins with `/~/` lies in the user's own folder."""
    if address.path in ("", "/~"):
        return ""
    return address.path.removeprefix("/~/") if address.path.startswith("/~/") else address.path


def _explained(said: str, address: Address, *, by_password: bool) -> PlaceError:
    if _NO_FUSE in said:
        return PlaceError(_("The kernel of this computer has no FUSE, which sshfs needs."), hint="modprobe fuse")
    trouble = next((trouble for words, trouble in _WORDS if words.search(said)), Trouble.OTHER)
    if trouble is Trouble.PASSWORD and not by_password:
        trouble = Trouble.NO_KEY
    return failed(trouble, address, mounting.last_line(said.replace(_NO_REASON, "")))
