"""Reports that were kept come back, and go to another place as files."""

import os
from pathlib import Path

import pytest

from rescue.errors import RescueError
from rescue.operations.report import export_reports, save_report, saved_reports, snapshot_report
from tests.flows.values import stored


def test_what_was_kept_comes_back_the_newest_first() -> None:
    first = save_report("restore", ("line 1", "line 2"), {})
    second = save_report("table restore", ("other",), {})
    assert first
    assert second
    told = saved_reports()
    assert [(report.title, report.lines) for report in told] == [
        ("table restore", ("other",)),
        ("restore", ("line 1", "line 2")),
    ]
    assert told[0].name == Path(second).stem
    assert told[0].date.endswith(" UTC")
    assert told[0].date[:2] == "20"


def test_what_is_no_report_is_left_out() -> None:
    folder = Path(os.environ["RESCUE_STATE_DIR"]) / "reports"
    folder.mkdir()
    for name in ("notes.txt", "20261122T204800Z.txt", "20261122T204800Z-clone.json"):
        (folder / name).write_text("x")
    (folder / "20261122T204800.123456Z-clone.txt").write_bytes(b"caf\xe9\n")
    told = saved_reports()
    assert [(report.title, report.date, report.lines) for report in told] == [
        ("clone", "2026-11-22 20:48 UTC", ("caf\ufffd",))
    ]
    assert saved_reports() == told


def test_no_reports() -> None:
    assert saved_reports() == ()


def test_reports_are_written_into_a_new_folder(tmp_path: Path) -> None:
    snapshot = snapshot_report(stored("b" * 64, "my/name"))
    save_report("clone", ("cloned", "“well”"), {})
    folder = export_reports((*saved_reports(), snapshot), tmp_path / "drive")
    files = {path.name: path.read_text() for path in folder.iterdir()}
    assert len(files) == 2
    assert files["20261123T083000Z-backup-bbbbbbbbbbbb.txt"] == "OK after 10 s.\n"
    assert "cloned\n“well”\n" in files.values()
    assert folder != export_reports((snapshot,), tmp_path / "drive")


def test_a_place_that_takes_no_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RescueError, match="cannot be saved") as caught:
        export_reports((), tmp_path / "file")
    assert "another place" in caught.value.hint
