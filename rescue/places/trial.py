"""Can backups live in a folder? Everything that a repository does is done there once, on a directory of its own."""

import errno
import secrets
import shutil
from contextlib import suppress
from pathlib import Path

from rescue.errors import RescueError, reason_of
from rescue.places.address import Address
from rescue.places.troubles import ConnectError, Trouble, failed
from rescue.repository.lock import locked
from rescue.repository.place import LocalPlace

_TROUBLES = {
    errno.EACCES: Trouble.NO_RIGHT_TO_WRITE,
    errno.EPERM: Trouble.NO_RIGHT_TO_WRITE,
    errno.EROFS: Trouble.READ_ONLY,
    errno.ENOSPC: Trouble.FULL,
    errno.EDQUOT: Trouble.FULL,
    errno.EIO: Trouble.LOST,
    errno.ENOTCONN: Trouble.LOST,
    errno.ETIMEDOUT: Trouble.LOST,
    errno.EHOSTDOWN: Trouble.LOST,
    errno.ESTALE: Trouble.LOST,
    errno.ECONNABORTED: Trouble.LOST,
}
_FIRST = b"rescue\n" * 4096
_SECOND = b"RESCUE\n" * 4096


def try_to_write(directory: Path, address: Address) -> None:
    """Write, sync, rename, rename over, read back, lock, remove. ConnectError says what does not work.

    Nothing stays in the folder, unless the connection breaks meanwhile; then it is a directory `.rescue-trial-…`.
    """
    folder = directory / f".rescue-trial-{secrets.token_hex(4)}"
    try:
        folder.mkdir()
        _write(folder, address)
        _lock(folder, address)
        shutil.rmtree(folder)
    except OSError as error:
        raise explained(error, address) from error
    finally:
        with suppress(OSError):
            shutil.rmtree(folder)


def explained(error: OSError, address: Address) -> ConnectError:
    """The trouble that an error of the system means here."""
    trouble = _TROUBLES.get(error.errno or 0, Trouble.OTHER)
    return failed(trouble, address, reason_of(error))


def _write(folder: Path, address: Address) -> None:
    place = LocalPlace(folder)
    try:
        for content in (_FIRST, _SECOND):
            place.write("packs/file", content, keep_cached=False)
            if place.read("packs/file", len(content)) != content:
                raise failed(Trouble.OTHER, address, "what was written does not come back")
    except RescueError as error:
        if isinstance(error.__cause__, OSError):
            raise explained(error.__cause__, address) from error
        raise
    finally:
        place.close()


def _lock(folder: Path, address: Address) -> None:
    try:
        with locked(folder, exclusive=True):
            pass
        with locked(folder, exclusive=False):
            pass
    except RescueError as error:
        cause = error.__cause__
        known = explained(cause, address) if isinstance(cause, OSError) else None
        lost = known is not None and known.trouble in (Trouble.LOST, Trouble.NO_RIGHT_TO_WRITE)
        raise (known if known and lost else failed(Trouble.NO_LOCKS, address)) from error
