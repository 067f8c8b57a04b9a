"""`rescue health`: what it prints, and that a disk without a health is no error. No drive here has one."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from rescue.cli.commands.health_cmd import as_json, describe
from rescue.devices.smart import health, interpret
from tests.disk.cli.harness import MIB, Rescue
from tests.unit.devices.smart_samples import ata, attribute
from tests.unit.plans.made_up import disk

pytestmark = pytest.mark.disk


def test_a_disk_that_tells_nothing(rescue: Rescue, attach: Callable[..., str]) -> None:
    device = attach(4 * MIB)
    assert health(device) is None
    done = rescue.seeing(device).run("health", device)
    assert done.out.splitlines() == [f"{device}  4.0 MiB  Loop device", "    ? This drive does not tell how it is."]
    told = json.loads(rescue.seeing(device).run("health", device, "--json").out)
    assert told == {"path": device, "model": "Loop device", "serial": None, "health": None}


def test_a_disk_that_is_not_there(rescue: Rescue, attach: Callable[..., str]) -> None:
    device = attach(4 * MIB)
    rescue.refused("health", device, code=13, says="RESCUE_DEVICES")
    rescue.seeing(device).refused("health", "/dev/nowhere", code=13, says="/dev/nowhere")


def test_without_smartctl(rescue: Rescue, attach: Callable[..., str]) -> None:
    device = attach(4 * MIB)
    hide = ("unshare", "--mount", "sh", "-c", 'mount --bind /dev/null /usr/sbin/smartctl && exec "$0" "$@"')
    rescue.wrapped(*hide).seeing(device).refused("health", device, code=11, says="smartctl is not installed")


def test_a_failing_drive_in_words_and_for_scripts() -> None:
    told = interpret(ata(attribute(197, "Current_Pending_Sector", 14)))
    assert told is not None
    lines = describe(disk(), told)
    assert lines[:4] == [
        "/dev/sda  64.0 MiB  Model",
        "    x failing: 14 sectors lost",
        "      14 sectors cannot be read any more.",
        "    36 °C, 36055 hours in use",
    ]
    assert "197 Current_Pending_Sector       100   100     0 -      14" in lines
    plain = as_json(disk(), told)
    assert json.loads(json.dumps(plain))["health"]["state"] == "failing"
    assert plain["serial"] == "SDA"
