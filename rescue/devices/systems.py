"""What system is installed on a file system, in the words in which it names itself."""

import re
import shlex
import tempfile

from rescue.devices.peek import first_file, has_file
from rescue.errors import RescueError
from rescue.process import run

_TIMEOUT_SECONDS = 10.0
_OS_RELEASE = ("usr/lib/os-release", "etc/os-release")
_HIVES = ("Windows/System32/config/SOFTWARE", "WINDOWS/system32/config/software")
_KERNELS = ("Windows/System32/ntoskrnl.exe", "WINDOWS/system32/ntoskrnl.exe")
_VERSION_KEY = r"Microsoft\Windows NT\CurrentVersion"
_VALUE = re.compile(r'^"(\w+)"="(.*)"$', re.MULTILINE)
_FIRST_BUILD_OF_11 = 22000


def installed_system(path: str, fstype: str) -> str | None:
    """Name of the system on the device, "Debian GNU/Linux 12 (bookworm)"; None where none is found, or any failure.

    Reads without mounting, so neither journal nor time stamps change. Takes seconds at most, for a large Windows.
    """
    try:
        return _windows(path) if fstype == "ntfs" else _linux(path, fstype)
    except (RescueError, OSError, ValueError):
        return None


def _linux(path: str, fstype: str) -> str | None:
    content = first_file(path, fstype, _OS_RELEASE)
    return pretty_name(content.decode(errors="replace")) if content else None


def pretty_name(os_release: str) -> str | None:
    """PRETTY_NAME, else NAME and VERSION, from the text of an os-release file. Format: os-release(5)."""
    values = {}
    for line in os_release.splitlines():
        name, equals, value = line.strip().partition("=")
        if equals and not name.startswith("#"):
            values[name] = _unquote(value)
    name = values.get("PRETTY_NAME") or f"{values.get('NAME', '')} {values.get('VERSION', '')}"
    return _one_line(name) or None


def _unquote(value: str) -> str:
    try:
        return " ".join(shlex.split(value))
    except ValueError:  # a quote that does not end
        return ""


def _one_line(text: str) -> str:
    """Text from a disk goes to a terminal: one line, no control characters."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def _windows(path: str) -> str | None:
    hive = first_file(path, "ntfs", _HIVES)
    name = _hive_name(hive) if hive else None
    return name or ("Windows" if has_file(path, "ntfs", _KERNELS) else None)


def _hive_name(hive: bytes) -> str | None:
    """The product in a SOFTWARE hive; None where the hive cannot be read."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(hive)
        file.flush()
        try:
            listing = run(["hivexget", file.name, _VERSION_KEY], timeout=_TIMEOUT_SECONDS).text
        except RescueError:
            return None
    return windows_name(dict(_VALUE.findall(listing)))


def windows_name(values: dict[str, str]) -> str | None:
    """The name from the values of the key CurrentVersion. Windows 11 calls its product Windows 10 there."""
    product = values.get("ProductName", "").removeprefix("Microsoft ")
    build = values.get("CurrentBuildNumber", "") or values.get("CurrentBuild", "")
    if build.isdecimal() and int(build) >= _FIRST_BUILD_OF_11 and "Server" not in product:
        product = product.replace("Windows 10", "Windows 11")
    return _one_line(f"{product} {values.get('DisplayVersion', '')}") or None if product else None
