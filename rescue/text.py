"""Text from disks and repositories on its way to a screen: labels and names are anybody's bytes."""

_UNKNOWN = "�"


def date_of(instant: str) -> str:
    """An instant in ISO 8601 and UTC, for people: `2026-11-22 20:48 UTC`."""
    return f"{instant[:16].replace('T', ' ')} UTC"


def printable(text: str) -> str:
    """One line without control characters: no label moves the cursor, clears the screen or hides a line."""
    return "".join(letter if letter.isprintable() else _UNKNOWN for letter in text)
