"""What is kept and shown of a machine in which something went wrong."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

from tests.vm.emulator import PROJECT

_FOLDER = PROJECT / "build/vm-failures"
_LINES = 60


def folder() -> Path:
    """Make an empty folder named after the running test and return it."""
    test = os.environ.get("PYTEST_CURRENT_TEST", "machine").rpartition("/")[2].partition(" ")[0]
    path = _FOLDER / re.sub(r"[^\w.-]+", "-", test).strip("-")
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir(parents=True)
    return path


def keep(path: Path, scratch: Path, rows: list[str]) -> None:
    """Copy the logs of a machine into `path`, and write what its serial terminal shows."""
    for log in scratch.glob("*.log"):
        shutil.copyfile(log, path / log.name)
    (path / "screen.txt").write_text("".join(f"{row}\n" for row in rows))


def describe(text: str, rows: list[str], qemu: str, kept: Path, milestones: str) -> str:
    """The end of what the machine said, its screen, and where the rest is, for the message of an error."""
    sections = {
        "QEMU": qemu.splitlines(),
        "the end of the serial port's text": _end(text),
        "the serial terminal's screen": rows if any(rows) else [],
    }
    shown = [f"--- {name}\n" + "\n".join(lines) for name, lines in sections.items() if lines]
    return "\n".join([*shown, f"--- after {milestones}; all of it is in {kept}"])


def _end(text: str) -> list[str]:
    """The last lines; what firmware draws as blank space is shortened."""
    return [re.sub(r" {20,}", " … ", line.rstrip()) for line in text.splitlines() if line.strip()][-_LINES:]
