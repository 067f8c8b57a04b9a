"""CRC-32C (Castagnoli), the checksum of Btrfs. Python's libraries have only the other CRC-32."""

from array import array
from functools import cache

_POLYNOMIAL = 0x82F63B78


@cache
def _table() -> "array[int]":
    """What two bytes, the first one lowest, leave as remainder."""
    table = array("I")
    for start in range(1 << 16):
        value = start
        for _ in range(16):
            value = value >> 1 ^ (_POLYNOMIAL if value & 1 else 0)
        table.append(value)
    return table


def crc32c(data: bytes) -> int:
    """Checksum of `data`, an even number of bytes; about a millisecond for 16 KiB."""
    table = _table()
    value = 0xFFFFFFFF
    words = array("H")
    words.frombytes(data)
    for word in words:
        value = table[(value ^ word) & 0xFFFF] ^ value >> 16
    return value ^ 0xFFFFFFFF
