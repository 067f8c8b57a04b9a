"""Is the SSH server the one that it was? Its key is known, or shown and accepted by a person, or refused.

Keys that a person accepted lie in `known_hosts` in the state directory; those that this computer's root knows count
as well.
"""

import base64
import binascii
import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from rescue import process, settings
from rescue.errors import PlaceError, RescueError, reason_of
from rescue.language import _
from rescue.places.address import Address
from rescue.places.reach import SECONDS
from rescue.places.troubles import ConnectError, Trouble, failed

_TYPES = "ed25519,ecdsa,rsa"
_NICEST = ("ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", "ssh-rsa")


class HostKeyError(ConnectError):
    """The server's key is not known, or is not the one that is known. `fingerprint` is that of the key it shows now."""

    def __init__(
        self, message: str, *, hint: str = "", trouble: Trouble = Trouble.HOST_KEY_UNKNOWN, fingerprint: str = ""
    ) -> None:
        super().__init__(message, hint=hint, trouble=trouble)
        self.fingerprint = fingerprint


@dataclass(frozen=True, slots=True)
class HostKey:
    """A server's public key: its type, and its bytes in base64."""

    type: str
    blob: str

    @property
    def fingerprint(self) -> str:
        """As ssh shows it: `SHA256:…`."""
        digest = hashlib.sha256(base64.b64decode(self.blob)).digest()
        return "SHA256:" + base64.b64encode(digest).decode().rstrip("=")


def known_hosts() -> Path:
    """Where accepted keys are kept."""
    return settings.state_directory() / "known_hosts"


def files() -> tuple[Path, ...]:
    """Every file with known keys, ours first."""
    return known_hosts(), home() / ".ssh/known_hosts"


def home() -> Path:
    """Where the keys of the person who runs the program are."""
    return Path(os.environ.get("HOME") or "/root")


def require_known(address: Address, accept: str | None) -> None:
    """HostKeyError unless the server shows a key that is known, or whose fingerprint is `accept`, which is kept then.

    A key that differs from the known one is refused whatever is accepted. That the server also has the private half is
    what ssh itself demands later.
    """
    shown = _shown(address)
    known = {key for file in files() for key in _known(address, file)}
    if known & set(shown):
        return
    if known:
        raise _changed(address, shown[0])
    chosen = next((key for key in shown if key.fingerprint == accept), None)
    if chosen is None:
        raise _unknown(address, shown[0])
    _keep(address, chosen)


def _shown(address: Address) -> list[HostKey]:
    """The keys that the server shows now, the best known kind first. ConnectError where it shows none."""
    argv = ["ssh-keyscan", "-T", f"{SECONDS:.0f}", "-t", _TYPES, "-p", str(address.number), address.host]
    listing = process.run(argv, allowed=(0, 1), timeout=4 * SECONDS).text
    keys = parse_keys(listing)
    if not keys:
        raise failed(Trouble.NOT_SPOKEN, address)
    return sorted(keys, key=lambda key: _NICEST.index(key.type) if key.type in _NICEST else len(_NICEST))


def _known(address: Address, file: Path) -> list[HostKey]:
    """The keys that a file has for the server; its names may be hashed, which ssh-keygen knows to read."""
    if not file.exists():
        return []
    try:
        listing = process.run(["ssh-keygen", "-F", _label(address), "-f", str(file)], allowed=(0, 1)).text
    except RescueError:
        return []
    return parse_keys(listing)


def parse_keys(listing: str) -> list[HostKey]:
    """Keys from lines as in known_hosts: names, type, key. Comments, markers and what is damaged are left out."""
    keys = []
    for line in listing.splitlines():
        words = line.split()
        if len(words) < 3 or line.startswith(("#", "@")):
            continue
        try:
            base64.b64decode(words[2], validate=True)
        except (binascii.Error, ValueError):
            continue
        keys.append(HostKey(words[1], words[2]))
    return keys


def _label(address: Address) -> str:
    """The server's name in known_hosts."""
    return address.host if address.number == 22 else f"[{address.host}]:{address.number}"


def _keep(address: Address, key: HostKey) -> None:
    file = known_hosts()
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("a", encoding="utf-8") as stream:
            stream.write(f"{_label(address)} {key.type} {key.blob}\n")
    except OSError as error:
        raise PlaceError(
            _("The key of {host} cannot be kept in {file}: {reason}.").format(
                host=address.host, file=file, reason=reason_of(error)
            ),
            hint=_("Name a directory with some space in RESCUE_STATE_DIR."),
        ) from error


def _unknown(address: Address, key: HostKey) -> HostKeyError:
    return HostKeyError(
        _("This is the first contact with {host}. It shows the key {fingerprint}.").format(
            host=address.host, fingerprint=key.fingerprint
        ),
        fingerprint=key.fingerprint,
        hint=_("Compare it with what the server's owner says, and accept it: --accept-host-key {fingerprint}").format(
            fingerprint=key.fingerprint
        ),
    )


def _changed(address: Address, key: HostKey) -> HostKeyError:
    return HostKeyError(
        _("{host} shows another key than before: {fingerprint}. It may be another computer in its place.").format(
            host=address.host, fingerprint=key.fingerprint
        ),
        trouble=Trouble.HOST_KEY_CHANGED,
        fingerprint=key.fingerprint,
        hint=_("Ask its owner. Only if the server was set up anew, forget the old key: {command}").format(
            command=f"ssh-keygen -R '{_label(address)}' -f FILE  (FILE: {', '.join(map(str, files()))})"
        ),
    )
