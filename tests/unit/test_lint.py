"""The linters are tests. A linter that is not installed is a failure: nobody would notice that it checks nothing."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
SHELLS = (b"sh", b"bash", b"dash")


def tool(name: str) -> str:
    """The program from the environment that runs these tests, else from the system."""
    beside = Path(sys.executable).with_name(name)
    path = str(beside) if beside.exists() else shutil.which(name)
    assert path, f"{name} is not installed"
    return path


def passes(*argv: str | Path, cwd: Path = PROJECT) -> None:
    """Run a linter and show what it says."""
    done = subprocess.run(argv, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{done.stdout}{done.stderr}"


def sources() -> list[Path]:
    """Every file that belongs to the project: known to git, or new and not ignored."""
    listed = subprocess.run(
        [tool("git"), "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=PROJECT,
        capture_output=True,
        check=True,
    )
    paths = [PROJECT / name.decode() for name in listed.stdout.split(b"\0") if name]
    return [path for path in paths if path.is_file() and not path.is_symlink()]


def shell_scripts(paths: list[Path]) -> list[Path]:
    """Files that a shell runs: by their name, or by their first line."""
    return [path for path in paths if path.suffix == ".sh" or _interpreter(path) in SHELLS]


def _interpreter(path: Path) -> bytes:
    with path.open("rb") as stream:
        first = stream.readline(200).rstrip()
    if not first.startswith(b"#!"):
        return b""
    words = first[2:].split()
    name = words[0].rpartition(b"/")[2] if words else b""
    return words[1] if name in (b"env", b"busybox") and len(words) > 1 else name


def test_ruff() -> None:
    passes(tool("ruff"), "check", "--no-cache", "rescue", "tests")


def test_ruff_format() -> None:
    passes(tool("ruff"), "format", "--check", "--no-cache", "rescue", "tests")


def test_mypy() -> None:
    """Strict, as pyproject.toml says, over the program and its tests."""
    passes(tool("mypy"))


def test_shellcheck() -> None:
    scripts = shell_scripts(sources())
    assert scripts
    passes(tool("shellcheck"), "--external-sources", *scripts)


def test_shell_scripts_are_found_by_name_and_first_line(tmp_path: Path) -> None:
    contents = {
        "named.sh": b"echo",
        "first": b"#!/bin/sh\necho",
        "spaced": b"#! /usr/bin/env bash\necho",
        "tiny": b"#!/bin/busybox sh\necho",
        "python": b"#!/usr/bin/env python3\n",
        "text": b"sh",
        "empty": b"",
        "binary": bytes(range(256)),
    }
    for name, data in contents.items():
        (tmp_path / name).write_bytes(data)
    found = shell_scripts(sorted(tmp_path.iterdir()))
    assert sorted(path.name for path in found) == ["first", "named.sh", "spaced", "tiny"]


@pytest.mark.parametrize(
    ("name", "source", "argv"),
    [
        ("bad.py", "import os\n", ["ruff", "check", "--no-cache", "--isolated"]),
        ("bad.py", "x   = 1\n", ["ruff", "format", "--check", "--no-cache", "--isolated"]),
        ("bad.py", "def f(x):\n    return x\n", ["mypy", "--strict", "--config-file=", "--cache-dir=/dev/null"]),
        ("bad.sh", "#!/bin/sh\necho $1\n", ["shellcheck"]),
    ],
)
def test_each_linter_fails_for_bad_code(tmp_path: Path, name: str, source: str, argv: list[str]) -> None:
    (tmp_path / name).write_text(source)
    with pytest.raises(AssertionError, match=r"bad\."):
        passes(tool(argv[0]), *argv[1:], tmp_path / name, cwd=tmp_path)


def test_a_missing_tool_is_a_failure() -> None:
    with pytest.raises(AssertionError, match="not installed"):
        tool("no-such-linter")
