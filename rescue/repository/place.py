"""Where a repository lies: named files that appear whole or not at all. Here, a directory."""

import errno
import os
import shutil
import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path

from rescue.errors import IntegrityError, RepositoryAccessError, RepositoryFullError, reason_of
from rescue.language import _

_OPEN_FILES = 8
TEMPORARY = ".tmp"


class LocalPlace:
    """A directory on a local file system, or on any mounted one that renames atomically. Safe from several threads."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._open: OrderedDict[str, int] = OrderedDict()
        self._lock = threading.Lock()

    def close(self) -> None:
        """Close the files that are kept open for reading."""
        with self._lock:
            while self._open:
                with suppress(OSError):  # a server that is gone answers with an error
                    os.close(self._open.popitem()[1])

    def write(self, name: str, data: bytes | bytearray, *, keep_cached: bool = True) -> None:
        """Make the file `name` with `data`: temporary file, fsync, rename, fsync of the directory.

        After a crash the file is there whole, or is not there; a temporary file may be left, which `prune` removes.
        RepositoryFullError or RepositoryAccessError where it cannot be written.
        """
        path = self.root / name
        temporary = path.with_name(f"{path.name}.{os.getpid()}{TEMPORARY}")
        with self._explained(_("write {path}").format(path=path)):
            _make_directory(path.parent)
            try:
                _write_durably(temporary, data, keep_cached=keep_cached)
                temporary.rename(path)
            except BaseException:
                with suppress(OSError):
                    temporary.unlink()
                raise
            _sync_directory(path.parent)

    def read(self, name: str, limit: int) -> bytes:
        """The whole file; IntegrityError where it holds more than `limit` bytes."""
        path = self.root / name
        with self._reading(path), path.open("rb") as stream:
            data = stream.read(min(limit, os.fstat(stream.fileno()).st_size) + 1)
        if len(data) > limit:
            raise IntegrityError(_("{path} is larger than any such file can be.").format(path=path))
        return data

    def read_range(self, name: str, offset: int, length: int) -> bytes:
        """`length` bytes from `offset`; IntegrityError where the file ends before."""
        with self._reading(self.root / name), self._descriptor(name) as descriptor:
            data = os.pread(descriptor, length, offset)
        if len(data) != length:
            raise IntegrityError(_("{path} is cut off.").format(path=self.root / name))
        return data

    def size(self, name: str) -> int:
        """Size of a file in bytes."""
        with self._reading(self.root / name):
            return (self.root / name).stat().st_size

    def exists(self, name: str) -> bool:
        """True when there is such a file."""
        with self._reading(self.root / name):
            return (self.root / name).exists()

    def is_directory(self) -> bool:
        """True when there is a directory where the repository should be."""
        with self._reading(self.root):
            return self.root.is_dir()

    def names(self, folder: str) -> Iterator[str]:
        """All files below `folder`, as names relative to the root, in order; temporary files too."""
        top = self.root / folder
        with self._reading(top):
            for directory, folders, files in os.walk(top, onerror=_raise_unless_missing):
                folders.sort()
                for file in sorted(files):
                    yield str((Path(directory) / file).relative_to(self.root))

    def delete(self, name: str) -> None:
        """Remove a file; not an error when it is gone already."""
        with self._lock:
            descriptor = self._open.pop(name, None)
            if descriptor is not None:
                os.close(descriptor)
        with self._explained(_("delete {path}").format(path=self.root / name)):
            (self.root / name).unlink(missing_ok=True)

    def drop_cache(self, name: str) -> None:
        """Make the kernel forget its copy of a file, so that the next read comes from the drive."""
        with self._reading(self.root / name), self._descriptor(name) as descriptor:
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)

    def free_space(self) -> int:
        """Bytes that may still be written."""
        with self._reading(self.root):
            return shutil.disk_usage(self.root).free

    @contextmanager
    def _descriptor(self, name: str) -> Iterator[int]:
        """A descriptor of the file for the block alone: the one that is kept may be closed meanwhile."""
        with self._lock:
            kept = self._open.pop(name, None)
            if kept is None:
                kept = os.open(self.root / name, os.O_RDONLY | os.O_CLOEXEC)
            self._open[name] = kept
            if len(self._open) > _OPEN_FILES:
                self._retire()
            own = os.dup(kept)
        try:
            yield own
        finally:
            os.close(own)

    def _retire(self) -> None:
        """Close the file that was used least recently: chunks are read in about the order of packs."""
        _, oldest = self._open.popitem(last=False)
        os.posix_fadvise(oldest, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(oldest)

    @contextmanager
    def _explained(self, what: str, *, reading: bool = False) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise in_words(what, error, reading=reading) from error

    def _reading(self, path: Path) -> AbstractContextManager[None]:
        return self._explained(_("read {path}").format(path=path), reading=True)


def in_words(
    what: str, error: OSError, *, reading: bool = False
) -> RepositoryAccessError | RepositoryFullError | IntegrityError:
    """The error that tells a person why a repository's file could not be used. `what` continues "cannot …"; something
    that is missing when it is read, was there once."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return RepositoryFullError(_("The repository's drive is full: cannot {what}.").format(what=what))
    if error.errno == errno.EROFS:
        return RepositoryAccessError(
            _("Cannot {what}: the file system is read-only.").format(what=what), hint=_("Mount it for writing.")
        )
    if error.errno in (errno.EACCES, errno.EPERM):
        return RepositoryAccessError(
            _("Cannot {what}: no permission.").format(what=what), hint=_("Use sudo, or another directory.")
        )
    if error.errno == errno.ENOENT and reading:
        return IntegrityError(
            _("Cannot {what}: the file is missing.").format(what=what), hint=_("`rescue check` says what is affected.")
        )
    return RepositoryAccessError(
        _("Cannot {what}: {reason}.").format(what=what, reason=reason_of(error)),
        hint=_("Check the drive, its cable and the connection."),
    )


def _write_durably(path: Path, data: bytes | bytearray, *, keep_cached: bool) -> None:
    with path.open("wb", buffering=0) as stream:
        view = memoryview(data)
        while view:
            view = view[stream.write(view) :]
        os.fsync(stream.fileno())
        if not keep_cached:
            os.posix_fadvise(stream.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def _make_directory(path: Path) -> None:
    """Make a directory that survives a crash, and those above it."""
    if not path.is_dir():
        _make_directory(path.parent)
        path.mkdir(exist_ok=True)
        _sync_directory(path.parent)


def _sync_directory(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno != errno.EINVAL:  # some network file systems have no fsync for directories
            raise
    finally:
        os.close(descriptor)


def _raise_unless_missing(error: OSError) -> None:
    if error.errno != errno.ENOENT:
        raise error
