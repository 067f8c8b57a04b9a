"""Why a folder of another computer cannot be used: each step that can fail has its sentence and its advice."""

from enum import Enum

from rescue.errors import PlaceError
from rescue.language import _
from rescue.places.address import Address
from rescue.places.model import PlaceKind


class Trouble(Enum):
    """The step that failed, in the order of the steps. A form can show where to look."""

    NAME_UNKNOWN = "name unknown"
    NO_NAME_SERVER = "no name server"
    NO_ROUTE = "no route"
    REFUSED = "refused"
    TIMEOUT = "timeout"
    NOT_SPOKEN = "another service"
    TOO_OLD = "too old"
    HOST_KEY_UNKNOWN = "host key unknown"
    HOST_KEY_CHANGED = "host key changed"
    PASSWORD = "password"  # noqa: S105 - a step, not a secret
    NO_KEY = "no key"
    NO_ACCESS = "no access"
    SHARE_UNKNOWN = "share unknown"
    FOLDER_UNKNOWN = "folder unknown"
    NO_RIGHT_TO_WRITE = "no right to write"
    READ_ONLY = "read-only"
    FULL = "full"
    LOST = "connection lost"
    NO_LOCKS = "no locks"
    OTHER = "other"


class ConnectError(PlaceError):
    """A folder of another computer cannot be used. `trouble` is the step that failed."""

    def __init__(self, message: str, *, hint: str = "", trouble: Trouble = Trouble.OTHER) -> None:
        super().__init__(message, hint=hint)
        self.trouble = trouble


def failed(trouble: Trouble, address: Address, detail: str = "") -> ConnectError:
    """The error of a step, in words. `detail` is what a program said, for the case that nobody foresaw."""
    unforeseen = (_("{folder} on {host} cannot be opened: {detail}."), _("Check address, user and password."))
    sentence, hint = {**_on_the_way(), **_inside(address.kind), **_in_use()}.get(trouble, unforeseen)
    words = {
        "host": address.host,
        "port": address.number,
        "user": address.user or _nobody(address.kind),
        "share": address.path.split("/")[1] if address.path else "",
        "folder": address.path or "~",
        "detail": detail or _("no message"),
    }
    return ConnectError(sentence.format(**words), hint=hint.format(**words), trouble=trouble)


def _nobody(kind: PlaceKind) -> str:
    """Who asks, where no user is named."""
    match kind:
        case PlaceKind.NFS:
            return _("this computer")
        case PlaceKind.SSH:
            return "root"
        case _:
            return _("guest")


def _on_the_way() -> dict[Trouble, tuple[str, str]]:
    """Steps that have to do with the network alone."""
    return {
        Trouble.NAME_UNKNOWN: (
            _("No computer is called {host}."),
            _("Check the name, or use the address, as 192.168.1.20."),
        ),
        Trouble.NO_NAME_SERVER: (
            _("Nobody can be asked where {host} is: no name server answers."),
            _("Check the network, or use the address of the computer, as 192.168.1.20."),
        ),
        Trouble.NO_ROUTE: (
            _("There is no way to {host} from here."),
            _("Check the cable or the Wi-Fi, and that this computer has an address: rescue network."),
        ),
        Trouble.REFUSED: (
            _("{host} is there, but no such service runs on it: port {port} is closed."),
            _("Switch file sharing on over there, or check the address."),
        ),
        Trouble.TIMEOUT: (
            _("{host} does not answer on port {port}."),
            _("Is it switched on, and on the same network? A firewall may be in the way."),
        ),
        Trouble.NOT_SPOKEN: (
            _("Something answers on port {port} of {host}, but it is not the service that is wanted."),
            _("Check address and port."),
        ),
        Trouble.TOO_OLD: (
            _("{host} speaks an old language only (SMB 1), which is not safe and is not used here."),
            _("Switch on SMB 2 or 3 over there, or use NFS or SSH."),
        ),
    }


def _inside(kind: PlaceKind) -> dict[Trouble, tuple[str, str]]:
    """Steps that have to do with the server and its folders."""
    smb = kind is PlaceKind.SMB
    return {
        Trouble.PASSWORD: (
            _("{host} refuses the user {user} with this password."),
            _("Type both again. A Windows account may need the form DOMAIN\\user.")
            if smb
            else _("Type both again. The server may allow keys only."),
        ),
        Trouble.NO_KEY: (
            _("{host} wants a user and a password.")
            if smb
            else _("{host} wants a password from {user}, or a key that it knows."),
            _("Name the user and the password."),
        ),
        Trouble.NO_ACCESS: (
            _("{host} does not let {user} use {folder}."),
            _("Let this user, or this computer, use it over there."),
        ),
        Trouble.SHARE_UNKNOWN: (
            _("{host} has no share that is called {share}.") if smb else _("{host} does not offer {folder}."),
            _("Check how it is spelled, and whether this computer may use it."),
        ),
        Trouble.FOLDER_UNKNOWN: (
            _("There is no folder {folder} on {host}."),
            _("Make the folder over there first, or check how it is spelled."),
        ),
    }


def _in_use() -> dict[Trouble, tuple[str, str]]:
    """Steps that have to do with writing."""
    return {
        Trouble.NO_RIGHT_TO_WRITE: (
            _("{user} may look into {folder} on {host}, but not write there."),
            _("Give the right to write over there, or use another folder."),
        ),
        Trouble.READ_ONLY: (
            _("{folder} on {host} can only be read."),
            _("Make it writable over there, or use another folder."),
        ),
        Trouble.FULL: (
            _("No space is left in {folder} on {host}."),
            _("Make room over there, or use another place. A quota of the user can be the reason, too."),
        ),
        Trouble.LOST: (
            _("The connection to {host} broke while the folder was tried."),
            _("Try again. If it happens again, check the network and the server."),
        ),
        Trouble.NO_LOCKS: (
            _("{folder} on {host} cannot be locked, so that two computers could spoil each other's backups."),
            _("Switch on locking over there (for NFS: version 4, or the lock service)."),
        ),
    }
