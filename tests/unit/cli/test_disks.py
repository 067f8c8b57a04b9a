"""A disk in words."""

from dataclasses import replace

from rescue.cli.commands.disks_cmd import as_json, describe
from tests.unit.plans.made_up import disk


def test_a_disk_that_cannot_be_read_says_so() -> None:
    assert "    it cannot be read" not in describe(disk())
    assert "    it cannot be read" in describe(replace(disk(), readable=False))
    assert as_json(disk())["readable"] is True
