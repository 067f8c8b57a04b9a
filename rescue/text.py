"""Text from disks and repositories on its way to a screen: labels and names are anybody's bytes."""

_UNKNOWN = "�"


def printable(text: str) -> str:
    """One line without control characters: no label moves the cursor, clears the screen or hides a line."""
    return "".join(letter if letter.isprintable() else _UNKNOWN for letter in text)
