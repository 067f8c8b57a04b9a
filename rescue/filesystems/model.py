"""The values of this package and the seam between its members."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Protocol

from rescue.cancel import CancelToken
from rescue.errors import Fault, RescueError
from rescue.extents import Extents
from rescue.filesystems.volume import Volume

Facts = Mapping[str, str | int]


class UnmappableError(RescueError):
    """The used bytes cannot be told with certainty; the message is the sentence that the report shows."""

    exit_code = 20
    fault = Fault.SOURCE


@dataclass(frozen=True, slots=True)
class UsedMap:
    """The bytes of one volume that a backup has to store, relative to its start and within its size.

    `raw_reason` is the sentence why all blocks are imaged although the file system is a known one; it is None where
    the map is exact, where nobody expects one (unknown content), and where raw was asked for.
    """

    filesystem: str
    used: Extents
    method: str
    raw_reason: str | None = None
    notes: tuple[str, ...] = ()
    facts: dict[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Measured:
    """What a file system knows about itself: `used` lies within 0 to `end`, where the file system ends."""

    end: int
    used: Extents
    method: str
    notes: tuple[str, ...] = ()
    facts: Facts = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Bench:
    """What a measurement may use beside the volume: a private directory for throw-away files, and the stop signal."""

    scratch: Path
    cancel: CancelToken | None = None


class FileSystem(Protocol):
    """One member of the family."""

    name: ClassVar[str]
    types: ClassVar[frozenset[str]]

    def measure(self, volume: Volume, bench: Bench) -> Measured:
        """Used bytes of the volume, proven by the gate; UnmappableError tells why there is no certainty."""
