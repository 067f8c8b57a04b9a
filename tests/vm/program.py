"""The program under test, started as a user starts it."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

PROGRAM = Path(__file__).parents[2] / ".venv/bin/rescue"


def rescue(*arguments: str | Path, devices: tuple[str, ...] = ()) -> str:
    """Run `rescue` with only `devices` visible to it and return what it prints; fail with all its words otherwise."""
    argv = [str(PROGRAM), *map(str, arguments)]
    environment = {**os.environ, "RESCUE_DEVICES": ",".join(devices)}
    done = subprocess.run(argv, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{argv}: exit status {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def confirm_text(device: str) -> str:
    """Return the text that confirms writing to `device`, as `rescue disks --json` tells it."""
    disks: list[dict[str, Any]] = json.loads(rescue("disks", "--json", devices=(device,)))
    return next(str(disk["confirm"]) for disk in disks if disk["path"] == device)
