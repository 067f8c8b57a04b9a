"""A plan that was shown in one process runs in another one, and only if it is still the same."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.disk.cli.disks import SIZE, Content
from tests.disk.cli.harness import Rescue, junk, tool, untouched
from tests.disk.cli.isos import STICK
from tests.samples.loop import settle

pytestmark = pytest.mark.disk
Attach = Callable[..., str]
Isos = Callable[[str], Path]


def digest(rescue: Rescue, *words: str) -> str:
    """The digest of the plan, equal in two processes."""
    plans = [rescue.run(*words, "--dry-run", "--json").event("Plan") for _ in range(2)]
    assert plans[0] == plans[1]
    assert plans[0]["confirm"] == "target.img"
    assert len(plans[0]["digest"]) == 64
    return str(plans[0]["digest"])


def test_digests_of_all_that_writes(rescue: Rescue, attach: Attach, gpt: tuple[Path, Content], isos: Isos) -> None:
    source, target = attach(gpt[0]), attach(STICK)
    rescue = rescue.seeing(source, target)
    rescue.run("init")
    rescue.run("backup", source)
    jobs = [
        ("restore", "latest", target),
        ("clone", source, target),
        ("stick", str(isos("mbr")), target),
        ("stick", str(isos("gpt")), target, "--data"),
    ]
    digests = [digest(rescue, *words) for words in jobs]
    assert len(set(digests)) == len(jobs)
    for words, own, other in zip(jobs, digests, [*digests[1:], digests[0]], strict=True):
        before = untouched(target)
        confirmed = rescue.confirm(target)
        rescue.refused(*words, *confirmed, "--plan", other, code=17, says="not the one that was confirmed")
        rescue.refused(*words, "--plan", own, code=17, says="Nobody confirmed")
        before.require()
    words = jobs[-1]
    rescue.run(*words, *rescue.confirm(target), "--plan", digest(rescue, *words))
    undo = ("undo", target)
    rescue.run(*undo, *rescue.confirm(target), "--plan", digest(rescue, *undo))


def test_a_plan_that_changed_since_it_was_shown(rescue: Rescue, attach: Attach) -> None:
    """Somebody has made a partition on the target meanwhile."""
    source, target = attach(SIZE, "source.img"), attach(SIZE)
    junk(source, seed=3)
    rescue = rescue.seeing(source, target)
    shown = digest(rescue, "clone", source, target)
    tool("sfdisk", "--quiet", "--no-reread", "--no-tell-kernel", target, text="label: gpt\nsize=5MiB\n")
    settle(target)
    before = untouched(target)
    words = ("clone", source, target, "--yes", "--confirm", "target.img", "--plan", shown, "--json")
    done = rescue.refused(*words, code=17, says="not the one that was confirmed")
    assert done.event("Error")["exit_code"] == 17
    before.require()


def test_parts_add_up(rescue: Rescue, attach: Attach, gpt: tuple[Path, Content]) -> None:
    """What JobStarted tells of each partition is what Progress counts, and what RegionFinished ends, in this order."""
    source, target = attach(gpt[0]), attach(SIZE)
    rescue = rescue.seeing(source, target)
    rescue.run("init")
    for words in (
        ("backup", source, "--name", "one", "--note", "before the new system"),
        ("verify", "one"),
        ("restore", "one", target, *rescue.confirm(target)),
        ("clone", source, target, *rescue.confirm(target)),
    ):
        done = rescue.run(*words, "--json")
        parts = done.event("JobStarted")["parts"]
        assert [part["name"] for part in parts if part["name"].startswith("p")] == ["p1", "p2", "p3"]
        assert all(part["size"] > 0 for part in parts)
        progress = [event for event in done.events if event["event"] == "Progress"]
        assert {event["total"] for event in progress} == {sum(part["size"] for part in parts)}
        assert progress[-1]["done"] == progress[-1]["total"]
        finished = [event["region"] for event in done.events if event["event"] == "RegionFinished"]
        assert finished == [part["text"] for part in parts]
        assert done.events[-1]["event"] == "JobFinished"
    assert "before the new system" in rescue.run("list").out
    assert rescue.run("show", "one").out.splitlines()[2] == "before the new system"
    assert rescue.run("show", "one", "--json").events[0]["note"] == "before the new system"
    rescue.refused("backup", source, "--note", "two\nlines", code=2, says="note")
