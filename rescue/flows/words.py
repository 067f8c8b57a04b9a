"""Words for disks, times and command lines that several flows use. Pure."""

import shlex
from collections.abc import Iterable, Sequence

from rescue.devices.model import Disk, Inventory, Partition
from rescue.language import _
from rescue.places.model import Place
from rescue.units import MiB, format_duration, format_size

_SLOW, _FAST = 40 * MiB, 200 * MiB  # bytes a second: a USB 2 drive, a good SSD at the other end of a backup
_SHORTEST = 4


def disk_title(disk: Disk) -> str:
    """A disk in a few words: `Samsung SSD 980, 931.5 GiB (/dev/nvme0n1)`."""
    model = disk.model or _("Disk")
    return f"{model}, {format_size(disk.size)} ({disk.path})"


def partition_title(part: Partition) -> str:
    """A partition in a few words: `2: ext4 “root”, 30.0 GiB, Debian GNU/Linux 12`."""
    info = part.filesystem
    words = [info.type if info else _("unknown content")]
    if info and info.label:
        words[0] += f" “{info.label}”"
    words.append(format_size(part.size))
    if part.system:
        words.append(part.system)
    return f"{part.number}: {', '.join(words)}"


def sources_title(inventory: Inventory, sources: Iterable[str]) -> str:
    """Disks and partitions that are chosen, in a line."""
    told = []
    for path in sources:
        disk, part = inventory.find(path)
        told.append(disk_title(disk) if part is None else f"{part.path} ({partition_title(part)})")
    return "; ".join(told)


def place_title(place: Place) -> str:
    """A place in a few words."""
    return f"{place.name} ({place.address})" if place.address not in place.name else place.name


def writers(disk: Disk) -> str:
    """Who may write to the disk at this moment, so that an image of it would be torn; empty where nobody does."""
    found = [f"{path}: {use.describe()}" for path, use in disk.all_uses() if not use.read_only]
    return _("in use ({uses})").format(uses="; ".join(found)) if found else ""


def duration(size: int, *, times: int = 1) -> str:
    """How long it takes to read or write `size` bytes `times` times, as a range: nobody knows the drives before."""
    fast, slow = (size * times // rate for rate in (_FAST, _SLOW))
    if slow < 60:
        return _("less than a minute")
    return _("between {fast} and {slow}").format(
        fast=format_duration(_rounded(fast)), slow=format_duration(_rounded(slow))
    )


def _rounded(seconds: int) -> int:
    """Whole minutes, whole five minutes above an hour: no false precision."""
    unit = 60 if seconds < 3600 else 300
    return max(unit, (seconds + unit // 2) // unit * unit)


def command_line(*words: str) -> str:
    """A command as it is typed."""
    return shlex.join(["rescue", *words])


def short_confirm(target: str, others: Sequence[str]) -> str:
    """The end of the target's identity that no other disk's identity has: what a person types.

    At least four letters and digits, and all of it where it has no more than that.
    """
    for length in range(min(_SHORTEST, len(target)), len(target) + 1):
        end = target[-length:]
        enough = sum(letter.isalnum() for letter in end) >= _SHORTEST
        if enough and end == end.strip() and not any(other.endswith(end) for other in others):
            return end
    return target
