"""SHA256SUMS beside an image, as `sha256sum` writes it: is the image what its maker made?"""

import hashlib
import re
from pathlib import Path

from rescue.cancel import CancelToken
from rescue.errors import IntegrityError, SourceReadError, reason_of
from rescue.language import _
from rescue.units import MiB

SUMS = "SHA256SUMS"
_MAX_SUMS = 4 * MiB
_STEP = 4 * MiB
_LINE = re.compile(r"(?P<sum>[0-9a-fA-F]{64}) [ *](?:\./)?(?P<name>[^/]+)")


def listed_sum(text: str, name: str) -> str | None:
    """The SHA-256 that a list gives for the file `name` beside it, in lower case; None where it names it not.

    A name that `sha256sum` had to escape, with a backslash or a line break in it, counts as not named.
    """
    for line in text.splitlines():
        match = _LINE.fullmatch(line.rstrip())
        if match is not None and match["name"] == name:
            return match["sum"].lower()
    return None


def expected_sum(image: Path) -> str | None:
    """The SHA-256 that the list beside `image` gives for it; None without a list. SourceReadError."""
    try:
        with (image.parent / SUMS).open("rb") as stream:
            text = stream.read(_MAX_SUMS).decode(errors="replace")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise SourceReadError(
            _("{path} cannot be read: {reason}.").format(path=image.parent / SUMS, reason=reason_of(error))
        ) from error
    return listed_sum(text, image.name)


def require_sum(image: Path, expected: str, cancel: CancelToken) -> None:
    """Read all of `image`. IntegrityError where its SHA-256 is another one, SourceReadError, CancelledError."""
    digest = hashlib.sha256()
    try:
        with image.open("rb") as stream:
            while piece := stream.read(_STEP):
                cancel.raise_if_cancelled()
                digest.update(piece)
    except OSError as error:
        raise SourceReadError(
            _("{path} cannot be read: {reason}.").format(path=image, reason=reason_of(error))
        ) from error
    if digest.hexdigest() != expected:
        raise IntegrityError(
            _("{image} is damaged: it is not what {sums} beside it says. Nothing was written.").format(
                image=image, sums=SUMS
            ),
            hint=_("Download or copy it again."),
        )
