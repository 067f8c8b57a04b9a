"""Addresses of folders on other computers: what people type, and the one way in which we write them down.

smb://host/share/folder   //host/share/folder   \\\\host\\share\\folder
nfs://host/export         host:/export
sftp://user@host/folder   ssh://user@host/folder   user@host:/folder
"""

import re
from dataclasses import dataclass
from urllib.parse import quote, unquote

from rescue.errors import UsageError
from rescue.language import _
from rescue.places.model import PlaceKind

PORTS = {PlaceKind.SMB: 445, PlaceKind.NFS: 2049, PlaceKind.SSH: 22}
_SCHEMES = {
    "smb": PlaceKind.SMB,
    "cifs": PlaceKind.SMB,
    "nfs": PlaceKind.NFS,
    "nfs4": PlaceKind.NFS,
    "sftp": PlaceKind.SSH,
    "ssh": PlaceKind.SSH,
}
_WRITTEN = {PlaceKind.SMB: "smb", PlaceKind.NFS: "nfs", PlaceKind.SSH: "sftp"}
_URL = re.compile(r"([a-z][a-z0-9+.-]*)://(?:([^/@]*)@)?([^/]*)(/.*)?", re.IGNORECASE | re.DOTALL)
_UNC = re.compile(r"//(?:([^/@]*)@)?([^/]+)(/.*)?", re.DOTALL)
_COLON = re.compile(r"(?:([^/@:]+)@)?(\[[0-9A-Fa-f:.%\w]+\]|[^/@:\[\]]+):(.*)", re.DOTALL)
_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+(?:%\w+)?\]|[A-Za-z0-9_](?:[A-Za-z0-9._-]*[A-Za-z0-9_.])?)(?::(\d{1,5}))?")
_MARKS = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Address:
    """A folder of another computer. `port` is None for the usual one; `user` is empty where none is named.

    `path` begins with a slash and ends with none: `/share/folder`, `/export`, or the folder on the SSH server. It is
    empty for the SSH user's own folder.
    """

    kind: PlaceKind
    host: str
    path: str
    port: int | None = None
    user: str = ""

    @property
    def share(self) -> str:
        """The share of a Windows or Samba server."""
        return self.path.split("/")[1]

    @property
    def folder(self) -> str:
        """The folder in the share, without slashes around it; empty for the share itself."""
        return "/".join(self.path.split("/")[2:])

    @property
    def number(self) -> int:
        """The port that is meant."""
        return self.port or PORTS[self.kind]

    @property
    def bracketed(self) -> str:
        """The host as it stands before a colon."""
        return f"[{self.host}]" if ":" in self.host else self.host

    def url(self) -> str:
        """The address as it opens the place again; never with a password."""
        user = f"{quote(self.user, safe='')}@" if self.user else ""
        port = f":{self.port}" if self.port and self.port != PORTS[self.kind] else ""
        return f"{_WRITTEN[self.kind]}://{user}{self.bracketed}{port}{quote(self.path, safe='/')}"

    @property
    def name(self) -> str:
        """The place for people: `folder on host`."""
        last = self.path.rpartition("/")[2]
        return _("{folder} on {host}").format(folder=last or "~", host=self.host)


def is_share(text: str) -> bool:
    """True where the text looks like the address of another computer, not like a path of this one."""
    text = text.strip()
    if text.startswith(("//", "\\\\")) or "://" in text:
        return True
    return not text.startswith(("/", ".")) and _COLON.fullmatch(text) is not None


def parse_address(text: str, user: str = "") -> Address:
    """The address in `text`; `user` counts where the text names none. UsageError says what is wrong with it."""
    text = text.strip()
    if _MARKS.search(text) or _MARKS.search(user):
        raise _unknown(_("it has a character that no address has"))
    kind, own_user, host, path, encoded = _split(text)
    found = _HOST.fullmatch(host)
    if found is None:
        raise _unknown(_("it names no computer"))
    if own_user and ":" in own_user:
        raise UsageError(
            _("A password does not belong in an address: others could read it."),
            hint=_("Leave it out. It is asked for."),
        )
    if encoded:
        own_user, path = unquote(own_user), unquote(path)
    if own_user.startswith("-") or user.startswith("-"):
        raise _unknown(_("no user is called that"))
    port = int(found[2]) if found[2] else None
    if port is not None and not 0 < port < 1 << 16:
        raise _unknown(_("it has an impossible port"))
    clean = _clean(path)
    if kind is PlaceKind.SMB and not clean:
        raise _unknown(_("it names no share"))
    if kind is PlaceKind.NFS and not clean:
        clean = "/"
    return Address(kind, found[1].strip("[]"), clean, port, own_user or user)


def _split(text: str) -> tuple[PlaceKind, str, str, str, bool]:
    """Kind, user, host with port, path, and whether it is written as in a URL."""
    url = _URL.fullmatch(text)
    if url is not None:
        kind = _SCHEMES.get(url[1].lower())
        if kind is None:
            raise _unknown(_("“{scheme}” is none of smb, nfs, sftp").format(scheme=url[1]))
        return kind, url[2] or "", url[3], url[4] or "", True
    unc = _UNC.fullmatch(text.replace("\\", "/"))
    if unc is not None and text[0] in "/\\":
        return PlaceKind.SMB, unc[1] or "", unc[2], unc[3] or "", False
    colon = _COLON.fullmatch(text)
    if colon is None or (not colon[1] and not colon[3].startswith("/")):
        raise _unknown(_("it is not written like one"))
    kind = PlaceKind.SSH if colon[1] else PlaceKind.NFS
    path = colon[3]
    if path and not path.startswith("/"):
        path = f"/~/{path}"
    return kind, colon[1] or "", colon[2], path, False


def _clean(path: str) -> str:
    """The path without doubled and closing slashes, and without steps upward."""
    parts = [part for part in path.split("/") if part and part != "."]
    if ".." in parts or _MARKS.search(path):
        raise _unknown(_("its folder has a part that leads elsewhere"))
    return "".join(f"/{part}" for part in parts)


def _unknown(why: str) -> UsageError:
    return UsageError(
        _("This is not the address of a folder on another computer: {why}.").format(why=why),
        hint=_("Write smb://COMPUTER/SHARE, nfs://COMPUTER/FOLDER or sftp://USER@COMPUTER/FOLDER."),
    )
