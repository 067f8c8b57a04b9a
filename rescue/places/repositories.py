"""Which directories of a place are repositories, and a new one."""

import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from rescue.repository.repository import CONFIG, FOLDER, Repository

_MOST_FOLDERS = 500
_MOST_BYTES = 1 << 16


def find(directory: Path) -> tuple[Path, ...]:
    """Repositories in a place: itself, and directories right in it, the usual one first."""
    found = [path for path in _candidates(directory) if is_repository(path)]
    return tuple(dict.fromkeys(found))


def is_repository(directory: Path) -> bool:
    """True where the directory says of itself that it is a repository, of whatever version."""
    try:
        with (directory / CONFIG).open("rb") as stream:
            return describes_repository(stream.read(_MOST_BYTES))
    except OSError:
        return False


def describes_repository(config: bytes) -> bool:
    """True for the content of a repository's configuration."""
    try:
        value = json.loads(config)
    except ValueError:
        return False
    return isinstance(value, dict) and isinstance(value.get("format"), int) and isinstance(value.get("chunk_size"), int)


def make(directory: Path) -> Path:
    """Make a repository in the place, or take the one that is there; its path.

    RepositoryExistsError where the directory for it holds other files, RepositoryAccessError, RepositoryFullError.
    """
    if is_repository(directory):
        return directory
    path = directory / FOLDER
    if not is_repository(path):
        Repository.init(path)
    return path


def _candidates(directory: Path) -> Iterator[Path]:
    yield directory
    yield directory / FOLDER
    try:
        yield from sorted(path for path in islice(directory.iterdir(), _MOST_FOLDERS) if path.is_dir())
    except OSError:
        return
