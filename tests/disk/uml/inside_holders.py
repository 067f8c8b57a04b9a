"""Disks that LVM, LUKS, RAID or swap sit on: neither read nor written, and free again when those are gone."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.disk.cli.harness import MIB
from tests.disk.uml import inside
from tests.disk.uml.inside import WholeMachine

SIZE = 32 * MIB


@dataclass(frozen=True)
class Holder:
    """How to use a node, and how the program calls that use."""

    use: Callable[[str], AbstractContextManager[str]]
    kind: str
    says: str
    partitions: tuple[str, ...] = ("24MiB",)


LVM = Holder(lambda node: inside.logical_volume(node, "group"), "holder", "(group-data)")
HOLDERS = {
    "LVM": LVM,
    "LUKS": Holder(lambda node: inside.mapping(node, "secret"), "holder", "(secret)"),
    "RAID": Holder(lambda node: inside.array(node, "/dev/md7"), "holder", "held by /dev/md7"),
    "swap": Holder(inside.swap, "swap", "active swap space"),
    "LVM on the whole disk": Holder(LVM.use, LVM.kind, LVM.says, ()),
}


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> WholeMachine:
    """The program, with the snapshot of a disk of the same size."""
    found = WholeMachine(tmp_path_factory.mktemp("home"))
    found.run("init")
    with inside.disk(found.home / "first", SIZE) as device:
        found.run("backup", device, "--name", "first")
    return found


@pytest.mark.parametrize("name", HOLDERS)
def test_disk_in_use(name: str, program: WholeMachine, tmp_path: Path) -> None:
    """It is shown, refused as source and as target, and not written; when its user has gone, it is accepted."""
    holder = HOLDERS[name]
    with inside.disk(tmp_path / "used", SIZE, *holder.partitions) as used:
        node = f"{used}p1" if holder.partitions else used
        restore = ("restore", "first", used, "--yes", "--confirm", "used")
        with holder.use(node):
            (use,) = program.node(node)["uses"]
            assert (use["kind"], use["read_only"]) == (holder.kind, False)
            before = inside.content(used)
            for words, code in ((restore, 15), (("backup", used), 14)):
                assert f"{node} is " in program.refused(*words, code=code, says=holder.says).err
            assert inside.content(used) == before
        program.run("backup", used, "--dry-run")
        program.run(*restore)
        assert inside.content(used) == (program.home / "first").read_bytes()


def test_clone_and_partitions_follow_the_same_rules(program: WholeMachine, tmp_path: Path) -> None:
    """A clone has a source and a target in use; of a disk, one partition can be in use and another not."""
    with (
        inside.disk(tmp_path / "used", SIZE, "8MiB", "8MiB") as used,
        inside.disk(tmp_path / "free", SIZE, "8MiB", "8MiB") as free,
        LVM.use(f"{used}p1"),
    ):
        program.refused("clone", free, used, "--yes", "--confirm", "used", code=15, says=LVM.says)
        program.refused("clone", used, free, "--yes", "--confirm", "free", code=14, says=LVM.says)
        program.refused("clone", f"{free}p1", f"{used}p1", "--yes", "--confirm", "used", code=15, says=LVM.says)
        program.run("clone", f"{free}p2", f"{used}p2", "--yes", "--confirm", "used")
        assert inside.content(f"{free}p2") == inside.content(f"{used}p2")


def test_bystander_in_use_keeps_working(program: WholeMachine, tmp_path: Path) -> None:
    """A job between two disks does not write-lock a third one under its file systems, and says so."""
    with (
        inside.disk(tmp_path / "source", SIZE, "24MiB") as source,
        inside.disk(tmp_path / "target", SIZE) as target,
        inside.disk(tmp_path / "third", 2 * SIZE, "24MiB", "24MiB") as third,
        LVM.use(f"{third}p1") as volume,
        inside.array(f"{third}p2", "/dev/md7") as array,
    ):
        done = program.run("clone", source, target, "--yes", "--confirm", "target", "--json")
        notes = [event["text"] for event in done.events if event["event"] == "Note"]
        assert any("stays writable" in text and LVM.says in text for text in notes), notes
        assert any("stays writable" in text and "/dev/md7" in text for text in notes), notes
        for seed, node in enumerate((volume, array)):
            assert inside.scribble(node, seed) == inside.content(node)
        assert inside.content(source) == inside.content(target)
