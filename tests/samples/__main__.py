"""`python -m tests.samples DIRECTORY`: an installed system, a blank drive and a backup drive as raw images."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from tests.samples import DEFAULT_CACHE, make_backup_drive, make_blank, make_uefi_disk


def main() -> None:
    """Make what is missing in the directory; what is there stays as it is."""
    parser = argparse.ArgumentParser(prog="python -m tests.samples", description="Make sample disks as raw images.")
    parser.add_argument("directory", type=Path)
    parser.add_argument("--cache", type=Path, default=DEFAULT_CACHE, help="keeps the root tree (default: %(default)s)")
    arguments = parser.parse_args()
    makers: dict[str, Callable[[Path], object]] = {
        "system.img": lambda path: make_uefi_disk(path, arguments.cache),
        "blank.img": make_blank,
        "backup.img": make_backup_drive,
    }
    for name, make in makers.items():
        path = arguments.directory / name
        if not path.exists():
            make(path)
        print(path)


if __name__ == "__main__":
    main()
