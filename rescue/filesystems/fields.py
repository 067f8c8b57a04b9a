"""Numbers inside on-disk structures, by byte order and width. A field beyond the end of `data` reads as a short number,
so callers read whole structures."""


def u8(data: bytes, offset: int) -> int:
    """The byte at `offset`."""
    return data[offset]


def le16(data: bytes, offset: int) -> int:
    """Little-endian, 2 bytes."""
    return int.from_bytes(data[offset : offset + 2], "little")


def le32(data: bytes, offset: int) -> int:
    """Little-endian, 4 bytes."""
    return int.from_bytes(data[offset : offset + 4], "little")


def le64(data: bytes, offset: int) -> int:
    """Little-endian, 8 bytes."""
    return int.from_bytes(data[offset : offset + 8], "little")


def be16(data: bytes, offset: int) -> int:
    """Big-endian, 2 bytes."""
    return int.from_bytes(data[offset : offset + 2], "big")


def be32(data: bytes, offset: int) -> int:
    """Big-endian, 4 bytes."""
    return int.from_bytes(data[offset : offset + 4], "big")


def be64(data: bytes, offset: int) -> int:
    """Big-endian, 8 bytes."""
    return int.from_bytes(data[offset : offset + 8], "big")


def uuid_text(data: bytes) -> str:
    """16 bytes in the usual writing of a UUID."""
    digits = data.hex()
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
