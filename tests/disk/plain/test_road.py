"""Roads through the program line by line, with the real engine and real jobs on loop devices."""

import os
import re
from pathlib import Path

import pytest

from rescue.units import MiB
from tests.disk.plain.conftest import Open
from tests.disk.plain.lines import PROMPT, Lines, number_of
from tests.samples.loop import attached

pytestmark = pytest.mark.disk
_SIZE = 8 * MiB
_QUESTION = "? is help:"


@pytest.fixture
def image(tmp_path: Path) -> Path:
    path = tmp_path / "target-0042.img"
    path.write_bytes(os.urandom(_SIZE))
    return path


def choose(here: Lines, prompt: str, title: str) -> None:
    """Choose by the number in front of a title."""
    here.press(number_of(here.hears(prompt), title) + "\n")


def to_confirmation(here: Lines) -> str:
    """Tools, Wipe, the only disk, everything; the text that has to be typed."""
    choose(here, PROMPT, "Tools")
    choose(here, _QUESTION, "Wipe a disk")
    choose(here, _QUESTION, "")
    choose(here, _QUESTION, "Everything")
    asked = here.hears(_QUESTION)
    found = re.search(r"type exactly this:\r\n  (\S+)\r\n", asked)
    assert found, asked
    assert "OVERWRITE" in asked or "overwrite" in asked.lower()
    return found[1]


def test_a_disk_is_wiped_once_its_identity_was_typed(lines: Open, image: Path, tmp_path: Path) -> None:
    before = image.read_bytes()
    with attached(image) as disk:
        here = lines("--plain", RESCUE_DEVICES=disk, RESCUE_STATE_DIR=str(tmp_path / "state"))
        text = to_confirmation(here)
        for wrong in ("yes", "1", text[:-1], "?"):
            here.press(f"{wrong}\n")
            here.hears(_QUESTION)
        assert image.read_bytes() == before
        here.press(f"{text}\n")
        here.hears("While it runs: h tells how far it is")
        here.hears("The disk is wiped.")
        here.hears(_QUESTION)
        here.press("b\n")
        choose(here, _QUESTION, "Shell")
        here.hears("Type “exit”")
        here.press("exit\n")
        here.hears(_QUESTION)
        here.press("b\n")
        assert "Job:" not in here.hears(PROMPT)
        here.press("q\n")
        assert here.ends() == 0
    assert image.read_bytes() == bytes(_SIZE)


@pytest.mark.parametrize("keys", ["\n", "b\n", "\x04"])
def test_nothing_is_wiped_by_going_back(lines: Open, image: Path, tmp_path: Path, keys: str) -> None:
    before = image.read_bytes()
    with attached(image) as disk:
        here = lines("--plain", RESCUE_DEVICES=disk, RESCUE_STATE_DIR=str(tmp_path / "state"))
        to_confirmation(here)
        here.press(keys)
        if keys == "\x04":
            assert here.ends() == 0
        else:
            here.hears(_QUESTION)
            here.press("b\n")
            here.hears(PROMPT)
            here.press("q\n")
            assert here.ends() == 0
    assert image.read_bytes() == before


def test_the_disks_are_told(lines: Open, image: Path) -> None:
    with attached(image) as disk:
        here = lines("--plain", RESCUE_DEVICES=disk)
        choose(here, PROMPT, "Disks")
        choose(here, _QUESTION, "")
        assert "somebody has to type: target-0042.img" in here.hears("goes back")


def test_a_disk_is_backed_up_verified_and_its_image_deleted(lines: Open, image: Path, tmp_path: Path) -> None:
    place = tmp_path / "backups"
    place.mkdir()
    with attached(image) as disk:
        here = lines("--plain", RESCUE_DEVICES=disk, RESCUE_STATE_DIR=str(tmp_path / "state"))
        back_up(here, place)
        choose(here, PROMPT, "Images")
        into_folder(here, place)
        choose(here, _QUESTION, "")
        choose(here, _QUESTION, "Verify")
        here.hears("Every byte of the image is as it was stored.")
        here.hears(_QUESTION)
        here.press("b\n")
        choose(here, _QUESTION, "")
        name = re.search(r"\+ OK (\S+)\r\n", here.said[here.said.rindex("Id: ") - 600 :])
        assert name, here.said[-3000:]
        choose(here, _QUESTION, "Delete")
        here.hears(_QUESTION)
        here.press("yes\n")
        here.hears("is not the text. Nothing was changed.")
        here.press(f"{name[1]}\n")
        here.hears("is deleted.")
        here.press("\nb\nq\n")
        assert here.ends() == 0
    assert not list((place / "rescue" / "snapshots").iterdir())
    assert "\x1b" not in here.said


def back_up(here: Lines, place: Path) -> None:
    """The only disk into a new repository in a folder."""
    choose(here, PROMPT, "Back up")
    choose(here, _QUESTION, "What:")
    here.hears("1. Whole disk:")
    here.hears(_QUESTION)
    here.press("1\n")
    choose(here, _QUESTION, "Where to:")
    into_folder(here, place)
    told = here.hears(_QUESTION)
    assert "s: Start the backup;" in told.replace("\r\n", " ")
    here.press("\n")  # an empty line starts nothing
    choose(here, PROMPT, "Back up")
    choose(here, _QUESTION, "What:")
    here.hears(_QUESTION)
    here.press("1\n")
    choose(here, _QUESTION, "Where to:")
    into_folder(here, place)
    here.hears(_QUESTION)
    here.press("s\n")
    here.hears("The backup is complete.")
    here.hears(_QUESTION)
    here.press("b\n")


def into_folder(here: Lines, place: Path) -> None:
    """Choose a folder of this computer as the place."""
    choose(here, _QUESTION, "A folder of this computer")
    here.hears("goes back, ? is help:")
    here.press(f"{place}\n")
