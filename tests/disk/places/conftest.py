"""What all tests here share: the program, loop devices, and no mount that outlives a test."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from rescue.places import mounting
from tests.disk.cli.conftest import attach, rescue

__all__ = ["attach", "rescue"]


@pytest.fixture(autouse=True)
def _nothing_stays_mounted() -> Iterator[None]:
    """Mounts of a test that failed are taken away, with what is remembered of them. Those of others stay."""
    before = {mount.point for mount in mounting.own_mounts()}
    yield
    for mount in mounting.own_mounts():
        if mount.point not in before:
            subprocess.run(["umount", "--lazy", mount.point], check=False)
            for path in (Path(f"{mount.point}.json"), Path(f"{mount.point}.log")):
                path.unlink(missing_ok=True)
            Path(mount.point).rmdir()
