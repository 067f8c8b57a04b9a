"""The words of the command line: fixed names, instant help, nothing heavy."""

import argparse
import importlib
import io
import os
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import rescue
from rescue.cli.arguments import parser
from rescue.cli.main import main

PROJECT = Path(__file__).parents[3]
HEAVY = ("blake3", "zstandard", "parted", "_ped", "pyudev", "textual", "sqlite3", "rescue.devices", "rescue.repository")


def parse(*words: str) -> argparse.Namespace:
    return parser().parse_args(words)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("disks", {"command": "disks", "json": False}),
        ("disks --json", {"json": True}),
        ("health /dev/sda", {"command": "health", "disk": "/dev/sda", "json": False}),
        ("init /repo", {"repo": "/repo"}),
        ("init", {"repo": None}),
        ("backup /dev/sda", {"sources": ["/dev/sda"], "repo": None, "name": None, "level": 3, "verify": False}),
        (
            "backup a b --repo r --name n --verify --level 9",
            {"sources": ["a", "b"], "repo": "r", "name": "n", "level": 9},
        ),
        ("backup a --raw --allow-bad-sectors --dry-run", {"raw": True, "allow_bad_sectors": True, "dry_run": True}),
        ("list --repo r", {"command": "list", "repo": "r"}),
        ("check --read-data", {"read_data": True, "rebuild_index": False}),
        ("check --rebuild-index", {"rebuild_index": True}),
        ("prune --dry-run", {"command": "prune", "dry_run": True}),
        ("show s", {"command": "show", "snapshot": "s"}),
        ("verify s", {"command": "verify", "snapshot": "s"}),
        ("delete s", {"command": "delete", "snapshot": "s"}),
        ("restore s:p1 t", {"snapshot": "s:p1", "target": "t", "disk": 1, "yes": False, "confirm": None}),
        ("restore s t --yes --confirm X --disk 2", {"yes": True, "confirm": "X", "disk": 2, "no_verify": False}),
        ("clone a b --yes --confirm X --no-verify", {"source": "a", "target": "b", "no_verify": True}),
        ("stick i t", {"image": "i", "target": "t", "data": False, "no_verify": False, "yes": False, "dry_run": False}),
        ("stick i t --data --yes --confirm X --no-verify", {"data": True, "no_verify": True, "confirm": "X"}),
        ("undo t --yes --confirm X", {"command": "undo", "target": "t", "plan": None}),
        ("undo t --yes --confirm X --plan abc", {"plan": "abc"}),
        ("backup a --note before", {"note": "before"}),
        ("restore s t --table-only", {"table_only": True}),
        ("table save d f", {"command": "table", "action": "save", "disk": "d", "file": "f", "json": False}),
        ("table save d f --json", {"json": True}),
        ("table --json save d f", {"json": True}),
        ("table restore f d --yes --confirm X", {"action": "restore", "file": "f", "target": "d", "no_verify": False}),
        ("surface d", {"command": "surface", "disk": "d", "start": 0}),
        ("surface d --from 512", {"start": 512}),
        ("wipe d", {"command": "wipe", "target": "d", "quick": False, "no_verify": False, "yes": False}),
        ("wipe d --quick --yes --confirm X --no-verify --dry-run", {"quick": True, "no_verify": True, "dry_run": True}),
        ("places --json", {"command": "places", "json": True}),
        ("connect //n/s", {"address": "//n/s", "user": None, "accept_host_key": None, "read_only": False}),
        (
            "connect a --user u --accept-host-key F --read-only",
            {"user": "u", "accept_host_key": "F", "read_only": True},
        ),
        ("disconnect d", {"command": "disconnect", "address": "d"}),
        ("network", {"command": "network", "start": False, "join": None}),
        ("network --start --join n", {"start": True, "join": "n"}),
        ("format t", {"target": "t", "filesystem": "ext4", "label": "Backups", "yes": False, "dry_run": False}),
        ("format t --filesystem exfat --label L --yes --confirm X", {"filesystem": "exfat", "label": "L"}),
    ],
)
def test_words_that_scripts_rely_on(words: str, expected: dict[str, object]) -> None:
    options = vars(parse(*words.split()))
    assert {name: options[name] for name in expected} == expected


@pytest.mark.parametrize(
    "words",
    [
        "unknown",
        "backup",
        "backup a --level 0",
        "backup a --level 20",
        "backup a --level x",
        "backup a --yes",
        "restore s",
        "clone a",
        "stick i",
        "undo",
        "disks extra",
        "delete s --yes",
        "table",
        "table show d",
        "table save d",
        "table save d f --yes",
        "table restore f",
        "surface",
        "surface d --from x",
        "surface d --from -1",
        "wipe",
        "wipe d --raw",
        "restore s t --disk x",
        "connect",
        "connect a --password p",
        "format",
        "format t --filesystem ntfs",
    ],
)
def test_words_that_mean_nothing(words: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        parse(*words.split())
    assert caught.value.code == 2
    assert "usage: rescue" in capsys.readouterr().err


def commands() -> list[str]:
    (action,) = (each for each in parser()._actions if isinstance(each, argparse._SubParsersAction))
    return list(action.choices)


@pytest.mark.parametrize("name", commands())
def test_every_command_has_a_module_json_and_help(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert callable(importlib.import_module(f"rescue.cli.commands.{name}_cmd").run)
    with pytest.raises(SystemExit) as caught:
        parse(name, "--help")
    assert caught.value.code == 0
    assert "--json" in capsys.readouterr().out


def test_every_module_is_a_command() -> None:
    modules = {path.name.removesuffix("_cmd.py") for path in (PROJECT / "rescue/cli/commands").glob("*_cmd.py")}
    assert modules == set(commands())


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse("--version")
    assert capsys.readouterr().out == f"rescue {rescue.__version__}\n"


class Screen(io.StringIO):
    """A terminal, for who asks."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("missing", "term"),
    [("stdin", "linux"), ("stdout", "linux"), ("stderr", "linux"), ("stdin", "dumb"), ("stdout", "dumb")],
)
def test_without_a_command_and_a_screen_it_says_what_there_is(
    monkeypatch: pytest.MonkeyPatch, missing: str, term: str
) -> None:
    monkeypatch.setenv("TERM", term)
    streams = {name: io.StringIO() if name == missing else Screen() for name in ("stdin", "stdout", "stderr")}
    for name, stream in streams.items():
        monkeypatch.setattr(sys, name, stream)
    assert main([]) == 2
    assert "backup" in streams["stderr"].getvalue()
    assert "`rescue` alone opens the program: full screen, or --plain." in streams["stderr"].getvalue()


@pytest.mark.parametrize(
    ("words", "term", "plain", "terminals", "opened"),
    [
        ([], "linux", "", 3, "screen"),
        ([], "linux", "0", 3, "screen"),
        ([], "linux", "1", 3, "plain"),
        ([], "linux", "1", 2, "plain"),
        ([], "linux", "1", 1, ""),
        ([], "dumb", "", 2, "plain"),
        (["--plain"], "linux", "", 3, "plain"),
        (["--plain"], "linux", "", 0, "plain"),
    ],
)
def test_full_screen_or_lines(
    monkeypatch: pytest.MonkeyPatch, words: list[str], term: str, plain: str, terminals: int, opened: str
) -> None:
    """`terminals`: so many of input, output and error output are one."""
    called: list[str] = []

    def opens(name: str) -> Callable[[], int]:
        def opened() -> int:
            called.append(name)
            return 0

        return opened

    for name, room in (("screen", "tui"), ("plain", "plain")):
        monkeypatch.setattr(importlib.import_module(f"rescue.{room}.start"), f"open_{name}", opens(name))
    monkeypatch.setenv("TERM", term)
    monkeypatch.setenv("RESCUE_PLAIN", plain)
    for place, name in enumerate(("stdin", "stdout", "stderr")):
        monkeypatch.setattr(sys, name, Screen() if place < terminals else io.StringIO())
    assert main(words) == (0 if opened else 2)
    assert called == ([opened] if opened else [])


def test_plain_takes_no_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["--plain", "disks"])
    assert caught.value.code == 2
    assert "takes no command" in capsys.readouterr().err


def test_only_root_gets_a_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "linux")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    streams = {name: Screen() for name in ("stdin", "stdout", "stderr")}
    for name, stream in streams.items():
        monkeypatch.setattr(sys, name, stream)
    assert main([]) == 10
    assert streams["stderr"].getvalue().startswith("rescue: Only root can look into disks.")
    assert streams["stdout"].getvalue() == ""


def isolated(code: str) -> str:
    return subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=True, env={"PATH": ""}
    ).stdout


def test_starting_imports_nothing_heavy() -> None:
    code = (
        "import sys, contextlib, io\nimport rescue.cli.main\n"
        "with contextlib.suppress(SystemExit), contextlib.redirect_stdout(io.StringIO()):\n"
        "    rescue.cli.main.main(['--help'])\n"
        "print(*sys.modules)"
    )
    loaded = isolated(code).split()
    assert "rescue.cli.main" in loaded
    assert [name for name in loaded if name.startswith(HEAVY)] == []


def test_the_check_for_heavy_imports_can_fail() -> None:
    loaded = isolated("import sys, rescue.cli.commands.list_cmd\nprint(*sys.modules)").split()
    assert {"blake3", "zstandard", "sqlite3"} <= set(loaded)


def test_help_is_instant() -> None:
    """Under 0.3 seconds of processor time, the start of Python included."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-m", "rescue", "--help"], cwd=PROJECT, capture_output=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 0.3
