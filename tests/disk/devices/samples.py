"""Disks for these tests: image files with a table and file systems, attached as loop devices."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.samples.loop import attached

MIB = 1024 * 1024
OS_RELEASE = 'NAME="Debian"\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n'
DEBIAN = "Debian GNU/Linux 12 (bookworm)"


def run(*argv: str, text: str = "") -> str:
    """Run a program, show what it says if it fails, return what it prints."""
    done = subprocess.run(argv, input=text, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{argv}: {done.stderr or done.stdout}"
    return done.stdout


def blank(path: Path, size: int) -> Path:
    """An empty sparse image."""
    with path.open("wb") as file:
        file.truncate(size)
    return path


def partitioned(path: Path, sizes: Sequence[int], *, label: str = "gpt", sector_size: int = 512) -> Path:
    """An image with partitions of these sizes, at megabytes; a little stays free at the end."""
    blank(path, sum(sizes) + 4 * MIB)
    lines = [f"label: {label}", f"sector-size: {sector_size}"]
    start = MIB
    for number, size in enumerate(sizes, start=1):
        name = f', name="part {number}"' if label == "gpt" else ""
        lines.append(f"start={start // sector_size}, size={size // sector_size}{name}")
        start += size
    with attached(path, sector_size=sector_size) as device:
        run("sfdisk", "--quiet", device, text="\n".join(lines) + "\n")
    return path


def linux_tree(root: Path) -> Path:
    """The little of an installed Linux by which it is known."""
    (root / "usr/lib").mkdir(parents=True)
    (root / "etc").mkdir()
    (root / "usr/lib/os-release").write_text(OS_RELEASE)
    (root / "etc/os-release").symlink_to("../usr/lib/os-release")
    return root


@contextmanager
def mounted(node: str, directory: Path, *options: str) -> Iterator[Path]:
    """The file system on `node`, mounted at `directory`."""
    directory.mkdir(exist_ok=True)
    run("mount", *options, node, str(directory))
    try:
        yield directory
    finally:
        run("umount", str(directory))
