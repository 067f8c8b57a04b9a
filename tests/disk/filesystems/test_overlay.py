"""The throw-away overlay: the source keeps its bytes, and nothing is left, however the block ends."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from rescue.cancel import CancelToken
from rescue.errors import CancelledError, ToolError
from rescue.filesystems import check, used_map
from rescue.filesystems.model import Bench
from rescue.filesystems.overlay import overlay
from rescue.units import MiB
from tests.disk.filesystems import trees
from tests.disk.filesystems.crash import crash
from tests.disk.filesystems.proof import blank, mounted, overwrite, run
from tests.samples.loop import attached

pytestmark = pytest.mark.disk


@contextmanager
def nothing_left(scratch: Path, source: Path) -> Iterator[None]:
    """No file, no mount, no loop device, no daemon of this scratch directory; the source has its bytes."""
    before = digest(source)
    yield
    assert list(scratch.iterdir()) == []
    assert str(scratch) not in Path("/proc/self/mountinfo").read_text()
    assert str(scratch) not in run("losetup", "--list", "--output", "BACK-FILE")
    assert not [command for command in commands() if str(scratch) in command]
    assert digest(source) == before


def commands() -> Iterator[str]:
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            yield path.read_text(errors="replace")
        except OSError:
            continue


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    path = tmp_path / "scratch"
    path.mkdir()
    return path


@pytest.fixture
def source(tmp_path: Path) -> Path:
    image = blank(tmp_path / "source.img", 16 * MiB)
    overwrite(image, 5 * MiB, b"the source's own bytes")
    return image


def test_writes_go_to_the_overlay(source: Path, scratch: Path) -> None:
    with nothing_left(scratch, source), overlay(str(source), 16 * MiB, Bench(scratch)) as device:
        assert Path(device).read_bytes() == source.read_bytes()
        overwrite(Path(device), 5 * MiB, b"THE")
        assert Path(device).read_bytes()[5 * MiB :].startswith(b"THE source")


@pytest.mark.parametrize("sector_size", [512, 4096])
def test_source_may_be_a_read_only_device(sector_size: int, source: Path, scratch: Path) -> None:
    with (
        attached(source, sector_size=sector_size, read_only=True) as disk,
        nothing_left(scratch, source),
        overlay(disk, 16 * MiB, Bench(scratch)) as device,
    ):
        overwrite(Path(device), 5 * MiB, b"THE")


def test_failure_inside_leaves_nothing(source: Path, scratch: Path) -> None:
    with nothing_left(scratch, source), pytest.raises(RuntimeError, match="inside"):
        fail_inside(source, scratch)


def fail_inside(source: Path, scratch: Path) -> None:
    with overlay(str(source), 16 * MiB, Bench(scratch)):
        raise RuntimeError("inside")


def test_missing_source_is_told(source: Path, scratch: Path) -> None:
    with (
        nothing_left(scratch, source),
        pytest.raises(ToolError, match="does not start"),
        overlay(str(scratch / "nowhere"), 16 * MiB, Bench(scratch)),
    ):
        pytest.fail("no overlay of nothing")


@pytest.mark.parametrize("fstype", ["ext4", "xfs"])
def test_crashed_device_is_measured_and_checked_without_a_write(fstype: str, tmp_path: Path, scratch: Path) -> None:
    image = crashed(tmp_path, fstype)
    with attached(image, read_only=True) as device, nothing_left(scratch, image):
        result = used_map(device, image.stat().st_size, fstype, scratch=scratch)
        assert result.raw_reason is None
        assert "replay" in result.method
        verdict = check(device, fstype, scratch=scratch)
        assert verdict.clean, verdict.text
        assert verdict.replayed


def crashed(directory: Path, fstype: str) -> Path:
    image = blank(directory / "volume.img", 310 * MiB)
    run(f"mkfs.{fstype}", "-q", str(image))
    with mounted(image) as root:
        trees.plant(root)
    crash(image, orphan=False)
    return image


class CancelledOnceOpen(CancelToken):
    """Cancels itself when an overlay is there, however fast the machine."""

    def __init__(self, scratch: Path) -> None:
        super().__init__()
        self.scratch = scratch

    def raise_if_cancelled(self) -> None:
        if any(self.scratch.glob("overlay-*/disk")):
            self.cancel()
        super().raise_if_cancelled()


def test_cancel_ends_at_once_and_leaves_nothing(tmp_path: Path, scratch: Path) -> None:
    image = crashed(tmp_path, "xfs")
    token = CancelledOnceOpen(scratch)
    with nothing_left(scratch, image), pytest.raises(CancelledError):
        used_map(str(image), image.stat().st_size, "xfs", scratch=scratch, cancel=token)
    assert token.cancelled
