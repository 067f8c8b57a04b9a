"""A folder of another computer: a form that tries it at once, and says in words what is wrong."""

from contextlib import suppress

from rescue.errors import RescueError
from rescue.flows.engine import Engine
from rescue.flows.front import Field, FieldKind, Form, Front, Page
from rescue.language import _
from rescue.places.address import Address
from rescue.places.host_keys import HostKeyError
from rescue.places.model import Place, PlaceKind
from rescue.places.troubles import Trouble

_ACCEPT = "a"


async def open_share(front: Front, engine: Engine, kind: PlaceKind, *, writable: bool) -> Place | None:
    """The open share, once the form is right; None for going back.

    The key of an SSH server that nobody has met is shown; once it is accepted, the form only wants to be sent again.
    """
    trial = _Trial(engine, kind, writable=writable)
    filled: dict[str, str] | None = {}
    while filled is not None and trial.place is None:
        filled = await front.fill(share_form(kind, filled, trial))
        if filled is not None and trial.unknown is not None:
            await _look_at_key(front, trial, trial.unknown, filled)
    return trial.place


async def _look_at_key(front: Front, trial: "_Trial", error: HostKeyError, filled: dict[str, str]) -> None:
    """Show the key of a server; when the person accepts it, connect."""
    lines = (
        error.message,
        _("Compare it with what the owner of the server says. Whoever stands between would show another key."),
    )
    page = Page(_("A server that was never seen before"), lines, ((_ACCEPT, _("Accept this key")),), help="share")
    if await front.read(page) == _ACCEPT:
        trial.accept = error.fingerprint
        wrong = await front.busy(_("Connecting …"), lambda: trial(filled))
        if wrong:
            await front.read(Page(_("This share cannot be used"), (wrong,), help="share"))


class _Trial:
    """Connects with what the form holds. Its results are read when the form is closed."""

    def __init__(self, engine: Engine, kind: PlaceKind, *, writable: bool) -> None:
        self._engine, self._kind, self._writable = engine, kind, writable
        self.place: Place | None = None
        self.unknown: HostKeyError | None = None
        self.accept: str | None = None

    def __call__(self, filled: dict[str, str]) -> str | None:
        """What is wrong; None when it is open, and when a key has to be looked at first."""
        self.unknown = None
        address = address_of(self._kind, filled)
        if isinstance(address, str):
            return address
        self._get_online()
        try:
            self.place = self._engine.connect(
                address.url(),
                filled.get("user", "").strip(),
                filled.get("password", ""),
                accept=self.accept,
                writable=self._writable,
            )
        except HostKeyError as error:
            if error.trouble is Trouble.HOST_KEY_UNKNOWN:
                self.unknown = error
                return None
            return f"{error.message} {error.hint}".strip()
        except RescueError as error:
            return f"{error.message} {error.hint}".strip()
        return None

    def _get_online(self) -> None:
        """Switch the network on where this computer has none yet; if that fails, connecting tells why."""
        with suppress(RescueError):
            if not any(interface.addresses for interface in self._engine.network().interfaces):
                self._engine.start_network()


def share_form(kind: PlaceKind, values: dict[str, str], trial: _Trial) -> Form:
    """The form for one kind of share, with what was typed before."""
    return Form(
        title=_title(kind),
        fields=tuple(_fields(kind, values)),
        help="share",
        text=_("It is tried at once: a small file is written there and removed.") if trial else "",
        submit=_("Connect"),
        working=_("Connecting …"),
        check=trial,
    )


def _title(kind: PlaceKind) -> str:
    return {
        PlaceKind.SMB: _("A Windows or Samba share, a NAS"),
        PlaceKind.NFS: _("An NFS export"),
        PlaceKind.SSH: _("A folder on another computer by SSH"),
    }[kind]


def _fields(kind: PlaceKind, values: dict[str, str]) -> list[Field]:
    folder = {
        PlaceKind.SMB: (_("Share"), _("as in backups, or backups/laptop")),
        PlaceKind.NFS: (_("Export"), _("as in /srv/backups")),
        PlaceKind.SSH: (_("Folder"), _("as in /srv/backups; empty for the user's own folder")),
    }
    label, hint = folder[kind]
    found = [
        Field("host", _("Computer"), value=values.get("host", ""), hint=_("name or address, as in nas or 192.168.1.5")),
        Field("path", label, value=values.get("path", ""), hint=hint),
    ]
    if kind is not PlaceKind.NFS:
        who = _("empty for a guest") if kind is PlaceKind.SMB else ""
        found += [
            Field("user", _("User"), value=values.get("user", ""), hint=who),
            Field("password", _("Password"), FieldKind.HIDDEN, values.get("password", "")),
        ]
    return found


def address_of(kind: PlaceKind, filled: dict[str, str]) -> Address | str:
    """The address that the form means, or what is missing."""
    host, _colon, port = filled["host"].strip().strip("/\\").partition(":")
    path = filled["path"].strip().replace("\\", "/").strip("/")
    if not host:
        return _("Which computer? Type its name or its address.")
    if not path and kind is not PlaceKind.SSH:
        return _("Which share? Type its name.") if kind is PlaceKind.SMB else _("Which export? Type its path.")
    if port and not port.isdecimal():
        return _("“{port}” is no port.").format(port=port)
    return Address(kind, host, f"/{path}" if path else "", int(port) if port else None)
