"""Sizes. Inside the program every size and offset is an `int` in bytes; an LBA exists only with its sector size."""

from rescue.language import _

KiB = 1024
MiB = 1024 * KiB
GiB = 1024 * MiB
TiB = 1024 * GiB

_NAMES = ((TiB, "TiB"), (GiB, "GiB"), (MiB, "MiB"), (KiB, "KiB"))


def lba_to_bytes(lba: int, sector_size: int) -> int:
    """Byte offset of the logical block `lba`."""
    return lba * sector_size


def bytes_to_lba(offset: int, sector_size: int) -> int:
    """Logical block at the byte `offset`; ValueError where no block begins there."""
    lba, rest = divmod(offset, sector_size)
    if rest:
        raise ValueError(f"byte {offset} is not at the start of a {sector_size}-byte sector")
    return lba


def align_down(value: int, alignment: int) -> int:
    """Largest multiple of `alignment` that is not above `value`."""
    return value - value % alignment


def align_up(value: int, alignment: int) -> int:
    """Smallest multiple of `alignment` that is not below `value`."""
    return -(-value // alignment) * alignment


def format_size(size: int) -> str:
    """Size for people: `931.5 GiB`. One decimal, rounded half up, in integers only."""
    for unit, name in _NAMES:
        if size * 20 >= unit * 20 - unit // KiB:  # what would round to 1024.0 of the smaller unit
            tenths = (size * 10 + unit // 2) // unit
            return _("{whole}.{tenths} {unit}").format(whole=tenths // 10, tenths=tenths % 10, unit=name)
    return f"{size} B"


def format_duration(seconds: int) -> str:
    """Duration for people: `45 s`, `12 min 05 s`, `3 h 20 min`."""
    if seconds < 60:
        return f"{seconds} s"
    minutes, rest = divmod(seconds, 60)
    if minutes < 60:
        return f"{minutes} min {rest:02} s"
    return f"{minutes // 60} h {minutes % 60:02} min"
