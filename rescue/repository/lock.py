"""Who works on the repository: many readers and backups at once, or one that deletes."""

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from rescue.errors import RepositoryLockedError
from rescue.language import _
from rescue.repository.place import in_words

LOCK_NAME = "lock"
_TAKEN = (errno.EWOULDBLOCK, errno.EACCES)  # the second is what a Windows or Samba server makes of it


@contextmanager
def locked(root: Path, *, exclusive: bool) -> Iterator[None]:
    """Hold the repository's lock while the block runs; RepositoryLockedError when another program excludes us.

    The kernel gives the lock back when the program ends in any way, so that none is ever left behind. Where the
    repository lies on a read-only medium and has no lock file, nobody can delete either: no lock is needed.
    """
    descriptor = _open(root / LOCK_NAME, exclusive=exclusive)
    if descriptor is None:
        yield
        return
    try:
        _take(descriptor, exclusive=exclusive)
        yield
    finally:
        with suppress(OSError):  # a server that is gone answers with an error; closed it is, and nothing was written
            os.close(descriptor)


def _open(path: Path, *, exclusive: bool) -> int | None:
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    except OSError as error:
        if exclusive or error.errno not in (errno.EROFS, errno.EACCES, errno.EPERM):
            raise in_words(_("open the lock file {path}").format(path=path), error) from error
    try:
        return os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None


def _take(descriptor: int, *, exclusive: bool) -> None:
    mode = fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH
    try:
        fcntl.flock(descriptor, mode | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno not in _TAKEN:
            raise in_words(_("lock the repository"), error) from error
        if exclusive:
            message = _("The repository is in use by another program.")
        else:
            message = _("The repository is being pruned or repaired by another program.")
        raise RepositoryLockedError(message, hint=_("Wait until that program has ended.")) from error
