"""Every safety rule: a disk that must not be written is refused with its reason, and not a byte of it changes."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.disk.cli.harness import MIB, Rescue, blank, junk, mounted, read, tool, untouched
from tests.samples.loop import attached, settle

pytestmark = pytest.mark.disk
Attach = Callable[..., str]
ENOUGH = 64 * MIB


@pytest.fixture
def source(attach: Attach) -> str:
    """A small disk without anything on it."""
    return attach(4 * MIB, "source.img")


@pytest.fixture
def target(attach: Attach) -> str:
    """A disk with an ext4, a swap space and room."""
    device = attach(ENOUGH)
    script = "label: gpt\nsize=20MiB\nsize=20MiB\nsize=16MiB\n"
    tool("sfdisk", "--quiet", "--no-reread", "--no-tell-kernel", device, text=script)
    settle(device)
    tool("mkfs.ext4", "-q", "-F", f"{device}p1")
    tool("mkswap", f"{device}p2")
    return device


def refuse(rescue: Rescue, source: str, target: str, reason: str) -> None:
    """Restore, clone and undo are refused, each time without a look at the confirmation, and dry runs too."""
    for words in (
        ("restore", "latest", target),
        ("clone", source, target),
        ("undo", target),
        ("wipe", target),
        ("wipe", target, "--quick"),
    ):
        done = rescue.refused(*words, "--yes", "--confirm", "target.img", code=15, says=reason)
        assert done.out == ""
    rescue.refused("clone", source, target, "--dry-run", code=15, says=reason)


@pytest.fixture
def ready(rescue: Rescue, source: str, target: str) -> Rescue:
    """The program with a backup of the source."""
    rescue = rescue.seeing(source, target)
    rescue.run("init")
    rescue.run("backup", source)
    return rescue


def without_swap(target: str) -> tuple[bytes, bytes]:
    """All but the swap space, which the kernel itself may write while it is active."""
    return read(target, 0, 21 * MIB), read(target, 41 * MIB, ENOUGH - 41 * MIB)


def test_in_use(ready: Rescue, source: str, target: str, tmp_path: Path) -> None:
    before = without_swap(target)
    with mounted(f"{target}p1", tmp_path / "mnt", "-o", "ro,noload") as place:
        refuse(ready, source, target, f"{target}p1 is mounted read-only at {place}")
        ready.refused("restore", "latest:disk", f"{target}p1", code=15, says=f"{target}p1 is mounted read-only")
    tool("swapon", f"{target}p2")
    try:
        refuse(ready, source, target, f"{target}p2 is active swap space")
        ready.refused("backup", target, code=14, says=f"{target}p2 is active swap space")
    finally:
        tool("swapoff", f"{target}p2")
    with attached(Path(f"{target}p3"), read_only=True) as holder:
        refuse(ready, source, target, f"{target}p3 is held read-only by {holder}")
    with attached(Path(target), read_only=True) as holder:
        refuse(ready, source, target, f"{target} is held read-only by {holder}")
    assert without_swap(target) == before


def test_mounted_whole_disk(rescue: Rescue, source: str, attach: Attach, tmp_path: Path) -> None:
    target = attach(ENOUGH)
    tool("mkfs.ext4", "-q", "-F", target)
    ready = rescue.seeing(source, target)
    ready.run("init")
    ready.run("backup", source)
    with mounted(target, tmp_path / "mnt") as place:
        refuse(ready, source, target, f"{target} is mounted at {place}")


def test_source_that_is_being_written(ready: Rescue, target: str, tmp_path: Path) -> None:
    other = tmp_path / "other.img"
    with mounted(f"{target}p1", tmp_path / "mnt") as place, attached(blank(other, ENOUGH)) as copy:
        ready = ready.seeing(target, copy)
        said = f"{target}p1 is mounted at {place}"
        listing = sorted(ready.repo.rglob("*"))
        ready.refused("backup", target, code=14, says=said)
        ready.refused("backup", f"{target}p1", code=14, says=said)
        ready.refused("clone", target, copy, *ready.confirm(copy), code=14, says=said)
        assert sorted(ready.repo.rglob("*")) == listing
        ready.run("backup", f"{target}p2")
    with mounted(f"{target}p1", tmp_path / "mnt", "-o", "ro,noload"):
        ready.run("backup", target)


def test_read_only_device(ready: Rescue, source: str, tmp_path: Path) -> None:
    image = blank(tmp_path / "target-ro.img", ENOUGH)
    with attached(image, read_only=True) as target:
        refuse(ready.seeing(source, target), source, target, "It is read-only.")


def test_holds_the_repository(rescue: Rescue, source: str, target: str, tmp_path: Path) -> None:
    """The repository lies on the target itself, and in an image file on it."""
    with mounted(f"{target}p1", tmp_path / "repo"):
        (tmp_path / "repo/lost+found").rmdir()
        ready = rescue.seeing(source, target)
        ready.run("init")
        ready.run("backup", source)
        ready.refused("restore", "latest", target, code=15, says="It holds the repository.")
        ready.refused("restore", "latest:disk", f"{target}p2", code=15, says="It holds the repository.")
        ready.run("backup", f"{target}p2")


def test_is_the_source(ready: Rescue, source: str, target: str, tmp_path: Path) -> None:
    before = untouched(source)
    ready.refused("clone", source, source, *ready.confirm(source), code=15, says="It is the source itself.")
    link = tmp_path / "by-another-name"
    link.symlink_to(source)
    ready.refused("clone", str(link), source, *ready.confirm(source), code=15, says="It is the source itself.")
    node = tmp_path / "node"
    os.mknod(node, 0o600 | 0o060000, Path(source).stat().st_rdev)
    ready.refused("clone", source, str(node), *ready.confirm(source), code=15, says="It is the source itself.")
    ready.refused("clone", target, f"{target}p1", code=15, says="It is the source itself.")
    ready.refused("clone", f"{target}p1", target, code=15, says="It is the source itself.")
    before.require()


def test_mounted_where_we_cannot_see_it(ready: Rescue, source: str, target: str, tmp_path: Path) -> None:
    """In the mount namespace of a container: neither imaged nor written, and the target keeps every byte."""
    ready.run("backup", target)
    script = f"mount -o noload,ro {target}p1 {tmp_path} && echo mounted && read line"
    argv = ["unshare", "--mount", "--propagation=private", "sh", "-c", script]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as container:
        assert container.stdin is not None
        assert container.stdout is not None
        try:
            assert container.stdout.readline() == b"mounted\n"
            before = untouched(target)
            said = "another program has claimed it"
            ready.refused("backup", target, code=14, says=said)
            ready.refused("backup", f"{target}p1", code=14, says=said)
            ready.refused("clone", target, source, code=14, says=said)
            ready.refused("clone", source, target, *ready.confirm(target), code=15, says=said)
            ready.refused("restore", "latest:p1", f"{target}p1", *ready.confirm(target), code=15, says=said)
            before.require()
        finally:
            container.stdin.close()
    ready.run("backup", target)


def test_twins(ready: Rescue, source: str, tmp_path: Path) -> None:
    """Two loop devices over one file have one identity: nobody can tell which is meant."""
    image = blank(tmp_path / "twin.img", ENOUGH)
    with attached(image) as one, attached(image) as other:
        junk(one)
        before = untouched(one)
        program = ready.seeing(source, one, other)
        for target, twin in ((one, other), (other, one)):
            for words in (
                ("restore", "latest", target),
                ("clone", source, target),
                ("undo", target),
                ("wipe", target),
                ("wipe", target, "--quick"),
            ):
                confirmed = ("--yes", "--confirm", str(image))
                program.refused(*words, *confirmed, code=15, says=f"{twin} has the same identity")
        before.require()


def test_carries_the_running_system(ready: Rescue, source: str, target: str) -> None:
    """In a mount namespace of its own the target is the medium that a live system was booted from."""
    script = f'mount -t tmpfs none /run && mkdir -p /run/live/medium && mount {target}p1 /run/live/medium && exec "$@"'
    live = ready.wrapped("unshare", "--mount", "--propagation=private", "sh", "-c", script, "sh")
    for words in (
        ("restore", "latest", target),
        ("clone", source, target),
        ("undo", target),
        ("wipe", target),
        ("wipe", target, "--quick"),
    ):
        live.refused(*words, "--yes", "--confirm", "target.img", code=15, says="It carries the system that is running")


def test_a_stick_that_was_copied_to_memory_is_a_disk_like_any_other(ready: Rescue, source: str, target: str) -> None:
    """What is mounted as the medium is memory then."""
    script = (
        'mount -t tmpfs none /run && mkdir -p /run/live/medium && mount -t tmpfs copy /run/live/medium && exec "$@"'
    )
    live = ready.wrapped("unshare", "--mount", "--propagation=private", "sh", "-c", script, "sh")
    live.run("clone", source, target, "--dry-run")


def test_the_disk_of_this_machine(ready: Rescue, source: str) -> None:
    """Never confirmed, never written: the plan itself is refused."""
    root = tool("findmnt", "--noheadings", "--output", "SOURCE", "/").strip()
    if not Path(root).is_block_device():
        pytest.skip(f"the root file system lies on {root}, which is no block device")
    disk = "/dev/" + (tool("lsblk", "--noheadings", "--nodeps", "--output", "PKNAME", root).strip() or Path(root).name)
    program = ready.seeing(source, disk)
    program.refused("restore", "latest", disk, "--dry-run", code=15, says="It carries the system that is running now.")
    program.refused("clone", source, disk, "--dry-run", code=15, says="It carries the system that is running now.")


def test_hidden_and_absent(ready: Rescue, source: str, target: str, tmp_path: Path) -> None:
    before = untouched(target)
    blind = ready.seeing(source)
    for words in (
        ("restore", "latest", target),
        ("clone", source, target),
        ("undo", target),
        ("wipe", target),
        ("backup", target),
    ):
        blind.refused(*words, code=13, says="is hidden")
    ready.refused("restore", "latest", "/dev/nothing-here", code=13, says="There is no /dev/nothing-here")
    ready.refused("backup", "/dev/nothing-here", code=13, says="There is no /dev/nothing-here")
    ready.refused("backup", str(tmp_path), code=13, says="no disk or partition but a directory")
    ready.refused("backup", "/dev/null", code=13, says="is no disk or partition")
    ready.refused("undo", f"{target}p1", code=13, says="is a partition of")
    before.require()
