"""Which language is spoken, and that the program really speaks it."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from rescue import language
from rescue.errors import CancelledError, NotRootError, RescueError, reason_of
from rescue.events import Outcome, Phase, job_word
from rescue.units import MiB, format_size

PROJECT = Path(__file__).parents[3]


@pytest.fixture
def _german() -> Iterator[None]:
    language.use("de")
    yield
    language.use("en")


@pytest.mark.parametrize(
    ("environment", "codes"),
    [
        ({}, []),
        ({"LANG": "de_DE.UTF-8"}, ["de"]),
        ({"LANG": "de_AT@euro"}, ["de"]),
        ({"LANG": "de_DE.UTF-8", "LC_MESSAGES": "fr_FR.UTF-8"}, ["fr"]),
        ({"LANG": "de_DE.UTF-8", "LC_ALL": "", "LC_MESSAGES": "C.UTF-8"}, []),
        ({"LANG": "fr_FR.UTF-8", "LANGUAGE": "da:de_CH:en"}, ["da", "de", "en"]),
        ({"LANG": "de_DE.UTF-8", "LANGUAGE": "de", "LC_ALL": "C"}, []),
        ({"LANG": "C.UTF-8", "LANGUAGE": "de"}, []),
        ({"LANG": "POSIX", "LANGUAGE": "de"}, []),
        ({"LANGUAGE": "de"}, []),
        ({"LANG": "en_US.UTF-8", "RESCUE_LANGUAGE": "de"}, ["de"]),
        ({"LC_ALL": "C", "RESCUE_LANGUAGE": "de"}, ["de"]),
        ({"LC_ALL": "de_DE.UTF-8", "RESCUE_LANGUAGE": "en"}, ["en"]),
        ({"LC_ALL": "de_DE.UTF-8", "RESCUE_LANGUAGE": ""}, ["de"]),
    ],
)
def test_what_an_environment_asks_for(environment: dict[str, str], codes: list[str]) -> None:
    assert language.asked(environment) == codes


@pytest.mark.parametrize(
    ("wish", "spoken"), [("de", "de"), ("fr", "en"), ("en", "en"), ("../de", "en"), ("xx:de", "de")]
)
def test_the_first_language_that_is_there_is_spoken(monkeypatch: pytest.MonkeyPatch, wish: str, spoken: str) -> None:
    monkeypatch.delenv("RESCUE_LANGUAGE")
    monkeypatch.delenv("LC_ALL", raising=False)
    monkeypatch.delenv("LC_MESSAGES", raising=False)
    monkeypatch.setenv("LANG", "pl_PL.UTF-8")
    monkeypatch.setenv("LANGUAGE", wish)
    language.use_environment()
    assert language.code() == spoken
    language.use("en")


def test_the_languages_that_can_be_chosen() -> None:
    assert language.available() == {"en": "English", "de": "Deutsch"}
    language.use("tlh")
    assert (language.code(), language._("OK")) == ("en", "OK")
    assert language._("") == ""


@pytest.mark.usefixtures("_german")
def test_errors_speak_it_when_they_are_made() -> None:
    assert NotRootError("Was.").hint == "Führen Sie den Befehl mit sudo noch einmal aus."
    assert NotRootError("Was.", hint="Wie.").hint == "Wie."
    assert CancelledError().message == "Auf Wunsch angehalten."
    assert RescueError("Was.").hint == ""
    assert reason_of(OSError(28, "No space left on device")) == "Kein Platz mehr auf dem Gerät"
    assert reason_of(OSError(999, "Unheard of")) == "Unheard of"
    assert reason_of(OSError("no number")) == "no number"
    language.use("en")
    assert NotRootError("What.").hint == "Run the command again with sudo."


@pytest.mark.usefixtures("_german")
def test_words_and_numbers_speak_it_and_data_do_not() -> None:
    assert (Outcome.PARTIAL.word, Outcome.PARTIAL.value) == ("TEILWEISE", "PARTIAL")
    assert Outcome.OK.meaning == "Alles ist da."
    assert (Phase.BACKUP.word, Phase.BACKUP.value) == ("Sichern", "back up")
    assert [job_word(job) for job in ("backup", "clone", "else")] == ["Sicherung", "Klonen", "else"]
    assert format_size(3 * MiB // 2) == "1,5 MiB"


def test_every_phase_has_a_word() -> None:
    assert [phase.word for phase in Phase] == [phase.value for phase in Phase]
    assert [outcome.word for outcome in Outcome] == [outcome.value for outcome in Outcome]


def rescue(*words: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "rescue", *words],
        cwd=PROJECT,
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


def test_the_command_speaks_it_and_its_data_stay(tmp_path: Path) -> None:
    done = rescue("list", "--repo", str(tmp_path / "no"), "--json", LANG="de_DE.UTF-8", PYTHONUTF8="1")
    assert f"rescue: {tmp_path}/no ist kein Verzeichnis." in done.stderr
    last = json.loads(done.stdout)
    assert (last["event"], last["exit_code"]) == ("Error", 30)
    assert last["message"] == f"{tmp_path}/no ist kein Verzeichnis."


def test_argparse_speaks_it_too() -> None:
    done = rescue("list", "--nonsense", RESCUE_LANGUAGE="de", PYTHONUTF8="1")
    assert done.returncode == 2
    assert "Aufruf: rescue" in done.stderr
    assert "Fehler: Unbekannte Argumente: --nonsense" in done.stderr
    done = rescue("list", "--help", RESCUE_LANGUAGE="de", PYTHONUTF8="1")
    assert "diese Hilfe zeigen" in done.stdout


@pytest.mark.parametrize("environment", [{}, {"LC_ALL": "C"}, {"LC_ALL": "C.UTF-8", "LANGUAGE": "de"}])
def test_a_script_can_rely_on_english(tmp_path: Path, environment: dict[str, str]) -> None:
    done = rescue("list", "--repo", str(tmp_path / "no"), **environment)
    assert f"rescue: {tmp_path}/no is not a directory." in done.stderr
