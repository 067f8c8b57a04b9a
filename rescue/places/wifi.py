"""Wi-Fi through NetworkManager: which networks are in reach, and joining one.

The password goes into a connection file in memory that root alone may read; it is in no command line. The file is
NetworkManager's own kind (nm-settings-keyfile(5)), so that it can join again by itself when the radio is lost.
"""

import os
import re
import uuid
from dataclasses import dataclass
from pathlib import Path

from rescue import process
from rescue.errors import PlaceError, UsageError
from rescue.language import _
from rescue.places import mounting

_CONNECTIONS = Path("/run/NetworkManager/system-connections")
_SCAN_SECONDS, _JOIN_SECONDS = 40.0, 60.0
_FIELDS = "IN-USE,SSID,SIGNAL,SECURITY"
_HEX_KEY = re.compile(r"[0-9A-Fa-f]{64}")
_PLAIN = re.compile(r"[\x20-\x7e]{8,63}")
_WRONG_PASSWORD = ("Secrets were required", "secrets", "802.1X", "wrong password")


@dataclass(frozen=True, slots=True)
class AccessPoint:
    """A Wi-Fi in reach. `signal` is 0 to 100; `security` as NetworkManager says it: `WPA2 WPA3`, or empty."""

    name: str
    signal: int
    security: str
    joined: bool


def access_points() -> tuple[AccessPoint, ...]:
    """Wi-Fis in reach, the strongest first, each name once. PlaceError where nobody manages the network."""
    argv = ["nmcli", "--terse", "--fields", _FIELDS, "device", "wifi", "list", "--rescan", "auto"]
    done = process.run(argv, allowed=range(256), timeout=_SCAN_SECONDS)
    if done.status:
        raise PlaceError(
            _("Nobody can look for Wi-Fi: {reason}").format(reason=mounting.last_line(done.error_text)),
            hint=_("Switch the network on first: rescue network --start"),
        )
    return parse_access_points(done.text)


def parse_access_points(text: str) -> tuple[AccessPoint, ...]:
    """What `nmcli --terse` prints: fields between colons; a colon or backslash in a field stands behind a backslash."""
    best: dict[str, AccessPoint] = {}
    for line in text.splitlines():
        fields = split_terse(line)
        if len(fields) != 4 or not fields[1]:  # a hidden network has no name
            continue
        used, name, signal, security = fields
        found = AccessPoint(name, int(signal) if signal.isdecimal() else 0, security.strip(), used.strip() == "*")
        known = best.get(name)
        if known is None or (found.joined, found.signal) > (known.joined, known.signal):
            best[name] = found
    return tuple(sorted(best.values(), key=lambda point: (not point.joined, -point.signal, point.name)))


def split_terse(line: str) -> list[str]:
    """The fields of one line."""
    fields = [""]
    letters = iter(line)
    for letter in letters:
        if letter == ":":
            fields.append("")
        else:
            fields[-1] += next(letters, "") if letter == "\\" else letter
    return fields


def join(point: AccessPoint, password: str) -> None:
    """Join a Wi-Fi. PlaceError says whether the password is wrong; UsageError where it cannot be one.

    Nothing is left of an attempt that failed.
    """
    identity = str(uuid.uuid4())
    file = _CONNECTIONS / f"rescue-{identity}.nmconnection"
    _write(file, connection_file(point, password, identity))
    try:
        _up(point, file, identity)
    except BaseException:
        process.run(["nmcli", "connection", "delete", "uuid", identity], allowed=range(256))
        file.unlink(missing_ok=True)
        raise


def _up(point: AccessPoint, file: Path, identity: str) -> None:
    process.run(["nmcli", "connection", "load", str(file)])
    argv = ["nmcli", "--wait", f"{_JOIN_SECONDS:.0f}", "connection", "up", "uuid", identity]
    done = process.run(argv, allowed=range(256), timeout=2 * _JOIN_SECONDS)
    if done.status:
        raise _refused(point, done.error_text)


def connection_file(point: AccessPoint, password: str, identity: str) -> str:
    """The connection for NetworkManager. Names are written as numbers, so that no letter in them means anything."""
    name = "".join(f"{byte};" for byte in point.name.encode(errors="surrogateescape"))
    lines = [
        *("[connection]", f"id=rescue-{identity[:8]}", f"uuid={identity}", "type=wifi"),
        *("[wifi]", f"ssid={name}", "[ipv4]", "method=auto", "[ipv6]", "method=auto"),
    ]
    if point.security:
        lines += ["[wifi-security]", f"key-mgmt={_key_management(point)}", f"psk={_escaped(_checked(password))}"]
    return "".join(f"{line}\n" for line in lines)


def _key_management(point: AccessPoint) -> str:
    words = point.security.split()
    if "802.1X" in words:
        raise UsageError(
            _("{name} asks for a user's certificate or account, which is not supported here.").format(name=point.name),
            hint=_("`nmtui` or `nmcli` can join it."),
        )
    if "WPA1" in words or "WPA2" in words:
        return "wpa-psk"
    if "WPA3" in words:
        return "sae"
    raise UsageError(
        _("{name} uses {security}, which is not safe and is not supported.").format(
            name=point.name, security=point.security
        ),
        hint=_("Use a cable, or `nmtui`."),
    )


def _checked(password: str) -> str:
    if not (_PLAIN.fullmatch(password) or _HEX_KEY.fullmatch(password)):
        raise UsageError(_("A Wi-Fi password has 8 to 63 letters, digits and signs."))
    return password


def _escaped(text: str) -> str:
    """As a key file wants it: backslashes doubled, blanks at the ends visible."""
    text = text.replace("\\", "\\\\")
    inner = text.strip(" ")
    before, after = len(text) - len(text.lstrip(" ")), len(text) - len(text.rstrip(" "))
    return "\\s" * before + inner + "\\s" * after if inner else "\\s" * len(text)


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(text)


def _refused(point: AccessPoint, said: str) -> PlaceError:
    if any(word in said for word in _WRONG_PASSWORD):
        return PlaceError(
            _("{name} refuses this password.").format(name=point.name), hint=_("Type it again; capitals count.")
        )
    return PlaceError(
        _("{name} cannot be joined: {reason}").format(name=point.name, reason=mounting.last_line(said)),
        hint=_("Go nearer to it, and try again."),
    )
