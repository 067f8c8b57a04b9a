"""The program from the outside: sentences, codes and JSON; never a traceback."""

import io
import json
import os
import pty
import signal
import subprocess
import sys
from argparse import Namespace
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from rescue import events
from rescue.cancel import CancelToken
from rescue.cli import session as sessions
from rescue.cli.main import main
from rescue.cli.session import Session, ask, repository_path
from rescue.cli.terminal import Terminal
from rescue.errors import CancelledError, NotConfirmedError, RescueError, UsageError
from rescue.events import nowhere
from rescue.plans.write import WritePlan
from tests.unit.plans.test_write_plan import whole
from tests.unit.repository.backups import CHUNK, back_up, files, new_repository, noise

PROJECT = Path(__file__).parents[3]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = new_repository(tmp_path / "repo")
    back_up(root, noise(2 * CHUNK, 1), "first")
    return root


def told(capsys: pytest.CaptureFixture[str]) -> str:
    captured = capsys.readouterr()
    assert "Traceback" not in captured.out + captured.err
    return captured.err


def test_a_repository_from_init_to_delete(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = str(tmp_path / "repo")
    assert main(["init", root]) == 0
    assert main(["list", "--repo", root]) == 0
    assert "no snapshot yet" in capsys.readouterr().out
    back_up_into(Path(root))
    for words, part in (
        (["list"], "first"),
        (["show", "first"], "OK"),
        (["check", "--read-data"], "1 of 1 snapshots are whole"),
        (["check", "--rebuild-index"], "1 of 1"),
        (["verify", "latest"], "all as stored"),
        (["prune"], "0 packs were removed"),
        (["delete", "first"], "is deleted"),
        (["prune", "--dry-run"], "1 packs would be removed"),
        (["prune"], "1 packs were removed"),
    ):
        assert main([*words, "--repo", root]) == 0, capsys.readouterr()
        assert part in capsys.readouterr().out


def back_up_into(root: Path) -> None:
    for path in root.iterdir():
        path.unlink()
    new_repository(root)
    back_up(root, noise(2 * CHUNK, 1), "first")


def test_the_repository_of_the_environment(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RESCUE_REPO", str(root))
    assert main(["list"]) == 0
    monkeypatch.setenv("RESCUE_REPO", "")
    with pytest.raises(UsageError):
        repository_path(Namespace(repo=None))


def damage(root: Path) -> None:
    for path in files(root, "packs"):
        path.write_bytes(path.read_bytes()[:-1])


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["list"], 2),
        (["list", "--repo", "MISSING"], 30),
        (["init", "REPO"], 31),
        (["list", "--repo", "NEWER"], 32),
        (["show", "nothing", "--repo", "REPO"], 36),
        (["verify", "first", "--repo", "DAMAGED"], 38),
        (["check", "--repo", "DAMAGED"], 38),
        (["check", "--read-data", "--repo", "DAMAGED"], 38),
        (["prune", "--repo", "DAMAGED"], 38),
        (["backup", "/dev/nothing", "--repo", "MISSING"], 30),
    ],
)
def test_a_failure_is_a_sentence_and_its_code(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], code: int
) -> None:
    newer = new_repository(tmp_path / "newer")
    (newer / "config.json").write_text('{"format": 2}')
    broken = new_repository(tmp_path / "broken")
    back_up(broken, noise(2 * CHUNK, 1), "first")
    damage(broken)
    places = {"REPO": root, "MISSING": tmp_path / "missing", "NEWER": newer, "DAMAGED": broken}
    command = [str(places.get(word, word)) for word in words]
    assert main(command) == code
    assert told(capsys).startswith("rescue: ")
    assert main([*command, "--json"]) == code
    last = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert last["event"] == "Error"
    assert last["exit_code"] == code


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (KeyboardInterrupt(), 130),
        (OSError(28, "No space left on device", "/dev/full"), 1),
        (OSError(5, "Input/output error"), 1),
        (RescueError("It failed."), 1),
    ],
)
def test_whatever_a_command_raises_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: BaseException, code: int
) -> None:
    def run(options: Namespace) -> int:
        del options
        raise error

    monkeypatch.setattr("rescue.cli.commands.disks_cmd.run", run)
    assert main(["disks"]) == code
    assert told(capsys).startswith("rescue: ")


def test_it_speaks_the_language_of_who_started_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Else the plan of a job would be told in other words than the one that a screen has shown."""
    asked: list[str] = []
    monkeypatch.setattr("rescue.language.use", asked.append)
    monkeypatch.setenv("RESCUE_LANGUAGE", "de")
    main(["show", "nothing"])
    assert asked == ["de"]
    assert told(capsys)


def rescue(*words: str | Path, **environment: str) -> "subprocess.CompletedProcess[str]":
    """Run the program itself."""
    return subprocess.run(
        [sys.executable, "-m", "rescue", *words],
        cwd=PROJECT,
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )


def test_any_encoding_of_the_terminal(root: Path, tmp_path: Path) -> None:
    """A name with letters that the terminal does not know, and sentences with quotation marks."""
    back_up(root, noise(CHUNK, 2), "Grüße", "2026-01-02")
    for encoding in ("ascii", "latin-1", "utf-8"):
        for words in (["list"], ["show", "latest"], ["show", "nothing"], ["list", "--json"]):
            done = rescue(*words, "--repo", root, PYTHONIOENCODING=encoding)
            assert "Traceback" not in done.stderr
            assert done.returncode == (36 if "nothing" in words else 0)
            if "--json" in words:
                assert [json.loads(line)["name"] for line in done.stdout.splitlines()] == ["first", "Grüße"]
    del tmp_path


def test_a_reader_who_goes_away_and_a_full_output(root: Path) -> None:
    program = f"{sys.executable} -m rescue"
    for redirect, codes in (("| true", (0, 1)), ("> /dev/full", (1,))):
        shell = f"{program} list --repo {root} {redirect}"
        done = subprocess.run(
            ["bash", "-c", f"{shell}; exit ${{PIPESTATUS[0]}}"],
            cwd=PROJECT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert "Traceback" not in done.stderr
        assert done.returncode in codes, done.stderr


def test_a_hostile_name_does_not_control_the_terminal(root: Path) -> None:
    back_up(root, noise(CHUNK, 2), "\x1b[2J\x1b]0;owned\a", "2026-01-02")
    for words in (["list"], ["show", "latest"], ["verify", "latest"]):
        assert "\x1b" not in rescue(*words, "--repo", root).stdout


# The question before something is overwritten.


def options(**values: object) -> Namespace:
    return Namespace(**{"yes": False, "confirm": None, "json": False, "plan": None, **values})


@pytest.fixture
def plan() -> WritePlan:
    return whole()


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> Callable[[bytes], None]:
    """Put a terminal before the program, on which somebody types."""

    def type_it(text: bytes) -> None:
        ours, theirs = pty.openpty()
        os.write(ours, text)
        monkeypatch.setattr(sys, "stdin", os.fdopen(theirs, errors="replace"))

    return type_it


def at_the_terminal() -> Session:
    return Session(nowhere, CancelToken(), Terminal(sys.stderr))


def test_options_confirm_only_together(plan: WritePlan, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("SDA\n"))  # not a terminal: nobody is asked
    work = at_the_terminal()
    ask(plan, options(yes=True, confirm="SDA"), work).require(plan)
    for given in ({"yes": True}, {"confirm": "SDA"}, {}, {"yes": True, "confirm": "SDB"}, {"yes": True, "confirm": ""}):
        with pytest.raises(NotConfirmedError) as caught:
            ask(plan, options(**given), work)
        assert "SDA" in caught.value.hint or caught.value.hint == "Add --yes."


def test_a_plan_that_was_shown_elsewhere_is_the_only_one_that_runs(
    plan: WritePlan, typed: Callable[[bytes], None], capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever confirmed it has not seen another one; also at a terminal, where it is not even asked about."""
    work = at_the_terminal()
    ask(plan, options(yes=True, confirm="SDA", plan=plan.digest()), work).require(plan)
    other = replace(plan, verify=False)
    for given in ({"yes": True, "confirm": "SDA"}, {}):
        typed(b"SDA\n")
        with pytest.raises(NotConfirmedError, match="not the one that was confirmed"):
            ask(other, options(plan=plan.digest(), **given), work)
    assert "OVERWRITE" not in capsys.readouterr().err
    with pytest.raises(NotConfirmedError, match="is not the identity"):
        ask(plan, options(yes=True, confirm="SDB", plan=plan.digest()), work)


def test_progress_into_a_file_is_thin(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Jobs write into memory. What is no file gets all of it."""
    monkeypatch.setattr(events.Meter, "INTERVAL_SECONDS", 0.0)
    monkeypatch.setattr(events.Thinned, "INTERVAL_SECONDS", 3600.0)
    back_up(root, noise(8 * CHUNK, 3), "second")
    words = ["verify", "second", "--repo", str(root), "--json"]
    assert main(words) == 0
    everything = capsys.readouterr().out.splitlines()
    with (tmp_path / "events").open("w+") as file, monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", file)
        assert main(words) == 0
        file.seek(0)
        thin = file.read().splitlines()
    counts = []
    for lines in (everything, thin):
        kinds = [json.loads(line)["event"] for line in lines]
        assert (kinds[0], kinds[-1]) == ("JobStarted", "JobFinished")
        counts.append(kinds.count("Progress"))
    assert counts == [8, 2]


@pytest.mark.parametrize("text", [b"\n", b"y\n", b"yes\n", b"/dev/sda\n", b"caf\xe9\n", b"\x04"])
def test_nothing_short_of_the_identity_is_a_yes(
    plan: WritePlan, typed: Callable[[bytes], None], capsys: pytest.CaptureFixture[str], text: bytes
) -> None:
    typed(text)
    with pytest.raises(NotConfirmedError):
        ask(plan, options(), at_the_terminal())
    shown = capsys.readouterr().err
    assert "OVERWRITE /dev/sda" in shown
    assert "type: SDA" in shown


def test_the_identity_is_a_yes(plan: WritePlan, typed: Callable[[bytes], None]) -> None:
    typed(b"SDA\n")
    ask(plan, options(), at_the_terminal()).require(plan)


def test_ctrl_c_at_the_question(plan: WritePlan, typed: Callable[[bytes], None]) -> None:
    typed(b"")
    former = signal.getsignal(signal.SIGINT)
    finger = subprocess.Popen(["sh", "-c", f"sleep 0.3; kill -INT {os.getpid()}"])
    with finger, pytest.raises(CancelledError, match="Nothing was changed"):
        ask(plan, options(), at_the_terminal())
    assert signal.getsignal(signal.SIGINT) is former


def test_ctrl_c_just_before_the_question(plan: WritePlan, typed: Callable[[bytes], None]) -> None:
    typed(b"SDA\n")
    work = at_the_terminal()
    work.cancel.cancel()
    with pytest.raises(CancelledError, match="Nothing was changed"):
        ask(plan, options(), work)


# Signals.

STOPPED = """
import argparse, sys, time
from rescue.cli.session import session
with session(argparse.Namespace(json=False)) as work:
    print("ready", flush=True)
    while True:
        if work.cancel.cancelled:
            print("cancelled", flush=True)
        time.sleep(0.02)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_the_first_signal_asks_and_the_second_one_ends(number: signal.Signals) -> None:
    child = subprocess.Popen(
        [sys.executable, "-c", STOPPED], cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    with child:
        assert child.stdout
        assert child.stderr
        assert child.stdout.readline() == "ready\n"
        child.send_signal(number)
        assert child.stdout.readline() == "cancelled\n"
        child.send_signal(number)
        assert child.wait(timeout=10) == -number
        assert "once more stops at once" in child.stderr.read()


def test_signals_are_as_before_after_a_session() -> None:
    former = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    with pytest.raises(ValueError, match="ours"), sessions.session(options()):
        raise ValueError("ours")
    assert {number: signal.getsignal(number) for number in former} == former
