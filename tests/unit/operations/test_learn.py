"""Facts about disks: in which order they are told, what is asked again, and what is not."""

from __future__ import annotations

import threading
from dataclasses import replace

from rescue.cancel import CancelToken
from rescue.devices.health import Health, State
from rescue.devices.model import Disk, FilesystemInfo, Inventory, Partition
from rescue.operations.facts import Facts, nodes_of
from rescue.operations.learn import FactFinder
from rescue.units import MiB
from tests.unit.plans.made_up import disk, with_part

WELL = Health(State.GOOD, "healthy")


class Machine:
    """Drives that count how often they are asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.used: dict[str, int | None] = {}
        self.healths: dict[str, Health | None] = {}
        self.told: list[Facts] = []
        self.stop = CancelToken()
        self.finder = FactFinder(self._used_bytes, self._health)

    def _used_bytes(self, path: str, fstype: str | None) -> int | None:
        assert fstype == "ext4"
        self.asked.append(path)
        return self.used.get(path, MiB)

    def _health(self, path: str, cancel: CancelToken | None) -> Health | None:
        assert cancel is self.stop
        self.asked.append(path)
        return self.healths.get(path, WELL)

    def look(self, *disks: Disk, afresh: bool = False) -> list[str]:
        """What is asked of these disks; `told` is what is told meanwhile."""
        self.asked, self.told = [], []
        self.finder.look(Inventory(disks), self.told.append, self.stop, afresh=afresh)
        return self.asked


def test_used_space_of_all_disks_then_health_one_after_the_other() -> None:
    machine = Machine()
    a, b = disk("sda"), disk("sdb")
    assert machine.look(a, b) == ["/dev/sda1", "/dev/sda2", "/dev/sdb1", "/dev/sdb2", "/dev/sda", "/dev/sdb"]
    assert [(len(facts.used), len(facts.health)) for facts in machine.told] == [(0, 0), (2, 0), (4, 0), (4, 1), (4, 2)]
    assert machine.told[-1].health == {"/dev/sda": WELL, "/dev/sdb": WELL}
    assert machine.told[-1].used_of(a) == 2 * MiB


def test_nothing_is_asked_twice_until_somebody_wants_it_afresh() -> None:
    machine = Machine()
    machine.healths["/dev/sda"] = None
    machine.used["/dev/sda1"] = None
    a = disk("sda")
    assert len(machine.look(a)) == 3
    assert machine.look(a) == []
    assert machine.told == [Facts({"/dev/sda2": MiB}, {})]
    assert machine.look(a, afresh=True) == ["/dev/sda1", "/dev/sda2", "/dev/sda"]


def test_a_disk_that_comes_back_and_a_new_one_are_asked() -> None:
    machine = Machine()
    a, b = disk("sda"), disk("sdb")
    machine.look(a, b)
    assert machine.look(a) == []
    assert set(machine.told[-1].health) == {"/dev/sda"}
    assert machine.look(a, b) == ["/dev/sdb1", "/dev/sdb2", "/dev/sdb"]
    other = replace(b, identity=replace(b.identity, serial="OTHER"))
    assert machine.look(a, other) == ["/dev/sdb1", "/dev/sdb2", "/dev/sdb"]


def test_a_partition_that_changed_is_asked_and_the_drive_is_not() -> None:
    machine = Machine()
    a = disk("sda")
    machine.look(a)
    changed = with_part(a, replace(a.partitions[1], filesystem=FilesystemInfo("ext4", "new")))
    assert machine.look(replace(changed, identity=replace(a.identity, table_uuid="other"))) == ["/dev/sda2"]


def test_what_cannot_be_read_or_has_no_content_is_left_alone() -> None:
    machine = Machine()
    a = disk("sda")
    bare = replace(a, partitions=(replace(a.partitions[0], filesystem=None), a.partitions[1]))
    assert machine.look(bare) == ["/dev/sda2", "/dev/sda"]
    machine = Machine()
    assert machine.look(replace(a, readable=False)) == ["/dev/sda"]


def test_it_stops_between_two_questions() -> None:
    machine = Machine()

    def used_bytes(path: str, fstype: str | None) -> int:
        assert fstype
        machine.asked.append(path)
        machine.stop.cancel()
        return MiB

    machine.finder = FactFinder(used_bytes, machine._health)
    assert machine.look(disk("sda"), disk("sdb")) == ["/dev/sda1"]
    machine.stop = CancelToken()
    assert machine.look(disk("sda"))[0] == "/dev/sda2"


def test_a_drive_that_was_asked_while_somebody_stopped_is_asked_again() -> None:
    machine = Machine()

    def health(path: str, cancel: CancelToken | None) -> Health | None:
        assert cancel is not None
        machine.asked.append(path)
        cancel.cancel()
        return None

    machine.finder = FactFinder(machine._used_bytes, health)
    machine.look(disk("sda"))
    machine.stop = CancelToken()
    assert machine.look(disk("sda")) == ["/dev/sda"]


def test_two_at_once_wait_for_one_another() -> None:
    machine = Machine()
    inside = []

    def health(path: str, cancel: CancelToken | None) -> Health | None:
        assert cancel
        inside.append(path)
        assert len(inside) == 1
        inside.remove(path)
        return WELL

    finder = FactFinder(machine._used_bytes, health)
    told: list[Facts] = []
    threads = [
        threading.Thread(target=lambda: finder.look(Inventory((disk("sda"),)), told.append, CancelToken(), afresh=True))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(told) == 12
    assert told[-1].health == {"/dev/sda": WELL}


def test_another_disk_in_the_same_place_has_nothing_of_the_former_one() -> None:
    a, b = disk("sda"), disk("sdb")
    facts = Facts({"/dev/sda1": 1, "/dev/sda2": 2, "/dev/sdb1": 3}, {"/dev/sda": WELL, "/dev/sdb": WELL})
    other = replace(a, identity=replace(a.identity, serial="OTHER"))
    assert facts.still(Inventory((a, b)), Inventory((a, b))) == facts
    assert facts.still(Inventory((a, b)), Inventory((other, b))) == Facts({"/dev/sdb1": 3}, {"/dev/sdb": WELL})
    assert facts.still(Inventory((a, b)), Inventory((b,))) == Facts({"/dev/sdb1": 3}, {"/dev/sdb": WELL})
    assert facts.still(Inventory(()), Inventory((a, b))) == Facts()
    formatted = with_part(a, replace(a.partitions[0], filesystem=FilesystemInfo("ext4", "new")))
    assert facts.still(Inventory((a,)), Inventory((formatted,))) == Facts({"/dev/sda2": 2}, {"/dev/sda": WELL})


def test_how_full_a_disk_is_needs_all_that_matters() -> None:
    a = disk("sda")
    small = Partition("/dev/sda3", 3, 40 * MiB, a.size // 200)
    assert Facts({"/dev/sda1": 3, "/dev/sda2": 4}).used_of(a) == 7
    assert Facts({"/dev/sda1": 3}).used_of(a) is None
    assert Facts().used_of(a) is None
    grown = replace(a, partitions=(*a.partitions, small))
    assert Facts({"/dev/sda1": 3, "/dev/sda2": 4}).used_of(grown) == 7
    frame = replace(a.partitions[1], type="0x5")
    assert Facts({"/dev/sda1": 3}).used_of(with_part(a, frame)) == 3
    assert nodes_of(replace(a, partitions=())) == (replace(a, partitions=()),)
