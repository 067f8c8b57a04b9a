"""Targets that are larger, a little larger, or smaller than the source."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.disk.cli.disks import SIZE, Content, compare, kinds
from tests.disk.cli.harness import MIB, Rescue, junk, size_of, tool, untouched

pytestmark = pytest.mark.disk
Attach = Callable[..., str]
KIB = 1024


@pytest.mark.parametrize("more", [512, 20 * KIB, 40 * MIB])
def test_gpt_on_a_larger_disk(
    rescue: Rescue, attach: Attach, gpt: tuple[Path, Content], tmp_path: Path, more: int
) -> None:
    image, content = gpt
    source, target = attach(image), attach(SIZE + more)
    rescue = rescue.seeing(source, target)
    junk(target)
    rescue.run("clone", source, target, *rescue.confirm(target))
    compare(content, source, target, tmp_path, exact=False)
    assert kinds(target) == kinds(source)
    verdict = tool("sgdisk", "--verify", target)
    assert "No problems found" in verdict, verdict
    assert last_lba(target) == size_of(target) // 512 - 1
    before, after = (tool("sfdisk", "--dump", disk) for disk in (source, target))
    assert partitions_only(before, source) == partitions_only(after, target)


@pytest.mark.parametrize("more", [512, 40 * MIB])
def test_mbr_on_a_larger_disk(
    rescue: Rescue, attach: Attach, mbr: tuple[Path, Content], tmp_path: Path, more: int
) -> None:
    image, content = mbr
    source, target = attach(image), attach(SIZE + more)
    rescue = rescue.seeing(source, target)
    junk(target)
    rescue.run("clone", source, target, *rescue.confirm(target))
    compare(content, source, target, tmp_path, exact=False)
    before, after = (tool("sfdisk", "--dump", disk) for disk in (source, target))
    assert before.replace(source, "DISK") == after.replace(target, "DISK")
    assert kinds(target) == kinds(source)


@pytest.mark.parametrize("table", ["gpt", "mbr"])
@pytest.mark.parametrize("less", [512, 30 * MIB])
def test_a_smaller_target_is_refused(
    rescue: Rescue, attach: Attach, table: str, less: int, request: pytest.FixtureRequest
) -> None:
    source, target = attach(request.getfixturevalue(table)[0]), attach(SIZE - less)
    rescue = rescue.seeing(source, target)
    junk(target)
    before = untouched(target)
    rescue.run("init")
    rescue.run("backup", source)
    confirmed = rescue.confirm(target)
    for words in (("restore", "latest", target), ("clone", source, target)):
        done = rescue.refused(*words, *confirmed, code=16, says="too small" if less > 512 else "smaller")
        assert re.search(r"\d+ bytes", done.err)
    if less == 512:
        assert "(512 bytes)" in done.err
    before.require()
    assert not rescue.state.exists()


def last_lba(device: str) -> int:
    """Where the primary header says that the backup header lies."""
    sector = Path(device).open("rb").read(1024)[512:]  # noqa: SIM115
    return int.from_bytes(sector[32:40], "little")


def partitions_only(dump: str, device: str) -> list[str]:
    return [line.replace(device, "DISK") for line in dump.splitlines() if line.startswith(device)]
