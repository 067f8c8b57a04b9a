"""The known-bad cases: what must not pass for a system that came back does not."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.samples import DEFAULT_CACHE, Firmware, make_bios_disk
from tests.samples.disk import MIB, mounted
from tests.samples.loop import attached, partition
from tests.vm.report import Report, boot, report_in

pytestmark = pytest.mark.vm


def test_an_altered_file_gives_another_hash(tmp_path: Path) -> None:
    disk = make_bios_disk(tmp_path / "system.img", DEFAULT_CACHE)
    with attached(disk.path) as device, mounted(partition(device, 5)) as root:
        os.truncate(root / "srv/canary/files/large", 1_000_000)
    started = boot(disk.path, disk.firmware)
    assert started.report is not None, str(started)
    assert started.report.root_uuid == disk.root_uuid, str(started)
    assert started.report.canary != disk.canary, str(started)


def test_a_disk_without_a_system_gives_no_report(tmp_path: Path) -> None:
    path = tmp_path / "junk.img"
    path.write_bytes(os.urandom(8 * MIB))
    assert boot(path, Firmware.BIOS, seconds=10).report is None


def test_a_report_counts_once_its_line_is_whole() -> None:
    """The serial port gives a line in any number of pieces: half a word is no answer."""
    line = "RESCUE-CANARY abc root=1234 swap=yes efi=yes\n"
    assert report_in(f"before\n{line}after") == Report("abc", "1234", swap=True, efi=True)
    assert [length for length in range(len(line)) if report_in(f"before\n{line[:length]}")] == []
