"""Tools: what only reads starts at once, what overwrites wants the identity, and none of it happens by going back."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from uuid import UUID

import pytest

from rescue.devices.health import Health, State
from rescue.devices.model import Inventory
from rescue.errors import NoUndoError, RescueError
from rescue.events import JobFailed, JobFinished, Outcome, Touched
from rescue.flows.drives import disk_question, health_page, surface_closing, wipe_question
from rescue.flows.ending import Ending
from rescue.flows.engine import Agreed, Catalogue
from rescue.flows.front import Pick
from rescue.flows.tables import file_name, name_form
from rescue.flows.tools import menu, tools
from rescue.operations.commands import (
    CheckRequest,
    FormatRequest,
    Request,
    SurfaceRequest,
    TableRestoreRequest,
    TableSaveRequest,
    UndoRequest,
    VerifyRequest,
    WipeRequest,
)
from rescue.plans.write import WritePlan, plan_disk
from tests.flows import values
from tests.flows.conftest import Choose
from tests.flows.fakes import BACK, FakeEngine, FakeFront, Step, confirm, fill, pick, play, read, terminal, watch
from tests.unit.plans import made_up

REPOSITORY = Path("/places/Drive sdb/rescue")
PLACE = values.drive(repositories=(REPOSITORY,), directory=REPOSITORY.parent)
IMAGE = values.stored("a" * 64, "monday")
TARGET = made_up.disk("sda", serial="SERIAL-0042")
OTHER = made_up.disk("sdb", serial="OTHER-9999")
DISK = "Model, 64.0 MiB (/dev/sda)"
DONE = JobFinished("job", Outcome.OK, {})
LEAVE = pick("Tools", BACK)
ID = str(UUID(int=1))


def plan(job: str = "wipe") -> WritePlan:
    return plan_disk(job, "zeros", made_up.layout(), TARGET, before=("sda1: ext4",), verify=True)


def machine(**more: object) -> FakeEngine:
    """A computer with two disks; whatever overwrites the first one is planned."""
    plans: dict[type[Request], object] = {
        kind: plan() for kind in (WipeRequest, UndoRequest, TableRestoreRequest, FormatRequest)
    }
    catalogue = Catalogue(REPOSITORY, (IMAGE,), ())
    engine = FakeEngine(Inventory((TARGET, OTHER)), (PLACE,), {REPOSITORY: catalogue}, plans=plans)  # type: ignore[arg-type]
    return replace(engine, **more)  # type: ignore[arg-type]


def use(engine: FakeEngine, title: str, *script: Step) -> FakeFront:
    """Choose a tool, play, and leave the menu."""
    return play(lambda front: tools(front, engine), pick("Tools", title), *script, LEAVE)


def asked(front: FakeFront, title: str) -> Pick[object]:
    """The list with that title."""
    return next(each for each in front.shown if isinstance(each, Pick) and each.title == title)


def test_going_back_does_nothing() -> None:
    engine = machine()
    play(lambda front: tools(front, engine), LEAVE)
    assert (engine.calls, engine.started) == ([], [])


def test_what_overwrites_says_so() -> None:
    overwriting = {option.title for option in menu().options if "overwrites" in option.detail[0]}
    assert overwriting == {"Restore a partition table", "Format a backup drive", "Wipe a disk"}


def test_verify_an_image(choose: Choose) -> None:
    asked = choose(PLACE)
    engine = machine()
    front = use(engine, "Verify an image", pick("Which image", "2026-11-23 08:30 UTC"), watch("Verify monday", DONE))
    (started,) = engine.started
    assert started.request == VerifyRequest("a" * 12, str(REPOSITORY))
    assert started.agreed is None
    assert front.closings[0].headline == "Every byte of the image is as it was stored."
    assert asked == [False]


def test_a_verify_that_failed_is_tried_again(choose: Choose) -> None:
    choose(PLACE)
    engine = machine()
    lost = JobFailed("The drive is gone.", "", 35)
    front = use(
        engine,
        "Verify an image",
        pick("Which image", "2026"),
        watch("Verify monday", lost, answer="g"),
        watch("Verify monday", DONE),
    )
    assert ("again", "Verify monday") in engine.calls
    assert front.closings[0].headline == "This did not work."
    assert "Nothing was changed." in front.closings[0].lines


@pytest.mark.parametrize(
    ("answer", "read_data", "told"), [("The structure", False, "as far as"), ("Every byte", True, "every byte")]
)
def test_check_a_repository(choose: Choose, answer: str, read_data: bool, told: str) -> None:
    choose(PLACE)
    engine = machine()
    front = use(engine, "Check a repository", pick("How thoroughly", answer), watch("Check the repository", DONE))
    assert engine.started[0].request == CheckRequest(str(REPOSITORY), read_data)
    assert told in front.closings[0].headline


@pytest.mark.parametrize("tool", ["Verify an image", "Check a repository"])
def test_a_place_without_a_repository(choose: Choose, tool: str) -> None:
    choose(values.drive())
    front = use(machine(), tool, read("No backups here"))
    assert "There is no repository on" in front.page().lines[0]


@pytest.mark.parametrize("tool", ["Verify an image", "Check a repository", "Restore a partition table"])
def test_no_place(choose: Choose, tool: str) -> None:
    choose(None)
    engine = machine()
    use(engine, tool)
    assert engine.started == []


def test_the_health_of_a_drive() -> None:
    failing = Health(State.FAILING, "failing: 14 sectors lost", ("Replace it.",), 41, 9000, ("5 Reallocated 14",))
    engine = machine(healths={"/dev/sda": failing})
    front = use(engine, "Health", pick("Which drive", DISK), read("Health of Model"))
    assert front.page().lines == (
        "x failing: 14 sectors lost",
        "Replace it.",
        "41 °C, 9000 hours in use",
        "",
        "5 Reallocated 14",
    )
    assert front.page().search


def test_a_drive_that_tells_nothing() -> None:
    assert health_page(TARGET, None).lines == ("Nobody can tell: the drive, or the box that it is in, does not say.",)
    assert health_page(TARGET, Health(State.GOOD, "healthy")).lines == ("+ healthy",)


@pytest.mark.parametrize(
    ("outcome", "told"), [(Outcome.OK, "Every sector can be read."), (Outcome.PARTIAL, "Some sectors cannot be read.")]
)
def test_a_read_test(outcome: Outcome, told: str) -> None:
    engine = machine()
    front = use(
        engine,
        "Read test",
        pick("Which drive", DISK),
        watch("Read test of Model", JobFinished("surface", outcome, {})),
    )
    assert engine.started[0].request == SurfaceRequest("/dev/sda")
    assert engine.started[0].agreed is None
    assert front.closings[0].headline == told


def test_a_read_test_that_did_not_end() -> None:
    closing = surface_closing(Ending(values.job(), (), (), None, JobFailed("Stopped.", "", 130)))
    assert closing.headline == "This did not work."
    assert ("g", "Try again") in closing.answers


OVERWRITING: list[tuple[str, tuple[Step, ...], Request, str, str]] = [
    (
        "Undo the last write",
        (),
        UndoRequest("/dev/sda"),
        "Undo the last write on Model",
        "Partition table and headers are back.",
    ),
    (
        "Format a backup drive",
        (pick("Which file system", "ext4"),),
        FormatRequest("/dev/sda", disk_id=ID),
        "Format Model",
        "The drive is ready for backups.",
    ),
    (
        "Wipe a disk",
        (pick("How thoroughly", "Quick"),),
        WipeRequest("/dev/sda", quick=True),
        "Wipe Model",
        "The disk looks empty.",
    ),
    (
        "Wipe a disk",
        (pick("How thoroughly", "Everything"),),
        WipeRequest("/dev/sda", quick=False),
        "Wipe Model",
        "The disk is wiped.",
    ),
]


@pytest.mark.parametrize(("tool", "between", "request_", "title", "told"), OVERWRITING)
def test_what_overwrites_wants_the_identity(
    tool: str, between: tuple[Step, ...], request_: Request, title: str, told: str
) -> None:
    engine = machine()
    script = (pick("Where to", DISK), *between)
    front = use(engine, tool, *script, confirm(title, "9999"), confirm(title, "0042"), watch(title, DONE))
    (started,) = engine.started
    given = started.request
    assert (replace(given, disk_id=ID) if isinstance(given, FormatRequest) else given) == request_
    assert started.agreed == Agreed("SERIAL-0042", plan().digest())
    assert front.danger().steps == plan().describe()
    assert front.closings[0].headline == told


@pytest.mark.parametrize(("tool", "between", "request_", "title", "told"), OVERWRITING)
def test_nothing_is_overwritten_by_going_back(
    tool: str, between: tuple[Step, ...], request_: Request, title: str, told: str
) -> None:
    del request_, told
    engine = machine()
    use(engine, tool, pick("Where to", BACK))
    use(engine, tool, pick("Where to", DISK), *between, confirm(title, BACK))
    for step in between:
        use(engine, tool, pick("Where to", DISK), replace(step, answer=BACK))
    assert engine.started == []
    assert engine.calls == []


def test_a_write_that_failed_tells_the_state_of_the_target() -> None:
    broken = JobFailed("The disk does not take the data.", "", 21)
    script = (pick("Where to", DISK), pick("How", "Quick"), confirm("Wipe", "0042"))
    front = use(machine(), "Wipe a disk", *script, watch("Wipe", Touched("/dev/sda"), broken))
    assert front.closings[0].headline == "This did not work."
    assert any("not usable" in line for line in front.closings[0].lines)


def test_refusals_stand_beside_the_disk() -> None:
    engine = machine(refused={"/dev/sda": "There is no undo kit for /dev/sda."})
    front = use(engine, "Undo", pick("Where to", BACK))
    found = asked(front, "Where to").options
    assert [option.refused for option in found] == ["There is no undo kit for /dev/sda.", ""]


def test_what_is_not_possible_is_told_and_the_menu_comes_back() -> None:
    engine = machine(fails={"prepare": [NoUndoError("There is no undo kit.", hint="None was made.")]})
    front = use(engine, "Undo", pick("Where to", DISK), read("This is not possible"))
    assert front.page().lines == ("There is no undo kit.", "None was made.")
    engine = machine(fails={"look": [RescueError("No udev.")]})
    use(engine, "Wipe", read("This is not possible"))


def test_the_partition_table_goes_into_a_file(choose: Choose) -> None:
    asked = choose(PLACE)
    engine = machine()
    front = use(
        engine,
        "Save a partition table",
        pick("Whose", DISK),
        fill("Save as", {"name": "table"}, wrong="ends with .json"),
        fill("Save as", {"name": "sda.json"}),
        watch("Save the partition table", DONE),
    )
    assert engine.started[0].request == TableSaveRequest("/dev/sda", "/places/Drive sdb/sda.json")
    assert front.closings[0].headline == "The table is in /places/Drive sdb/sda.json."
    assert asked == [True]


@pytest.mark.parametrize("name", ["", "a/b.json", "../x.json", ".json", "a\n.json", "a.txt"])
def test_a_name_that_is_no_file(name: str) -> None:
    form = name_form("x.json", Path("/places"))
    assert form.check is not None
    assert form.check({"name": name})
    assert form.check({"name": "x.json"}) is None


def test_a_file_name_tells_disk_and_day() -> None:
    now = datetime(2026, 11, 25, 2, 5)  # noqa: DTZ001 - as it is shown
    assert file_name(replace(TARGET, model="WD / 1,0 ß"), now) == "table-WD-1-0-SERIAL-0042-20261125-0205.json"


def test_an_unreadable_disk_has_no_table_to_save() -> None:
    found = disk_question(Inventory((replace(TARGET, readable=False), OTHER)), "Which", "", readable=True)
    assert [bool(option.refused) for option in found.options] == [True, False]


def test_a_partition_table_comes_back_from_a_file(choose: Choose) -> None:
    choose(PLACE)
    engine = machine(tables=(Path("/places/Drive sdb/new.json"), Path("/places/Drive sdb/old.json")))
    title = "Put the partition table of old.json on Model"
    front = use(
        engine,
        "Restore a partition table",
        pick("Which partition table", "old.json"),
        pick("Where to", DISK),
        confirm(title, "0042"),
        watch(title, DONE),
    )
    assert engine.started[0].request == TableRestoreRequest("/places/Drive sdb/old.json", "/dev/sda")
    assert engine.started[0].agreed == Agreed("SERIAL-0042", plan().digest())
    assert front.closings[0].headline == "The partition table is written."


def test_no_partition_table_is_there(choose: Choose) -> None:
    choose(PLACE)
    front = use(machine(), "Restore a partition table", pick("Which partition table", BACK))
    assert asked(front, "Which partition table").empty == "There is no saved partition table in /places/Drive sdb."


def test_what_is_formatted_has_the_id_that_was_shown() -> None:
    engine = machine()
    script = (pick("Where to", DISK), pick("Which file system", "exFAT"), confirm("Format Model", "0042"))
    front = use(engine, "Format a backup drive", *script, watch("Format Model", DONE))
    request = engine.started[0].request
    assert isinstance(request, FormatRequest)
    assert (request.target, request.filesystem) == ("/dev/sda", "exfat")
    assert str(UUID(request.disk_id)) == request.disk_id
    assert request.disk_id in front.danger().command[0]


def test_a_flash_drive_is_told_to_keep_something() -> None:
    told = [" ".join(option.detail) for option in wipe_question(replace(TARGET, rotational=False)).options]
    assert "spare sectors" in told[1]
    told = [" ".join(option.detail) for option in wipe_question(replace(TARGET, rotational=True)).options]
    assert "spare sectors" not in told[1]
    assert "can bring them back" in told[0]


def test_a_shell() -> None:
    engine = machine()
    use(engine, "Shell", terminal())
    assert engine.calls == [("shell", "opened")]
