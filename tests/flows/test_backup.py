"""Back up: Enter starts the most likely backup; every line can change; what went wrong is said, and gone on from."""

from dataclasses import replace
from pathlib import Path

import pytest

from rescue.devices.model import Disk, FilesystemInfo, Inventory, Partition
from rescue.errors import RepositoryAccessError, RepositoryFullError, RescueError, SourceReadError, SourceRefusedError
from rescue.events import JobFailed, JobFinished, Outcome
from rescue.flows.backup import back_up, estimate, likely_draft, sheet, sources_question, tidy
from rescue.flows.front import START
from rescue.operations.prepare import BackupRequest
from rescue.plans.backup import BackupPlan
from tests.flows import values
from tests.flows.fakes import BACK, FakeEngine, fill, pick, pick_many, play, read, watch
from tests.flows.fakes import sheet as on_sheet
from tests.unit.plans import made_up

REPOSITORY = Path("/places/Drive sdb/rescue")
DONE = JobFinished("backup", Outcome.OK, {"verified": True})
PLAN = BackupPlan("name", str(REPOSITORY), (made_up.layout(),), 3, allow_bad=False, verify=True)


def system(name: str = "sda") -> Disk:
    """A disk with Debian."""
    disk = made_up.disk(name)
    return made_up.with_part(disk, replace(disk.partitions[1], system="Debian GNU/Linux 12"))


def machine(*disks: Disk, **more: object) -> FakeEngine:
    """A computer with a system disk, unless others are named, and a drive that holds backups."""
    drive = values.drive(repositories=(REPOSITORY,), directory=REPOSITORY.parent)
    engine = FakeEngine(Inventory(disks or (system(), made_up.disk("sdb"))), (drive,), plans={BackupRequest: PLAN})
    return replace(engine, **more)  # type: ignore[arg-type]


def test_enter_on_the_first_page_starts_the_backup_of_the_system() -> None:
    engine = machine()
    play(lambda front: back_up(front, engine), on_sheet("Back up", START), watch("Back up", DONE))
    (started,) = engine.started
    assert started.request == BackupRequest(("/dev/sda",), str(REPOSITORY), verify=True)
    assert started.agreed is None
    assert ("dismiss", started.title) in engine.calls


def test_what_a_system_needs_on_other_disks_is_chosen_too() -> None:
    raid = FilesystemInfo("linux_raid_member", uuid="one-array")
    first = made_up.with_part(system(), replace(system().partitions[0], filesystem=raid))
    second = made_up.disk("sdc")
    second = made_up.with_part(second, replace(second.partitions[1], filesystem=raid))
    draft = likely_draft(Inventory((first, made_up.disk("sdb"), second)), ())
    assert draft.sources == ("/dev/sda", "/dev/sdc2")


def test_the_boot_partition_on_another_disk_is_chosen_too() -> None:
    esp = "C12A7328-F81F-11D2-BA4B-00A0C93EC93B"
    other = made_up.disk("sdc")
    other = made_up.with_part(other, replace(other.partitions[0], type=esp))
    disk = replace(system(), table="gpt")
    assert likely_draft(Inventory((disk, other)), ()).sources == ("/dev/sda", "/dev/sdc1")
    own = made_up.with_part(disk, replace(disk.partitions[0], type=esp))
    assert likely_draft(Inventory((own, other)), ()).sources == ("/dev/sda",)


@pytest.mark.parametrize(
    ("places", "chosen"),
    [
        ((values.drive("/dev/sda1", repositories=(REPOSITORY,)),), None),
        ((values.drive(repositories=(REPOSITORY,), read_only=True),), None),
        ((values.drive("/dev/sdc1"), values.drive("/dev/sdb1", repositories=(REPOSITORY,))), "/dev/sdb1"),
        ((values.drive("/dev/sdc1"), values.drive("/dev/sdb1")), None),
        ((values.drive("/dev/sdc1"),), "/dev/sdc1"),
    ],
)
def test_the_drive_for_it_is_never_one_of_the_sources_and_never_guessed(places: tuple, chosen: str | None) -> None:  # type: ignore[type-arg]
    draft = likely_draft(Inventory((system(), made_up.disk("sdb"), made_up.disk("sdc"))), places)
    assert (draft.place.address if draft.place else None) == chosen


def test_without_a_place_nothing_can_be_started() -> None:
    page = sheet(likely_draft(Inventory((system(),)), ()), FakeEngine())
    assert (page.start, page.missing) == ("", "place")
    empty = sheet(likely_draft(Inventory(()), ()), FakeEngine())
    assert (empty.start, empty.missing, empty.estimate) == ("", "what", None)


def test_rows_change_the_command() -> None:
    engine = machine(system())
    play(
        lambda front: back_up(front, engine),
        on_sheet("Back up", "what"),
        pick_many("What to back up", "1: ext4"),
        on_sheet("Back up", "name"),
        fill("Name", {"name": "before"}),
        on_sheet("Back up", "note"),
        fill("Name", {"note": "new drive"}),
        on_sheet("Back up", "level"),
        pick("Compression", "fast"),
        on_sheet("Back up", "verify"),
        on_sheet("Back up", START),
        watch("Back up", DONE),
    )
    request = BackupRequest(("/dev/sda1",), str(REPOSITORY), "before", 1, note="new drive")
    assert engine.started[0].request == request


def test_going_back_changes_nothing() -> None:
    engine = machine()
    front = play(
        lambda front: back_up(front, engine),
        on_sheet("Back up", "what"),
        pick_many("What to back up"),
        on_sheet("Back up", "level"),
        pick("Compression", BACK),
        on_sheet("Back up", "name"),
        fill("Name", BACK),
        on_sheet("Back up", BACK),
    )
    sheets = [shown for shown in front.shown if type(shown).__name__ == "Sheet"]
    assert all(replace(each, estimate=None) == replace(sheets[0], estimate=None) for each in sheets)  # type: ignore[type-var]
    assert not engine.started


def test_a_disk_in_use_stands_beside_its_reason() -> None:
    busy = made_up.with_part(system(), made_up.used_by(system().partitions[0], made_up.MOUNTED))
    read_only = made_up.with_part(
        made_up.disk("sdb"), made_up.used_by(made_up.disk("sdb").partitions[0], made_up.MOUNTED_READ_ONLY)
    )
    options = sources_question(likely_draft(Inventory((busy, read_only)), ())).options
    refused = {option.value: option.refused for option in options}
    assert "mounted at /mnt" in refused["/dev/sda"]
    assert not refused["/dev/sdb"]


def test_a_whole_disk_holds_its_partitions() -> None:
    inventory = Inventory((made_up.disk("sda"), replace(made_up.disk("sdb"), partitions=())))
    assert tidy(inventory, ("/dev/sda", "/dev/sda1", "/dev/sdb")) == ("/dev/sda", "/dev/sdb")
    assert tidy(inventory, ("/dev/sda2", "/dev/sdb")) == ("/dev/sda2", "/dev/sdb")


def test_the_estimate_tells_size_time_and_room() -> None:
    draft = replace(likely_draft(machine().inventory, machine().there), verify=False)
    told = "\n".join(estimate(draft, machine()).lines)
    assert "2.0 MiB in use" in told or "MiB in use" in told
    assert "less than a minute" in told
    assert "100.0 GiB are free" in told
    small = replace(draft, place=values.drive(free=1, repositories=(REPOSITORY,)))
    assert "may not fit" in "\n".join(estimate(small, machine()).lines)


def test_the_estimate_tells_why_it_is_not_possible() -> None:
    engine = machine(fails={"prepare": [SourceRefusedError("It is in use.", hint="Unmount it.")]})
    told = estimate(likely_draft(engine.inventory, engine.there), engine)
    assert (told.problem, told.hint) == ("It is in use.", "Unmount it.")


def test_a_repository_is_made_where_there_is_none() -> None:
    engine = machine(there=(values.drive(),))
    play(lambda front: back_up(front, engine), on_sheet("Back up", START), watch("Back up", DONE))
    made = Path("/places/Drive sdb/rescue")
    assert ("make_repository", made.parent) in engine.calls
    assert engine.started[0].request == BackupRequest(("/dev/sda",), str(made), verify=True)


def test_a_drive_that_cannot_be_opened_is_told_and_nothing_starts() -> None:
    engine = machine(fails={"open_place": [RescueError("The drive is gone.", hint="Plug it in.")]})
    front = play(
        lambda front: back_up(front, engine),
        on_sheet("Back up", START),
        read("The backup did not start"),
        on_sheet("Back up", BACK),
    )
    assert front.page().lines == ("The drive is gone.", "Plug it in.")
    assert not engine.started


def failed(error: type[RescueError]) -> JobFailed:
    return JobFailed("It went wrong.", "A hint.", error.exit_code)


def test_after_the_drive_came_back_the_same_backup_goes_on() -> None:
    engine = machine()
    front = play(
        lambda front: back_up(front, engine),
        on_sheet("Back up", START),
        watch("Back up", failed(RepositoryAccessError), answer="g"),
        watch("Back up", DONE),
    )
    first, second = engine.started
    assert first.request == second.request
    assert [call for call in engine.calls if call[0] == "open_place"] == [("open_place", "/dev/sdb1")] * 2
    told = " ".join(front.closings[0].lines)
    assert "still connected" in told
    assert "Nothing on the source was changed" in told


def test_a_full_drive_leads_to_another_place() -> None:
    engine = machine()
    front = play(
        lambda front: back_up(front, engine),
        on_sheet("Back up", START),
        watch("Back up", failed(RepositoryFullError), answer="p"),
        on_sheet("Back up", BACK),
    )
    shown = [each for each in front.shown if type(each).__name__ == "Sheet"][-1]
    assert shown.missing == "place"  # type: ignore[attr-defined]


def test_bad_sectors_can_be_passed_on_request_only() -> None:
    engine = machine()
    play(
        lambda front: back_up(front, engine),
        on_sheet("Back up", START),
        watch("Back up", failed(SourceReadError), answer="a"),
        watch("Back up", JobFinished("backup", Outcome.PARTIAL, {})),
    )
    asked = [started.request.allow_bad for started in engine.started]  # type: ignore[union-attr]
    assert asked == [False, True]


def test_afterwards_the_drive_can_be_ejected() -> None:
    engine = machine()
    front = play(
        lambda front: back_up(front, engine),
        on_sheet("Back up", START),
        watch("Back up", DONE, answer="e"),
        read("Ready"),
    )
    assert ("close_place", "/dev/sdb1") in engine.calls
    assert "can be unplugged" in front.page().lines[0]


def test_a_partition_names_its_disk_and_number() -> None:
    part = Partition("/dev/sda3", 3, 0, 1 << 30)
    options = sources_question(likely_draft(Inventory((replace(system(), partitions=(part,)),)), ())).options
    assert [option.title.strip() for option in options][1].startswith("3: unknown content")
