"""Exports of NFS servers, mounted by the kernel.

Options: `softerr`, with half a minute of patience for each request: the disks of a network drive may have to spin up.
The usual advice is `hard`, because programs that do not look at the errors of fsync lose data with `soft`. Ours look: a
file of a repository counts only after it was synced and renamed. With `hard` a job whose server is gone waits for
ever, cannot be cancelled, and tells nobody why.

Version 4 comes first: it needs one port, and its locks hold between computers. Version 3 is used with its lock service
only, never with `nolock`.
"""

from pathlib import Path

from rescue import process
from rescue.errors import PlaceError
from rescue.language import _
from rescue.places import mounting
from rescue.places.address import Address
from rescue.places.troubles import ConnectError, Trouble, failed

_MOUNT_SECONDS = 90.0
_OPTIONS = "softerr,timeo=100,retrans=1,retry=0,proto=tcp"
_VERSIONS = ("4", "3")
_WORDS = (
    ("access denied by server", Trouble.NO_ACCESS),
    ("Permission denied", Trouble.NO_ACCESS),
    ("Operation not permitted", Trouble.NO_ACCESS),
    ("No such file or directory", Trouble.SHARE_UNKNOWN),
    ("Not a directory", Trouble.SHARE_UNKNOWN),
    ("statd", Trouble.NO_LOCKS),
    ("rotocol not supported", Trouble.NOT_SPOKEN),
    ("Program not registered", Trouble.NOT_SPOKEN),
    ("version or transport protocol is not supported", Trouble.NOT_SPOKEN),
    ("Connection refused", Trouble.REFUSED),
    ("timed out", Trouble.TIMEOUT),
    ("No route to host", Trouble.NO_ROUTE),
    ("Network is unreachable", Trouble.NO_ROUTE),
    ("Connection reset", Trouble.LOST),
)
_NO_DRIVER = ("No such device", "unknown filesystem type")
_OTHER_VERSION = (Trouble.NOT_SPOKEN, Trouble.OTHER)


def mount(address: Address, point: Path, *, read_only: bool) -> None:
    """Mount the export at `point`. ConnectError says which step failed."""
    first: ConnectError | None = None
    for version in _VERSIONS:
        try:
            _mount(address, point, version, read_only=read_only)
        except ConnectError as error:
            first = first or error
            if error.trouble not in _OTHER_VERSION:
                break
        else:
            return
    if first is not None:
        raise first


def _mount(address: Address, point: Path, version: str, *, read_only: bool) -> None:
    options = ["ro" if read_only else "rw", mounting.OPTIONS, _OPTIONS, f"vers={version}"]
    if address.port:
        options.append(f"port={address.port}")
    argv = ["mount.nfs", f"{address.bracketed}:{address.path}", str(point), "-o", ",".join(options)]
    done = process.run(argv, timeout=_MOUNT_SECONDS, allowed=range(256))
    if done.status:
        raise _explained(done.error_text, address)


def _explained(said: str, address: Address) -> PlaceError:
    if any(words in said for words in _NO_DRIVER):
        return PlaceError(
            _("The kernel of this computer has no driver for NFS."),
            hint=_("Start the computer from the Rescue stick, or use SSH."),
        )
    trouble = next((trouble for words, trouble in _WORDS if words in said), Trouble.OTHER)
    return failed(trouble, address, mounting.last_line(said))
