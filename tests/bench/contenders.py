"""The command lines of everybody who is measured.

Clonezilla's are those of its own scripts with default settings (conf/drbl-ocs.conf and scripts/sbin/ocs-functions of
its repository, August 2026): buffers of 10485760 bytes, XXH128 checksums (`-a3`) where partclone has them and its
default, CRC-32, where it is older, `zstd -T0 -3`, which is what `zstdmt -3` is. Left out is only `-N`, its screen.
"""

from __future__ import annotations

import functools
import os
import subprocess
import sys
from pathlib import Path

from tests.bench.run import Pipeline
from tests.bench.sample import FILESYSTEMS, Filesystem
from tests.samples.loop import partition

_BUFFER = ("-z", "10485760")
_COMPRESS = ("zstd", "-c", "-T0", "-3")
_DECOMPRESS = ("zstd", "-dc", "-T0")
_RESCUE = (sys.executable, "-m", "rescue.cli.main")


class Clonezilla:
    """partclone as Clonezilla calls it, one partition after the other; images and log in `directory`."""

    def __init__(self, directory: Path) -> None:
        self._log = ("-L", str(directory / "partclone.log"))
        self._directory = directory

    def image(self, filesystem: Filesystem) -> Path:
        """Where the image of a partition is."""
        return self._directory / f"{filesystem.name}.img.zst"

    @property
    def size(self) -> int:
        """Bytes of all images."""
        return sum(self.image(filesystem).stat().st_size for filesystem in FILESYSTEMS)

    def backup(self, disk: str) -> tuple[Pipeline, ...]:
        """Every partition to its image."""
        return tuple(
            Pipeline(
                (
                    (each.tool, *_checksum(), *_BUFFER, *self._log, "-c", "-s", _node(disk, each), "--output", "-"),
                    _COMPRESS,
                ),
                target=self.image(each),
            )
            for each in FILESYSTEMS
        )

    def restore(self, disk: str) -> tuple[Pipeline, ...]:
        """Every image to its partition."""
        return tuple(
            Pipeline(
                (_DECOMPRESS, (each.tool, *_BUFFER, *self._log, "-s", "-", "-r", "-o", _node(disk, each))),
                source=self.image(each),
            )
            for each in FILESYSTEMS
        )

    def clone(self, source: str, target: str) -> tuple[Pipeline, ...]:
        """Every partition to the other disk."""
        return tuple(
            Pipeline(
                (
                    (
                        *(each.tool, *_checksum(), *_BUFFER, *self._log),
                        *("-b", "-s", _node(source, each), "-O", _node(target, each)),
                    ),
                )
            )
            for each in FILESYSTEMS
        )


def zstd(source: Path) -> tuple[Pipeline, ...]:
    """The compressor alone, over one file, to nowhere: what no backup can be faster than."""
    return (Pipeline((_COMPRESS,), source=source),)


def rescue(*words: str) -> tuple[Pipeline, ...]:
    """One command of Rescue, the program in this tree."""
    return (Pipeline(((*_RESCUE, *words),)),)


def rescue_output(*words: str) -> str:
    """Run one command of Rescue unmeasured and return what it prints."""
    return subprocess.run([*_RESCUE, *words], check=True, capture_output=True, text=True).stdout


def show_only(*disks: str, state: Path) -> None:
    """Let Rescue see only these disks, and keep its files here."""
    os.environ["RESCUE_DEVICES"] = ",".join(disks)
    os.environ["RESCUE_STATE_DIR"] = str(state)


def _node(disk: str, filesystem: Filesystem) -> str:
    return partition(disk, filesystem.number)


@functools.cache
def _checksum() -> tuple[str, ...]:
    words = subprocess.run(["partclone.ext4", "--help"], capture_output=True, text=True, check=False)
    return ("-a3",) if "XXH128" in words.stdout + words.stderr else ()
