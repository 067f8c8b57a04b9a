"""A drive that takes long for each bad sector costs minutes, not days, and what was left out is told as such."""

import errno
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rescue.cancel import CancelToken
from rescue.devices.blockdev import BlockDevice
from rescue.devices.model import Disk, Identity, Inventory
from rescue.errors import CancelledError, SourceReadError
from rescue.events import Event, JobFinished, JobStarted, Meter, Note, Outcome, Progress, RegionFinished
from rescue.operations import surface
from rescue.operations.commands import SurfaceRequest
from rescue.operations.surface import run_surface
from rescue.units import GiB, KiB, MiB

SIZE = 2 * GiB
BAD = 100 * MiB
Lost = Callable[[int, int], bool]


class Clock:
    """Time that passes only where a drive takes it."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


class Drive(BlockDevice):
    """A drive without bytes: a read takes `quick` seconds or, where it touches bad bytes, `slow` ones, and fails."""

    clock = Clock()
    bad: tuple[int, int] = (0, 0)
    quick = 1 / 64
    slow = 20.0

    def pread_into(self, buffer: memoryview, offset: int) -> int:
        failing = offset < self.bad[1] and offset + len(buffer) > self.bad[0]
        self.clock.now += self.slow if failing else self.quick
        if failing:
            raise OSError(errno.EIO, "Input/output error", self.path)
        return len(buffer)


@pytest.fixture
def drive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Drive]:
    """The only disk of this machine, without a table, on a clock of its own."""
    path = tmp_path / "disk"
    path.touch()
    os.truncate(path, SIZE)
    device = Drive(str(path), os.open(path, os.O_RDONLY))
    device.clock = Clock()
    monkeypatch.setattr(Meter, "INTERVAL_SECONDS", 0.0)
    who = Identity(None, "S1", None, None, SIZE)
    disk = Disk(str(path), "Model", who, "S1", "ata", 512, 4096, False, False, True)
    monkeypatch.setattr(surface, "look", lambda: Inventory((disk,)))
    monkeypatch.setattr(BlockDevice, "open", lambda path: device)  # noqa: ARG005
    for module in ("rescue.operations.surface", "rescue.operations.surface_report", "rescue.images.device"):
        monkeypatch.setattr(f"{module}.time", device.clock)
    yield device
    device.close()


def run(drive: Drive, start: int = 0) -> tuple[Outcome, list[Event]]:
    drive.clock.now = began = 1000.0
    seen: list[Event] = []
    outcome = run_surface(SurfaceRequest(drive.path, start), sink=seen.append, cancel=CancelToken())
    assert drive.clock.now > began
    return outcome, seen


def result(events: list[Event]) -> dict[str, object]:
    finished = events[-1]
    assert isinstance(finished, JobFinished)
    return finished.detail


def test_a_good_drive(drive: Drive) -> None:
    outcome, seen = run(drive)
    detail = result(seen)
    assert outcome is Outcome.OK
    assert (detail["read_bytes"], detail["slow_reads"], detail["unreadable"]) == (SIZE, 0, [])
    assert detail["lines"] == [
        "  disk raw: OK",
        "2.0 GiB read in 32 s, 64.0 MiB a second.",
        "OK. Every sector can be read.",
    ]
    assert [event.done for event in seen if isinstance(event, Progress)][-1] == SIZE


def test_one_bad_sector_costs_itself_and_nothing_around_it(drive: Drive) -> None:
    drive.bad = (BAD + 5 * 512, BAD + 6 * 512)
    outcome, seen = run(drive)
    detail = result(seen)
    assert outcome is Outcome.PARTIAL
    assert (detail["unreadable"], detail["untried"]) == ([[BAD, 4 * KiB]], [])
    assert detail["read_bytes"] == SIZE - 4 * KiB
    assert detail["slow_reads"] == 0
    (region,) = [event for event in seen if isinstance(event, RegionFinished)]
    assert region.reasons == (f"Bytes {BAD} to {BAD + 4095} (sectors 204800 to 204807) cannot be read.",)


def test_a_bad_stretch_of_a_gigabyte_takes_minutes(drive: Drive) -> None:
    """With 20 seconds a failed read it were two months."""
    drive.bad = (BAD, BAD + GiB)
    outcome, seen = run(drive)
    detail = result(seen)
    assert outcome is Outcome.PARTIAL
    assert drive.clock.now - 1000 < 30 * 60
    unreadable, untried = detail["unreadable_bytes"], detail["untried_bytes"]
    assert isinstance(unreadable, int)
    assert isinstance(untried, int)
    assert 0 < unreadable < 1 * MiB
    assert detail["read_bytes"] == SIZE - unreadable - untried
    assert GiB <= unreadable + untried <= GiB + 256 * MiB
    (region,) = [event for event in seen if isinstance(event, RegionFinished)]
    assert region.reasons[-1] == f"{untried} bytes were left out, because the drive took too long there."
    lines = detail["lines"]
    assert isinstance(lines, list)
    assert lines[-1].startswith(f"PARTIAL. {unreadable + untried} bytes cannot be read.")


def test_where_it_reads_again_nothing_more_is_left_out(drive: Drive) -> None:
    """The jump after a bad stretch is short when the one before was long ago."""
    drive.bad = (BAD, BAD + MiB)
    detail = result(run(drive)[1])
    assert detail["untried_bytes"] == 2 * MiB - 8 * KiB
    assert detail["read_bytes"] == SIZE - 2 * MiB


def test_slow_reads_are_counted(drive: Drive) -> None:
    drive.quick = 1.5
    outcome, seen = run(drive, SIZE - 3 * MiB)
    detail = result(seen)
    assert outcome is Outcome.OK
    assert (detail["slow_reads"], detail["slow"]) == (3, [[SIZE - 3 * MiB, 3 * MiB]])
    lines = detail["lines"]
    assert isinstance(lines, list)
    assert "      The drive is slow in 3.0 MiB of it." in lines
    assert "3 reads took longer than a second." in lines


@pytest.mark.parametrize("start", [0, 512, MiB + 1536, SIZE - 512, SIZE - 100])
def test_from_any_byte(drive: Drive, start: int) -> None:
    detail = result(run(drive, start)[1])
    first = start - start % 512
    assert (detail["start"], detail["read_bytes"], detail["tested_to"]) == (first, SIZE - first, SIZE)


def test_stopped_in_the_middle(drive: Drive) -> None:
    """Its words go on exactly where it stopped, and the report tells it."""
    cancel, seen = CancelToken(), list[Event]()

    def stop(event: Event) -> None:
        seen.append(event)
        if isinstance(event, Progress) and event.done >= 7 * MiB:
            cancel.cancel()

    with pytest.raises(CancelledError) as caught:
        run_surface(SurfaceRequest(drive.path), sink=stop, cancel=cancel)
    (position,) = [event.done for event in seen if isinstance(event, Progress)][-1:]
    assert caught.value.hint == f"`rescue surface {drive.path} --from {position}` goes on there."
    notes = [event.text for event in seen if isinstance(event, Note)]
    assert notes[0] == f"Tested up to byte {position} of {SIZE}."
    assert (
        f"Tested up to byte {position}" in Path(notes[1].removeprefix("The report is ").removesuffix(".")).read_text()
    )
    assert not [event for event in seen if isinstance(event, JobFinished)]


def test_a_drive_that_gives_nothing_any_more_is_gone(drive: Drive) -> None:
    seen: list[Event] = []

    def die(event: Event) -> None:
        seen.append(event)
        if isinstance(event, Progress):
            drive.bad = (0, SIZE)

    with pytest.raises(SourceReadError, match="is gone"):
        run_surface(SurfaceRequest(drive.path), sink=die, cancel=CancelToken())
    assert isinstance(seen[0], JobStarted)
    assert drive.clock.now < 1200
