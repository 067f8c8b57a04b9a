"""What all tests here share: the program, loop devices, and no mount that outlives a test.

Other people may use the program on this machine at the same time: a test unmounts only what it can prove to be its own.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rescue.devices.mounts import Mount
from rescue.devices.sysfs import Block
from rescue.places import mounting
from tests.disk.cli.conftest import attach, rescue

__all__ = ["attach", "rescue"]


@pytest.fixture(autouse=True)
def _no_drive_stays_mounted(attach: object, tmp_path: Path) -> Iterator[None]:
    """Drives of a test that failed are unmounted before their loop devices go: those whose file the test has made."""
    del attach  # asked for so that it ends later
    yield
    unmount_own(lambda mount: _lies_below(mount, tmp_path))


def unmount_own(mine: Callable[[Mount], bool]) -> None:
    """Take away what a failed test has left mounted, as `mine` knows it, with what is remembered of it."""
    for mount in mounting.own_mounts():
        if mine(mount):
            subprocess.run(["umount", "--lazy", mount.point], check=False)
            for path in (Path(f"{mount.point}.json"), Path(f"{mount.point}.log")):
                path.unlink(missing_ok=True)
            Path(mount.point).rmdir()


def _lies_below(mount: Mount, directory: Path) -> bool:
    block = Block.numbered(mount.device) if mount.has_device_number else None
    backing = block.disk.backing_file if block is not None else None
    return backing is not None and Path(backing).is_relative_to(directory)
