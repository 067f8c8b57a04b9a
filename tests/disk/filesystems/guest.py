"""File systems that this kernel has no driver for, mounted in User-mode Linux: a Linux that is a program, up in 2 s.

Debian package user-mode-linux: /usr/bin/linux, with the modules f2fs, hfsplus and vfat. Its root is that of the host,
read-only. One boot does many jobs.
"""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.disk.filesystems import trees

_TREES = Path(trees.__file__)
_PICTURES = dict[str, trees.Entry]
_HEAD = """#!/bin/sh
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
mount -t tmpfs tmp /mnt
mkdir -p /mnt/lib /mnt/out
mount -t hostfs none /mnt/out -o {out}
exec >/mnt/out/log 2>&1
set -x
mount -t proc proc /proc
ln -s /usr/lib/uml/modules /mnt/lib/modules
for module in vfat f2fs hfsplus nls_utf8 nls_cp437 nls_ascii nls_iso8859-1; do modprobe -d /mnt $module; done
"""
_MOUNT = "mkdir /mnt/{number} && mount -t {kind} -o {options} /dev/ubd{letter} /mnt/{number} || poweroff -f\n"
_WORK = "{python} -I {trees} {verb} /mnt/out {families} || poweroff -f\n"
_SPACE = "stat --file-system --format '%S %b %f' /mnt/{number} >/mnt/out/{number}.space || poweroff -f\n"
_UNMOUNT = "umount /mnt/{number} || poweroff -f\n"
# Durable and then gone: the power fails before the next checkpoint.
_CRASH = "dd if=/dev/urandom of=/mnt/{number}/after.bin bs=4k count=100 conv=fsync || poweroff -f\n"
_TAIL = """
touch /mnt/out/done
sync -f /mnt/out
poweroff -f
"""


@dataclass(frozen=True)
class Job:
    """An image, its driver with mount options, and what it can keep; `crash` leaves it mounted when the guest stops."""

    image: Path
    kind: str
    family: str
    options: str
    crash: bool = False


def plant(out: Path, jobs: list[Job]) -> list[_PICTURES]:
    """Plant a tree in every image, in one boot, and picture it. `out` is a directory for what the guest says."""
    return _run(out, jobs, "plant")


def picture(out: Path, jobs: list[Job]) -> list[_PICTURES]:
    """Picture what is in every image, in one boot."""
    return _run(out, jobs, "picture")


def space(out: Path, number: int) -> tuple[int, int]:
    """Size and free bytes that the mounted file system of a job told in the boot that wrote to `out`."""
    unit, blocks, free = map(int, (out / f"{number}.space").read_text().split())
    return unit * blocks, unit * free


def _run(out: Path, jobs: list[Job], verb: str) -> list[_PICTURES]:
    out.mkdir(exist_ok=True)
    script = out / "init"
    script.write_text(_script(out, jobs, verb))
    script.chmod(0o755)
    disks = [f"ubd{number}={job.image}" for number, job in enumerate(jobs)]
    argv = ["linux", "mem=256M", "rootfstype=hostfs", "ro", f"init={script}", *disks, "con=null", "quiet"]
    subprocess.run(argv, check=False, timeout=180, capture_output=True, stdin=subprocess.DEVNULL)
    assert (out / "done").exists(), (out / "log").read_text(errors="replace")
    return [trees.from_json((out / f"{number}.json").read_text()) for number in range(len(jobs))]


def _script(out: Path, jobs: list[Job], verb: str) -> str:
    lines = [_HEAD.format(out=out)]
    for number, job in enumerate(jobs):
        letter = chr(ord("a") + number)
        lines.append(_MOUNT.format(number=number, kind=job.kind, options=job.options, letter=letter))
    families = " ".join(f"{job.family}=/mnt/{number}" for number, job in enumerate(jobs))
    lines.append(_WORK.format(python=sys.executable, trees=_TREES, verb=verb, families=families))
    lines.extend(_SPACE.format(number=number) for number in range(len(jobs)))
    lines.extend((_CRASH if job.crash else _UNMOUNT).format(number=number) for number, job in enumerate(jobs))
    return "".join([*lines, _TAIL])
