"""The whole road: back up, look, verify, lose the disk, bring it back, compare everything that counts."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.disk.cli.disks import SIZE, compare, compare_ext, kinds, make_bare, make_gpt
from tests.disk.cli.harness import MIB, Rescue, hash_of, junk, read, size_of, tree_hash, untouched

pytestmark = pytest.mark.disk
Attach = Callable[..., str]


@pytest.mark.parametrize("table", ["gpt", "mbr"])
def test_a_disk_comes_back(rescue: Rescue, attach: Attach, table: str, request: pytest.FixtureRequest) -> None:
    image, content = request.getfixturevalue(table)
    source, target = attach(image), attach(SIZE)
    rescue = rescue.seeing(source, target)
    before = untouched(source)
    rescue.run("init")
    identity = _back_up(rescue, source, target)
    _look_at(rescue, identity)
    junk(target)
    _dry_run_writes_nothing(rescue, target)
    done = rescue.run("restore", "latest", target, *rescue.confirm(target), "--json")
    assert done.event("JobFinished")["outcome"] == "OK"
    assert done.event("JobFinished")["verified"]
    compare(content, source, target, rescue.home)
    assert kinds(target) == kinds(source)
    before.require()
    _report_is_kept(rescue, done.event("JobFinished")["report"])


def _back_up(rescue: Rescue, source: str, target: str) -> str:
    disks = {disk["path"]: disk for disk in json.loads(rescue.run("disks", "--json").out)}
    assert set(disks) == {source, target}
    assert disks[source]["confirm"] == "source.img"
    assert disks[source]["size"] == SIZE
    listing = tree_hash(rescue.repo)
    steps = rescue.run("backup", source, "--dry-run", "--name", "first").out
    assert f"Read {source}" in steps
    assert "ext4 “root”" in steps
    assert {name: text for name, text in tree_hash(rescue.repo).items() if name != "lock"} == {
        name: text for name, text in listing.items() if name != "lock"
    }
    done = rescue.run("backup", source, "--name", "first", "--verify")
    identity = done.out.removesuffix("\n")
    assert len(identity) == 64
    assert int(identity, 16)
    assert f"snapshots/{identity}.json" in tree_hash(rescue.repo)
    return identity


def _look_at(rescue: Rescue, identity: str) -> None:
    (summary,) = rescue.run("list", "--json").events
    assert (summary["id"], summary["name"], summary["outcome"]) == (identity, "first", "OK")
    assert identity[:12] in rescue.run("list").out
    for query in (identity, identity[:6], "first", "latest"):
        assert rescue.run("show", query).out.startswith(identity)
    shown = json.loads(rescue.run("show", "latest", "--json").out)
    assert [region["outcome"] for region in shown["disks"][0]["regions"]] == ["OK"] * len(shown["disks"][0]["regions"])
    verified = rescue.run("verify", "first", "--json")
    assert verified.event("Verified")["snapshot"] == identity
    assert [event["event"] for event in (verified.events[0], verified.events[-1])] == ["JobStarted", "JobFinished"]
    checked = rescue.run("check", "--read-data", "--json")
    assert checked.event("Checked")["problems"] == []
    assert [event["event"] for event in (checked.events[0], checked.events[-1])] == ["JobStarted", "JobFinished"]
    assert rescue.run("prune", "--dry-run", "--json").event("Pruned")["removed_packs"] == 0
    assert "all as stored" in rescue.run("verify", "first").out
    assert "1 of 1 snapshots are whole" in rescue.run("check").out


def _dry_run_writes_nothing(rescue: Rescue, target: str) -> None:
    before, listing = untouched(target), tree_hash(rescue.home / "repo")
    steps = rescue.run("restore", "latest", target, "--dry-run", "--json").event("Plan")["steps"]
    assert steps[0].startswith(f"OVERWRITE {target}")
    assert "target.img" in steps[0]
    before.require()
    assert tree_hash(rescue.repo) == listing
    assert not rescue.state.exists()


def _report_is_kept(rescue: Rescue, path: str) -> None:
    text = Path(path).read_text()
    assert text.endswith("OK. Everything is there.\n")
    assert json.loads(Path(path).with_suffix(".json").read_text())["outcome"] == "OK"
    assert list((rescue.state / "undo").glob("*.json"))


def test_sectors_of_4096_bytes(rescue: Rescue, attach: Attach, tmp_path: Path) -> None:
    content = make_gpt(tmp_path / "source.img", sector_size=4096)
    source, target = attach(tmp_path / "source.img", sector_size=4096), attach(SIZE, sector_size=4096)
    other = attach(SIZE, "other.img")
    rescue = rescue.seeing(source, target, other)
    before = untouched(source)
    rescue.run("init")
    rescue.run("backup", source)
    junk(target)
    rescue.run("restore", "latest", target, *rescue.confirm(target))
    compare(content, source, target, tmp_path)
    blank = untouched(other)
    rescue.refused("restore", "latest", other, *rescue.confirm(other), code=15, says="sectors of 512 bytes")
    rescue.refused("clone", source, other, *rescue.confirm(other), code=15, says="sectors of 512 bytes")
    blank.require()
    before.require()


def test_a_file_system_without_a_table(rescue: Rescue, attach: Attach, tmp_path: Path) -> None:
    make_bare(tmp_path / "source.img")
    source, target = attach(tmp_path / "source.img"), attach(64 * MIB)
    larger = attach(70 * MIB, "larger.img")
    rescue = rescue.seeing(source, target, larger)
    rescue.run("init")
    rescue.run("backup", source)
    for copy in (target, larger):
        junk(copy)
        rescue.run("restore", "latest", copy, *rescue.confirm(copy))
        compare_ext(source, copy, tmp_path)


def test_two_disks_in_one_snapshot(rescue: Rescue, attach: Attach) -> None:
    """A partition of a disk that is named as well adds nothing; each disk comes back by its number."""
    one, other, target = attach(8 * MIB, "one.img"), attach(8 * MIB, "other.img"), attach(8 * MIB)
    rescue = rescue.seeing(one, other, target)
    junk(one, seed=1)
    junk(other, seed=2)
    rescue.run("init")
    rescue.run("backup", one, other, one)
    for number, source in enumerate((one, other), start=1):
        rescue.run("restore", "latest", target, "--disk", str(number), *rescue.confirm(target))
        assert hash_of(target) == hash_of(source)
    for wrong in ("0", "3", "-1"):
        rescue.refused("restore", "latest", target, f"--disk={wrong}", code=36, says="2 disks")


def test_an_empty_disk(rescue: Rescue, attach: Attach) -> None:
    source, target = attach(24 * MIB, "source.img"), attach(24 * MIB)
    rescue = rescue.seeing(source, target)
    rescue.run("init")
    rescue.run("backup", source)
    junk(target)
    rescue.run("restore", "latest", target, *rescue.confirm(target))
    assert hash_of(target) == hash_of(source)
    assert read(target, 0, size_of(target)) == bytes(24 * MIB)


def test_a_disk_of_junk(rescue: Rescue, attach: Attach) -> None:
    """No table and no file system that we know: every byte comes back."""
    source, target = attach(24 * MIB + 1536, "source.img"), attach(24 * MIB + 1536)
    rescue = rescue.seeing(source, target)
    junk(source, seed=5)
    rescue.run("init")
    rescue.run("backup", source)
    rescue.run("restore", "latest", target, *rescue.confirm(target))
    assert hash_of(target) == hash_of(source)
