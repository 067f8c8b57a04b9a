"""`python -m tests.samples.screen DIRECTORY`: the full-screen program, which sees nothing but the sample disks."""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

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
        return subprocess.run([sys.executable, "-m", "rescue", *words], check=False, env=road.environment).returncode


if __name__ == "__main__":
    sys.exit(main())
