"""When a snapshot was read back last is a note beside it: nothing depends on it, and nothing fails for it."""

from pathlib import Path

import pytest

from rescue.errors import RepositoryAccessError
from rescue.repository.place import LocalPlace
from rescue.repository.repository import Repository
from tests.unit.repository.backups import CHUNK, new_repository, noise, plain_layout, store


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with one snapshot."""
    disk = tmp_path / "disk"
    disk.write_bytes(noise(4 * CHUNK, 1))
    root = new_repository(tmp_path / "repository")
    with Repository.open(root) as opened:
        store(opened, disk, plain_layout(4 * CHUNK))
    return root


def test_the_last_time_counts_until_the_snapshot_is_deleted(repository: Path) -> None:
    with Repository.open(repository) as opened:
        (identity,) = opened.snapshot_ids()
        assert opened.verified(identity) is None
        opened.note_verified(identity, "2026-11-22T20:48:12+00:00")
        opened.note_verified(identity, "2026-11-24T09:10:11+00:00")
        assert opened.verified(identity) == "2026-11-24 09:10 UTC"
        opened.delete_snapshot(identity)
        assert opened.verified(identity) is None


@pytest.mark.parametrize("damaged", [b"\xff\xfe\n", b"x" * 1000])
def test_a_damaged_note_is_no_note(repository: Path, damaged: bytes) -> None:
    with Repository.open(repository) as opened:
        (identity,) = opened.snapshot_ids()
        opened.note_verified(identity, "2026-11-22T20:48:12+00:00")
        (repository / "verified" / identity).write_bytes(damaged)
        assert opened.verified(identity) is None


def test_a_repository_that_cannot_be_written_is_no_error(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise RepositoryAccessError("It is read-only.")

    with Repository.open(repository) as opened:
        (identity,) = opened.snapshot_ids()
        monkeypatch.setattr(LocalPlace, "write", refuse)
        opened.note_verified(identity, "2026-11-22T20:48:12+00:00")
        assert opened.verified(identity) is None
