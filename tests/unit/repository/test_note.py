"""The note of a snapshot: optional, so that snapshots from before there were notes stay what they are."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from rescue.cancel import CancelToken
from rescue.errors import IntegrityError, UsageError
from rescue.events import nowhere
from rescue.operations.prepare import BackupRequest, prepare_backup
from rescue.repository.repository import Repository
from rescue.repository.snapshot import Snapshot
from tests.unit.repository.backups import CHUNK, back_up, new_repository, noise


@pytest.fixture
def plain(tmp_path: Path) -> Snapshot:
    root = new_repository(tmp_path / "repo")
    name = back_up(root, noise(CHUNK, 1))
    with Repository.open(root) as repository:
        return repository.find_snapshot(name).snapshot


def test_without_a_note_the_file_is_as_it_always_was(plain: Snapshot) -> None:
    assert "note" not in json.loads(plain.to_bytes())
    assert Snapshot.from_bytes(plain.to_bytes(), "it").note == ""


def test_a_note_comes_back_and_stands_where_people_look(plain: Snapshot) -> None:
    noted = replace(plain, note="vor dem Umbau, “alles”")
    data = noted.to_bytes()
    assert Snapshot.from_bytes(data, "it") == noted
    assert list(json.loads(data))[:3] == ["format", "name", "note"]


@pytest.mark.parametrize("wrong", [1, ["a"], {"a": "b"}, True])
def test_a_note_is_a_text(plain: Snapshot, wrong: object) -> None:
    document = json.loads(plain.to_bytes())
    with pytest.raises(IntegrityError, match="note"):
        Snapshot.from_bytes(json.dumps({**document, "note": wrong}).encode(), "it")


@pytest.mark.parametrize("note", ["two\nlines", "\x1b[2J", "a" * 1001])
def test_what_no_line_shows_is_refused(note: str) -> None:
    with pytest.raises(UsageError, match="note"):
        prepare_backup(BackupRequest(("/dev/null",), "/repo", note=note), sink=nowhere, cancel=CancelToken())
