"""What undo brings back: the table and the headers of a disk that was overwritten."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.disk.cli.disks import SIZE, Content, kinds, make_mbr, table_of
from tests.disk.cli.harness import MIB, Rescue, blank, junk, read, untouched

pytestmark = pytest.mark.disk
Attach = Callable[..., str]


def test_table_and_headers_come_back(rescue: Rescue, attach: Attach, gpt: tuple[Path, Content], tmp_path: Path) -> None:
    source = attach(gpt[0])
    make_mbr(tmp_path / "other.img")
    target = attach(tmp_path / "other.img")
    rescue = rescue.seeing(source, target)
    table, recognised, head = table_of(target), kinds(target), read(target, 0, MIB)
    assert recognised[1] == "ext4"
    rescue.run("clone", source, target, *rescue.confirm(target))
    assert table_of(target) != table
    overwritten = untouched(target)
    assert "partition table" in rescue.run("undo", target, "--dry-run").out
    rescue.refused("undo", target, code=17, says="Nobody confirmed")
    overwritten.require()
    rescue.run("undo", target, *rescue.confirm(target))
    assert table_of(target) == table
    assert kinds(target) == recognised
    assert read(target, 0, MIB) == head
    rescue.run("undo", target, *rescue.confirm(target))
    assert table_of(target) == table


def test_no_kit(rescue: Rescue, attach: Attach, tmp_path: Path) -> None:
    source, target, other = attach(8 * MIB, "a.img"), attach(8 * MIB), attach(blank(tmp_path / "o.img", 8 * MIB))
    rescue = rescue.seeing(source, target, other)
    junk(other)
    before = untouched(other)
    rescue.refused("undo", other, *rescue.confirm(other), code=19, says="no undo kit")
    rescue.run("clone", source, target, *rescue.confirm(target))
    rescue.refused("undo", other, *rescue.confirm(other), code=19, says="no undo kit")
    before.require()


def test_a_kit_that_cannot_be_kept_stops_the_job(rescue: Rescue, attach: Attach, tmp_path: Path) -> None:
    source, target = attach(SIZE, "a.img"), attach(SIZE)
    rescue = rescue.seeing(source, target)
    junk(target)
    before = untouched(target)
    (tmp_path / "state").write_text("a file where the directory should be")
    rescue.refused("clone", source, target, *rescue.confirm(target), code=1, says="undo kit cannot be saved")
    before.require()
