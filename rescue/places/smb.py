"""Shares of Windows and Samba servers: asked which language they speak, then mounted by the kernel.

Options: `soft`, so that a server that is gone is an error that a job can tell about, not a wait without end; nothing is
lost by it, because every file of a repository is synced before it counts. `echo_interval=10` notices a dead server in
half a minute. Rename over a file is one step, and locks are those of the server, so that they hold between computers.
"""

import errno
import os
import re
import socket
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from rescue import process
from rescue.errors import PlaceError, UsageError
from rescue.language import _
from rescue.places import mounting
from rescue.places.address import Address
from rescue.places.reach import SECONDS
from rescue.places.troubles import ConnectError, Trouble, failed

_MOUNT_SECONDS = 60.0
_OPTIONS = "soft,echo_interval=10,iocharset=utf8,uid=0,gid=0,file_mode=0600,dir_mode=0700"
_ERROR = re.compile(r"mount error\((\d+)\)")
_NO_DRIVER = "filesystem not supported"
_TROUBLES = {
    errno.ENOENT: Trouble.SHARE_UNKNOWN,
    errno.ENXIO: Trouble.SHARE_UNKNOWN,
    errno.EPERM: Trouble.NO_ACCESS,
    errno.ENOTDIR: Trouble.FOLDER_UNKNOWN,
    errno.ETIMEDOUT: Trouble.TIMEOUT,
    errno.ECONNREFUSED: Trouble.REFUSED,
    errno.EHOSTDOWN: Trouble.LOST,
    errno.EHOSTUNREACH: Trouble.NO_ROUTE,
    errno.ENOKEY: Trouble.PASSWORD,
    errno.EKEYEXPIRED: Trouble.PASSWORD,
    errno.EKEYREVOKED: Trouble.PASSWORD,
    errno.EKEYREJECTED: Trouble.PASSWORD,
}
_KERNEL_LOG = Path("/dev/kmsg")
_LOGIN_FAILED = ("SessSetup", "LOGON_FAILURE", "ACCOUNT_", "PASSWORD_")

_DIALECTS = (b"NT LM 0.12", b"SMB 2.002", b"SMB 2.???")
_HEADER = struct.Struct("<4sBIBHH8sHHHHH")
_OLD, _NEW = b"\xffSMB", b"\xfeSMB"


def require_language(address: Address, numeric: str) -> None:
    """ConnectError where what listens there is no file server, or one that speaks SMB 1 only.

    One message that both kinds of servers understand (MS-SMB2, 3.3.5.3.1): a new one answers in the new language.
    """
    dialects = b"".join(b"\x02" + name + b"\0" for name in _DIALECTS)
    header = _HEADER.pack(_OLD, 0x72, 0, 0x18, 0xC853, 0, bytes(8), 0, 0xFFFF, 0xFEFF, 0, 0)
    message = header + b"\0" + struct.pack("<H", len(dialects)) + dialects
    try:
        with socket.create_connection((numeric, address.number), timeout=SECONDS) as server:
            server.sendall(struct.pack(">I", len(message)) + message)
            answer = _receive(server, 8)[4:]
    except OSError as error:
        raise failed(Trouble.NOT_SPOKEN, address) from error
    if answer == _OLD:
        raise failed(Trouble.TOO_OLD, address)
    if answer != _NEW:
        raise failed(Trouble.NOT_SPOKEN, address)


def mount(address: Address, numeric: str, point: Path, secret: str, *, read_only: bool) -> None:
    """Mount the folder of the share at `point`. ConnectError says which step failed."""
    require_language(address, numeric)
    try:
        _mount(address, numeric, point, secret, read_only=read_only)
    except ConnectError as error:
        if error.trouble is Trouble.SHARE_UNKNOWN and address.folder:
            raise _without_folder(error, address, numeric, point, secret) from error
        raise


def _without_folder(error: ConnectError, address: Address, numeric: str, point: Path, secret: str) -> ConnectError:
    """Which of the two is unknown, the share or the folder in it? The share alone tells."""
    share = Address(address.kind, address.host, f"/{address.share}", address.port, address.user)
    with suppress(ConnectError):
        _mount(share, numeric, point, secret, read_only=True)
        mounting.detach(point)
        return failed(Trouble.FOLDER_UNKNOWN, address)
    return error


def _mount(address: Address, numeric: str, point: Path, secret: str, *, read_only: bool) -> None:
    options = [
        "ro" if read_only else "rw",
        mounting.OPTIONS,
        _OPTIONS,
        f"ip={numeric}",
        f"port={address.number}",
        "credentials=/proc/self/fd/0" if address.user else "guest",
    ]
    argv = ["mount.cifs", unc(address), str(point), "-o", ",".join(options)]
    with _kernel_log() as said:
        done = process.run(argv, timeout=_MOUNT_SECONDS, allowed=range(256), stdin=_credentials(address, secret))
        if done.status:
            raise _explained(done.error_text, address, said())


def unc(address: Address) -> str:
    """The share as the kernel wants it. Its form has no place for the colons of an IPv6 address."""
    host = address.host
    if ":" in host:
        host = f"{host.replace(':', '-').replace('%', 's')}.ipv6-literal.net"
    return f"//{host}{address.path}"


def _credentials(address: Address, secret: str) -> bytes:
    """User and password for mount.cifs, by its standard input: in no command line, and in no file."""
    if not address.user:
        return b""
    if "\n" in secret or "\0" in secret:
        raise UsageError(_("A password has no line breaks."))
    domain, _mark, user = address.user.rpartition("\\")
    lines = [f"username={user}", f"password={secret}", *([f"domain={domain}"] if domain else [])]
    return "".join(f"{line}\n" for line in lines).encode(errors="surrogateescape")


@contextmanager
def _kernel_log() -> Iterator[Callable[[], list[str]]]:
    """A function that gives what the kernel has said about file servers since the block began.

    The mount itself fails with one number for a wrong password and for a share that is closed; the kernel tells more.
    """
    try:
        log = os.open(_KERNEL_LOG, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        yield list
        return
    try:
        os.lseek(log, 0, os.SEEK_END)
        yield lambda: list(_records(log))
    finally:
        os.close(log)


def _records(log: int) -> Iterator[str]:
    with suppress(OSError):  # EAGAIN at the end, EPIPE where records were lost
        while record := os.read(log, 8192).decode(errors="replace"):
            if "cifs" in record.lower():
                yield record


def _explained(said: str, address: Address, kernel: list[str]) -> PlaceError:
    found = _ERROR.search(said)
    number = int(found[1]) if found else 0
    if _NO_DRIVER in said or number == errno.ENODEV:
        return PlaceError(
            _("The kernel of this computer has no driver for Windows shares."),
            hint=_("Start the computer from the Rescue stick, or use NFS or SSH."),
        )
    if number == errno.EACCES and not address.user:
        return failed(Trouble.NO_KEY, address)
    if number == errno.EACCES:
        login = not kernel or any(word in line for line in kernel for word in _LOGIN_FAILED)
        return failed(Trouble.PASSWORD if login else Trouble.NO_ACCESS, address)
    return failed(_TROUBLES.get(number, Trouble.OTHER), address, mounting.last_line(said))


def _receive(server: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count and (piece := server.recv(count - len(data))):
        data += piece
    return data
