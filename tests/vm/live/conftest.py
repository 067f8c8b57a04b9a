"""The stick's image: `make test` makes it before the tests; a test run by hand makes it here."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.vm.emulator import PROJECT
from tests.vm.live.session import IMAGE


@pytest.fixture(scope="session")
def image() -> Path:
    """The image, made when it is missing or stale."""
    done = subprocess.run(
        ["make", "--no-print-directory", str(IMAGE.relative_to(PROJECT))],
        cwd=PROJECT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"the image cannot be made:\n{done.stdout[-2000:]}{done.stderr[-2000:]}"
    return IMAGE
