"""The rules in tests/conftest.py: a disk or VM test that is skipped in CI is a failure there."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]

MARKED = """
import pytest

@pytest.mark.{marker}
def test_something():
    pytest.skip("no loop devices")
"""

BY_MARK = """
import pytest

@pytest.mark.{marker}
@pytest.mark.skipif(True, reason="no loop devices")
def test_something():
    pass
"""

EXPECTED_FAILURE = """
import pytest

@pytest.mark.{marker}
@pytest.mark.xfail(reason="not yet")
def test_something():
    assert False
"""

MODULE = """
import pytest

pytest.skip("no loop devices", allow_module_level=True)
"""


def run(folder: Path, source: str, ci: str) -> "subprocess.CompletedProcess[str]":
    """Run one test under the rules of this project, in a project of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "test_it.py").write_text(source)
    command: list[str | Path] = [
        *(sys.executable, "-m", "pytest", "-q", "-p", "tests.conftest", "-p", "no:cacheprovider"),
        *("-W", "ignore", "-c", os.devnull, "--rootdir", folder, folder),
    ]
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(PROJECT), "CI": ci}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("source", [MARKED, BY_MARK])
@pytest.mark.parametrize("marker", ["disk", "vm"])
def test_a_skip_fails_in_ci(tmp_path: Path, source: str, marker: str) -> None:
    done = run(tmp_path, source.format(marker=marker), "true")
    assert done.returncode == 1, done.stdout
    assert "1 failed" in done.stdout or "1 error" in done.stdout
    assert "no loop devices" in done.stdout


@pytest.mark.parametrize(
    ("source", "ci", "told"),
    [
        (MARKED.format(marker="disk"), "", "1 skipped"),
        (MARKED.format(marker="disk"), "false", "1 skipped"),
        (MARKED.format(marker="slow"), "true", "1 skipped"),
        (EXPECTED_FAILURE.format(marker="vm"), "true", "1 xfailed"),
    ],
)
def test_other_skips_stay(tmp_path: Path, source: str, ci: str, told: str) -> None:
    done = run(tmp_path, source, ci)
    assert done.returncode == 0, done.stdout
    assert told in done.stdout


@pytest.mark.parametrize(("folder", "code"), [("tests/disk", 2), ("tests/vm", 2), ("tests/unit", 5)])
def test_a_module_that_skips_itself(tmp_path: Path, folder: str, code: int) -> None:
    """2: collecting failed. 5: no test was left to run."""
    done = run(tmp_path / folder, MODULE, "true")
    assert done.returncode == code, done.stdout
    assert ("skipped in CI" in done.stdout) == (code == 2)


def test_no_test_sees_the_persons_settings(tmp_path: Path) -> None:
    state = Path(os.environ["RESCUE_STATE_DIR"])
    assert state.is_dir()
    assert state.is_relative_to(tmp_path.parents[1]) or "pytest" in str(state)
    assert "RESCUE_REPO" not in os.environ
    assert "RESCUE_DEVICES" not in os.environ
