"""The gate: a map is believed only if it passes every check here; whatever fails is imaged raw, with the reason.

partclone's exit status cannot be believed: on a Btrfs with broken trees it prints checksum failures, "Cloned
successfully", and exits with 0.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from rescue.extents import Extent, Extents
from rescue.filesystems.model import UnmappableError
from rescue.language import _


@dataclass(frozen=True, slots=True)
class FeatureWord:
    """One word of feature flags of a superblock: the names of its bits, and those that our own tests prove."""

    names: Mapping[int, str]
    proven: Collection[str]

    def set_in(self, flags: int) -> list[str]:
        """Names of the flags that are set, rising; a bit without a name is `unknown flag 0x…`."""
        bits = [1 << position for position in range(flags.bit_length()) if flags >> position & 1]
        return [self.names.get(bit) or _("unknown flag {bit:#x}").format(bit=bit) for bit in bits]

    def unproven(self, flags: int) -> list[str]:
        """Names of the flags that are set and that no test of ours proves."""
        return [name for name in self.set_in(flags) if name not in self.proven]


def demand(condition: bool, reason: str) -> None:
    """UnmappableError with `reason` unless `condition` holds."""
    if not condition:
        raise UnmappableError(reason)


def demand_proven(filesystem: str, unproven: Iterable[str]) -> None:
    """Only features that our tests prove pass."""
    names = ", ".join(unproven)
    demand(
        not names,
        _("This {filesystem} uses features that Rescue has not proven: {names}.").format(
            filesystem=filesystem, names=names
        ),
    )


def demand_covered(used: Extents, needed: Iterable[tuple[str, Extent]]) -> None:
    """Every named structure lies in the map."""
    for name, (start, end) in needed:
        if not used.contains(start, end):
            text = _("The map of used blocks leaves out the {name} at byte {start}.")
            raise UnmappableError(text.format(name=name, start=start))


def demand_count(used: int, expected: int, tolerance: int = 0) -> None:
    """The map's total agrees with the file system's own count, both in bytes."""
    agrees = abs(used - expected) <= tolerance
    demand(
        agrees,
        _("The map has {used} used bytes, the file system itself counts {expected}.").format(
            used=used, expected=expected
        ),
    )
