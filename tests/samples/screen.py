"""`python -m tests.samples.screen DIRECTORY`: the full-screen program, which sees nothing but the sample disks."""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

from rescue.devices.mounts import read_mounts
from tests.samples import DEFAULT_CACHE
from tests.samples.road import sample_disks


def main() -> int:
    """Open it, and detach the sample disks when it was quit; the exit code is the program's."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.samples.screen", description="Open the full-screen program on sample disks."
    )
    parser.add_argument("directory", type=Path)
    parser.add_argument("--cache", type=Path, default=DEFAULT_CACHE, help="keeps the root tree (default: %(default)s)")
    parser.add_argument("--plain", action="store_true", help="numbered questions, line by line")
    arguments = parser.parse_args()
    words = ["--plain"] if arguments.plain else []
    with sample_disks(arguments.directory.absolute(), arguments.cache) as road:
        done = subprocess.run([sys.executable, "-m", "rescue", *words], check=False, env=road.environment)
        close_places(road.system, road.blank, road.backup)
        return done.returncode


def close_places(*disks: str) -> None:
    """Unmount what the program has opened on these disks and left open, as it does when somebody only quits."""
    for mount in read_mounts():
        if Path(mount.source).name.rpartition("p")[0] in [Path(disk).name for disk in disks]:
            subprocess.run(["umount", mount.point], check=True)


if __name__ == "__main__":
    sys.exit(main())
