"""Which directories are repositories, where a new one goes, what a mount is called, and who keeps one busy."""

import json
import os
from pathlib import Path

import pytest

from rescue.errors import RepositoryExistsError
from rescue.places import mounting, repositories
from rescue.places.address import parse_address
from rescue.places.trial import explained, try_to_write
from rescue.places.troubles import ConnectError, Trouble


def test_find_and_make(tmp_path: Path) -> None:
    assert repositories.find(tmp_path) == ()
    made = repositories.make(tmp_path)
    assert made == tmp_path / "rescue"
    assert repositories.make(tmp_path) == made  # it is taken as it is
    assert repositories.make(made) == made  # the directory is one itself
    other = repositories.make(tmp_path / "pc")
    (tmp_path / "photos").mkdir()
    assert repositories.find(tmp_path) == (made,)
    assert repositories.find(tmp_path / "pc") == (other,)
    assert repositories.find(made) == (made,)


def test_other_files_are_not_mixed_with_ours(tmp_path: Path) -> None:
    (tmp_path / "rescue").mkdir()
    (tmp_path / "rescue/letter.txt").write_text("dear")
    with pytest.raises(RepositoryExistsError):
        repositories.make(tmp_path)


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        (json.dumps({"format": 1, "chunk_size": 1048576}), True),
        (json.dumps({"format": 99, "chunk_size": 1}), True),  # of a newer program; opening it tells
        (json.dumps({"format": "1", "chunk_size": 1}), False),
        (json.dumps([1]), False),
        ("{", False),
        ("\udcff".encode(errors="surrogateescape").decode("latin-1"), False),
    ],
)
def test_what_describes_a_repository(config: str, expected: bool) -> None:
    assert repositories.describes_repository(config.encode("latin-1")) is expected


def test_mount_points_are_steady_and_apart() -> None:
    uuid = "1b4c9e9e-8a57-4d1c-9b7e-0a3c6b0d8f11"
    assert mounting.point_for(uuid) == mounting.BASE / uuid
    one, two = (mounting.point_for(f"smb://nas/{name}") for name in ("a/b", "a-b"))
    assert one != two
    assert one == mounting.point_for("smb://nas/a/b")
    for name in ("../../etc", "x" * 500, "a b\n"):
        point = mounting.point_for(name)
        assert point.parent == mounting.BASE
        assert len(point.name) < 60
        assert point.name.replace("-", "").isalnum()


def test_who_keeps_a_directory_busy(tmp_path: Path) -> None:
    assert list(mounting.users_of(tmp_path)) == []
    with (tmp_path / "file").open("w"):
        assert [pid for pid, _name in mounting.users_of(tmp_path)] == [os.getpid()]
        assert list(mounting.users_of(tmp_path / "fil")) == []


def test_the_trial_leaves_nothing(tmp_path: Path) -> None:
    try_to_write(tmp_path, parse_address("nfs://nas/x"))
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "file").touch()
    with pytest.raises(ConnectError) as caught:
        try_to_write(tmp_path / "file", parse_address("nfs://nas/x"))
    assert caught.value.trouble is Trouble.OTHER


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (13, Trouble.NO_RIGHT_TO_WRITE),
        (30, Trouble.READ_ONLY),
        (28, Trouble.FULL),
        (122, Trouble.FULL),
        (5, Trouble.LOST),
    ],
)
def test_errors_of_the_system(number: int, expected: Trouble) -> None:
    assert explained(OSError(number, "x"), parse_address("nfs://nas/x")).trouble is expected


def test_last_words() -> None:
    said = "mount: /x: wrong fs type, bad option.\n       dmesg(1) may have more information after failed mount\n"
    assert mounting.last_line(said) == "mount: /x: wrong fs type, bad option."
    assert mounting.last_line("\n")
