"""Repositories that are none, newer, full, read-only, ambiguous or damaged: a sentence, a code, an untouched target."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.disk.cli.harness import MIB, Rescue, blank, junk, mounted, tool, tree_hash, untouched
from tests.samples.loop import attached

pytestmark = pytest.mark.disk
Attach = Callable[..., str]
SIZE = 24 * MIB


@pytest.fixture
def disks(attach: Attach) -> tuple[str, str]:
    """A source and a target, both full of junk, each 4 MiB of the source different."""
    source, target = attach(SIZE, "source.img"), attach(SIZE)
    fill(source)
    junk(target, seed=2)
    return source, target


@pytest.fixture
def ready(rescue: Rescue, disks: tuple[str, str]) -> Rescue:
    """The program with a backup of the source."""
    rescue = rescue.seeing(*disks)
    rescue.run("init")
    rescue.run("backup", disks[0], "--name", "good")
    return rescue


def fill(device: str) -> None:
    with Path(device).open("r+b") as stream:
        stream.writelines(random.Random(seed).randbytes(4 * MIB) for seed in range(SIZE // (4 * MIB)))
    tool("blockdev", "--flushbufs", device)


def every_reader(rescue: Rescue, target: str, *, code: int, says: str) -> None:
    """All commands that open a repository to read."""
    for words in (("list",), ("show", "latest"), ("verify", "latest"), ("restore", "latest", target)):
        rescue.refused(*words, code=code, says=says)
        done = rescue.refused(*words, "--json", code=code, says=says)
        assert done.event("Error")["exit_code"] == code
        assert says in done.event("Error")["message"]


def test_not_a_repository(rescue: Rescue, disks: tuple[str, str], tmp_path: Path) -> None:
    source, target = disks
    rescue = rescue.seeing(*disks)
    before = untouched(target)
    every_reader(rescue, target, code=30, says="is not a directory")
    rescue.refused("backup", source, code=30, says="is not a directory")
    rescue.repo.mkdir()
    every_reader(rescue, target, code=30, says="is not a repository")
    rescue.refused("backup", source, code=30, says="is not a repository")
    (rescue.repo / "letter.txt").write_text("mine")
    rescue.refused("init", code=31, says="it holds letter.txt")
    assert tree_hash(rescue.repo) == tree_hash(tmp_path / "repo")
    assert [path.name for path in rescue.repo.iterdir()] == ["letter.txt"]
    rescue.refused("init", str(tmp_path / "repo/letter.txt"), code=30, says="is not a directory")
    nameless = Rescue(tmp_path, disks, variables={"RESCUE_REPO": ""})
    nameless.refused("list", code=2, says="No repository is named")
    before.require()


def test_init_twice(ready: Rescue) -> None:
    before = tree_hash(ready.repo)
    ready.refused("init", code=31, says="is a repository already")
    assert tree_hash(ready.repo) == before


def test_newer_format(ready: Rescue, disks: tuple[str, str]) -> None:
    before = untouched(disks[1])
    path = ready.repo / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "format": 99}))
    every_reader(ready, disks[1], code=32, says="has format 99")
    ready.refused("backup", disks[0], code=32, says="has format 99")
    ready.refused("check", code=32, says="has format 99")
    ready.refused("prune", code=32, says="has format 99")
    before.require()


def test_no_such_snapshot_or_two(ready: Rescue, disks: tuple[str, str]) -> None:
    source, target = disks
    before = untouched(target)
    for words in (("show",), ("verify",), ("delete",), ("restore", target)):
        command, *rest = words
        ready.refused(command, "nothing", *rest, code=36, says="no snapshot “nothing”")
        ready.refused(command, "", *rest, code=36, says="no snapshot “”")
    ready.refused("restore", "latest", target, "--disk", "2", code=36, says="1 disk")
    ready.run("backup", source, "--name", "good")
    for words in (("show",), ("verify",), ("delete",), ("restore", target)):
        command, *rest = words
        ready.refused(command, "good", *rest, code=37, says="“good” fits 2 snapshots")
    assert len(ready.run("list", "--json").events) == 2
    before.require()


@pytest.mark.parametrize("part", ["pack", "pack end", "index", "snapshot", "missing pack", "config"])
def test_damaged(ready: Rescue, disks: tuple[str, str], part: str) -> None:
    """Found before the first write wherever that is possible; a pack's data is checked when it is read."""
    before = untouched(disks[1])
    folder = {"pack end": "packs", "missing pack": "packs", "config": "."}.get(
        part, f"{part}s".replace("indexs", "index")
    )
    victim = min(path for path in (ready.repo / folder).rglob("*") if path.is_file() and path.suffix in ("", ".json"))
    victim = ready.repo / "config.json" if part == "config" else victim
    if part == "missing pack":
        victim.unlink()
    elif part == "config":
        victim.write_text(victim.read_text().replace("chunk_size", "chunk size"))
    else:
        data = bytearray(victim.read_bytes())
        data[-5 if part == "pack end" else len(data) // 2] ^= 0x10
        victim.write_bytes(data)
    ready.refused("check", "--read-data", code=38, says="")
    done = ready.run("restore", "latest", disks[1], "--yes", "--confirm", "target.img", code=38)
    if part == "pack":
        assert f"{disks[1]} is incomplete and must not be used" in done.err
    else:
        assert "incomplete" not in done.err
        before.require()
    if part == "index":
        ready.run("check", "--rebuild-index")
        ready.run("restore", "latest", disks[1], *ready.confirm(disks[1]))


def test_full(disks: tuple[str, str], tmp_path: Path) -> None:
    """Nothing is lost, and the same backup succeeds once there is room."""
    with attached(blank(tmp_path / "drive.img", 20 * MIB)) as drive:
        tool("mkfs.ext4", "-q", "-F", drive)
        with mounted(drive, tmp_path / "small") as place:
            (place / "lost+found").rmdir()
            small = Rescue(tmp_path, disks, variables={"RESCUE_REPO": str(place)})
            small.run("init")
            done = small.refused("backup", disks[0], code=34, says="drive is full")
            assert done.out == ""
            assert small.run("list", "--json").out == ""
            small.run("check", "--read-data")
            listing = tree_hash(place)
            assert not [name for name in listing if name.endswith(".tmp")]


def test_read_only(ready: Rescue, disks: tuple[str, str]) -> None:
    """A backup is refused; all that only reads goes on as ever."""
    source, target = disks
    tool("mount", "--bind", str(ready.repo), str(ready.repo))
    try:
        tool("mount", "-o", "remount,bind,ro", str(ready.repo))
        before = tree_hash(ready.repo)
        junk(source, seed=77)
        done = ready.refused("backup", source, code=35, says="read-only")
        assert done.out == ""
        for words in (("prune",), ("delete", "good")):
            ready.refused(*words, code=35, says="read-only")
        ready.run("list")
        ready.run("verify", "good")
        ready.run("check", "--read-data")
        ready.run("restore", "good", target, *ready.confirm(target))
        assert tree_hash(ready.repo) == before
    finally:
        tool("umount", str(ready.repo))
