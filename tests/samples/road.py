"""`python -m tests.samples.road DIRECTORY`: the program's road on sample disks - scan, back up, wipe, restore, verify.

The real program and the real engine work on loop devices made from sample images, and RESCUE_DEVICES hides every other
disk. The images are kept between runs.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.samples import DEFAULT_CACHE, make_backup_drive, make_blank, make_uefi_disk
from tests.samples.disk import MIB, mounted
from tests.samples.loop import attached, partition

_RESCUE = (sys.executable, "-m", "rescue.cli.main")
_QUIET = "\x1b[2m"
_LOUD = "\x1b[1m"
_PLAIN = "\x1b[0m"


@dataclass(frozen=True)
class Road:
    """The three disks, and the environment that shows the program nothing else."""

    system: str
    blank: str
    backup: str
    state: Path

    def rescue(self, *words: str) -> None:
        """Show a command, run it, and end with its exit code where it fails."""
        print(f"\n{_LOUD}# rescue {' '.join(words)}{_PLAIN}", flush=True)
        subprocess.run([*_RESCUE, *words], check=True, env=self.environment)

    def confirm(self, device: str) -> str:
        """What has to be typed to overwrite a device."""
        done = subprocess.run([*_RESCUE, "disks", "--json"], check=True, env=self.environment, stdout=subprocess.PIPE)
        return next(str(disk["confirm"]) for disk in json.loads(done.stdout) if disk["path"] == device)

    @property
    def environment(self) -> dict[str, str]:
        """The environment of the program."""
        visible = f"{self.system},{self.blank},{self.backup}"
        return {**os.environ, "RESCUE_DEVICES": visible, "RESCUE_STATE_DIR": str(self.state)}


@contextmanager
def sample_disks(directory: Path, cache: Path) -> Iterator[Road]:
    """Make the images that are missing, attach them while the block runs."""
    makers: dict[str, Callable[[Path], object]] = {
        "system.img": lambda path: make_uefi_disk(path, cache),
        "blank.img": make_blank,
        "backup.img": make_backup_drive,
    }
    for name, make in makers.items():
        if not (directory / name).exists():
            print(f"Making {directory / name} …", flush=True)
            make(directory / name)
    with ExitStack() as stack:
        system, blank, backup = (stack.enter_context(attached(directory / name)) for name in makers)
        yield Road(system, blank, backup, directory / "state")


def walk(road: Road) -> None:
    """Back the installed system up, lose it, get it back, and put a second copy on the blank drive."""
    road.rescue("disks")
    with mounted(partition(road.backup, 1)) as drive:
        repository = str(drive / "rescue")
        if not Path(repository, "config.json").exists():
            road.rescue("init", repository)
        road.rescue("backup", road.system, "--repo", repository, "--verify")
        say(f"wiping {road.system}: this is the disaster")
        wipe(road.system)
        for target in (road.system, road.blank):
            road.rescue("restore", "latest", target, "--repo", repository, "--yes", "--confirm", road.confirm(target))
        road.rescue("check", "--repo", repository)
        road.rescue("list", "--repo", repository)
    road.rescue("disks")
    say("The system is on its disk again, and once more on the other disk. `make clean` removes all of it.")


def wipe(device: str) -> None:
    """Overwrite a whole device with zeros."""
    with Path(device).open("r+b", buffering=0) as stream:
        size = stream.seek(0, os.SEEK_END)
        for offset in range(0, size, MIB):
            os.pwrite(stream.fileno(), bytes(min(MIB, size - offset)), offset)
        os.fsync(stream.fileno())


def say(text: str) -> None:
    """A remark between the commands."""
    print(f"\n{_QUIET}# {text}{_PLAIN}", flush=True)


def main() -> int:
    """Run it; the exit code is that of the first command that failed."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.samples.road", description="Show the program on sample disks."
    )
    parser.add_argument("directory", type=Path)
    parser.add_argument("--cache", type=Path, default=DEFAULT_CACHE, help="keeps the root tree (default: %(default)s)")
    arguments = parser.parse_args()
    try:
        with sample_disks(arguments.directory.absolute(), arguments.cache) as road:
            walk(road)
    except subprocess.CalledProcessError as error:
        print(f"The command ended with {error.returncode}.", file=sys.stderr)
        return int(error.returncode)
    return 0


if __name__ == "__main__":
    sys.exit(main())
