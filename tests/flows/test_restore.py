"""Restore: from a place over an image to a target; nothing is written without the typed identity."""

from dataclasses import replace
from pathlib import Path

import pytest

from rescue.devices.model import Inventory
from rescue.errors import IntegrityError, RescueError, TargetRefusedError
from rescue.events import JobFailed, JobFinished, Outcome, Touched
from rescue.flows.engine import Agreed, Catalogue
from rescue.flows.front import START
from rescue.flows.restore import Draft, estimate, image_question, restore, sheet, what_question
from rescue.operations.prepare import RestoreRequest
from rescue.plans.write import WritePlan, plan_disk
from tests.flows import values
from tests.flows.fakes import BACK, FakeEngine, confirm, pick, play, read, watch
from tests.flows.fakes import sheet as on_sheet
from tests.unit.plans import made_up

REPOSITORY = Path("/places/Drive sdb/rescue")
NEW, OLD = values.stored("b" * 64, "tuesday"), values.stored("a" * 64, "monday")
TARGET = replace(made_up.disk("sda", serial="SERIAL-0042"), partitions=())
OTHER = replace(made_up.disk("sdb", serial="OTHER-9999"), partitions=())
DONE = JobFinished("restore", Outcome.OK, {"verified": True})


def plan() -> WritePlan:
    return plan_disk("restore", "snapshot", made_up.layout(), TARGET, before=("sda1: ext4",), verify=True)


def machine(**more: object) -> FakeEngine:
    """A computer with a target, and a drive that is open and holds two images."""
    drive = values.drive(repositories=(REPOSITORY,), directory=REPOSITORY.parent)
    catalogue = Catalogue(REPOSITORY, (NEW, OLD), (), {OLD.id: "2026-11-24 10:00 UTC"})
    engine = FakeEngine(Inventory((TARGET, OTHER)), (drive,), {REPOSITORY: catalogue}, plans={RestoreRequest: plan()})
    return replace(engine, **more)  # type: ignore[arg-type]


def test_the_whole_road() -> None:
    engine = machine()
    front = play(
        lambda front: restore(front, engine),
        on_sheet("Restore", "target"),
        pick("Where to", "Model, 64.0 MiB (/dev/sda)"),
        on_sheet("Restore", START),
        confirm("Restore", "0042"),
        watch("Restore", DONE),
    )
    (started,) = engine.started
    assert started.request == RestoreRequest(NEW.id[:12], None, 1, "/dev/sda", str(REPOSITORY))
    assert started.agreed == Agreed("SERIAL-0042", plan().digest())
    assert front.danger().steps == plan().describe()
    assert [picture.disk.path for picture in front.danger().pictures] == ["/dev/sda", "/dev/sda"]


def test_the_end_of_the_serial_is_typed_and_grows_until_it_is_the_only_one() -> None:
    twin = replace(OTHER, confirm="XX-0042")
    engine = machine(inventory=Inventory((TARGET, twin)))
    front = play(
        lambda front: restore(front, engine),
        on_sheet("Restore", "target"),
        pick("Where to", "Model, 64.0 MiB (/dev/sda)"),
        on_sheet("Restore", START),
        confirm("Restore", BACK),
        on_sheet("Restore", BACK),
    )
    assert front.danger().confirm == "L-0042"
    assert not engine.started


@pytest.mark.parametrize("typed", ["", "y", "yes", "9999", "OTHER-9999", "0042 0042"])
def test_a_wrong_text_starts_nothing(typed: str) -> None:
    engine = machine()
    play(
        lambda front: restore(front, engine),
        on_sheet("Restore", "target"),
        pick("Where to", "Model, 64.0 MiB (/dev/sda)"),
        on_sheet("Restore", START),
        confirm("Restore", typed),
        confirm("Restore", BACK),
        on_sheet("Restore", BACK),
    )
    assert not engine.started


def test_what_cannot_be_a_target_stands_beside_its_reason() -> None:
    engine = machine(refused={"/dev/sda": "It is too small: 3 GiB are missing."})
    front = play(
        lambda front: restore(front, engine),
        on_sheet("Restore", "target"),
        pick("Where to", BACK),
        on_sheet("Restore", BACK),
    )
    refused = {option.value: option.refused for option in front.question().options}
    assert refused == {"/dev/sda": "It is too small: 3 GiB are missing.", "/dev/sdb": ""}


def test_one_partition_goes_into_a_partition() -> None:
    engine = machine(inventory=Inventory((made_up.disk("sda"),)))
    play(
        lambda front: restore(front, engine),
        on_sheet("Restore", "what"),
        pick("What to restore", "p2: ext4"),
        pick("Where to", "/dev/sda2"),
        on_sheet("Restore", BACK),
    )
    draft = Draft(engine.inventory, None, engine.catalogues[REPOSITORY], NEW, 1, "p2", "/dev/sda2")
    assert draft.request() == RestoreRequest(NEW.id[:12], "p2", 1, "/dev/sda2", str(REPOSITORY))


def test_only_the_table() -> None:
    engine = machine()
    draft = Draft(engine.inventory, None, engine.catalogues[REPOSITORY], NEW, 1, "table", "/dev/sda")
    assert draft.request().table_only
    assert "only the partition table" in [row.value for row in sheet(draft, engine).rows]


def test_another_image_forgets_the_target() -> None:
    engine = machine()
    front = play(
        lambda front: restore(front, engine),
        on_sheet("Restore", "target"),
        pick("Where to", "Model, 64.0 MiB (/dev/sda)"),
        on_sheet("Restore", "image"),
        pick("Which image", "2026-11-23 08:30 UTC  + OK monday"),
        pick("Where to", BACK),
        on_sheet("Restore", BACK),
    )
    last = [shown for shown in front.shown if type(shown).__name__ == "Sheet"][-1]
    assert last.missing == "target"  # type: ignore[attr-defined]


def test_images_tell_when_they_were_read_back_and_damaged_ones_are_told() -> None:
    catalogue = Catalogue(REPOSITORY, (NEW, OLD), (IntegrityError("Snapshot c is damaged."),), {OLD.id: "a day"})
    question = image_question(Draft(Inventory(()), catalogue=catalogue))
    assert ["read back on a day" in " ".join(option.detail) for option in question.options] == [False, True]
    assert "never read back" in " ".join(question.options[0].detail)
    assert question.text == "Snapshot c is damaged."


def test_a_partition_that_was_not_chosen_is_refused() -> None:
    record = values.record()
    record = replace(record, regions=(replace(record.regions[0], included=False), record.regions[1]))
    stored = values.stored(disks=(record,))
    options = what_question(Draft(Inventory(()), stored=stored)).options
    assert [bool(option.refused) for option in options] == [False, True, False, False]


def test_no_repository_on_the_drive() -> None:
    engine = machine(there=(values.drive(repositories=(REPOSITORY,), directory=REPOSITORY.parent),))
    engine.fails["catalogue"] = [IntegrityError("The index is damaged.", hint="Check it.")]
    front = play(lambda front: restore(front, engine), read("This place cannot be used"), on_sheet("Restore", BACK))
    assert front.page().lines == ("The index is damaged.", "Check it.")


def test_a_plan_that_is_refused_at_the_last_moment_writes_nothing() -> None:
    engine = machine()
    front = play(
        lambda front: restore(front, engine),
        on_sheet("Restore", "target"),
        pick("Where to", "Model, 64.0 MiB (/dev/sda)"),
        on_sheet("Restore", START),
        confirm("Restore", BACK),
        on_sheet("Restore", BACK),
    )
    engine.fails["prepare"] = [TargetRefusedError("It is mounted.", hint="Unmount it.")]
    play(
        lambda front: restore(front, engine),
        on_sheet("Restore", "target"),
        pick("Where to", "Model, 64.0 MiB (/dev/sda)"),
        on_sheet("Restore", START),
        read("This is not possible"),
        on_sheet("Restore", BACK),
    )
    assert front.danger().title.startswith("Restore tuesday to Model")
    assert not engine.started


def test_the_estimate_shows_before_and_after() -> None:
    engine = machine()
    draft = Draft(engine.inventory, None, engine.catalogues[REPOSITORY], NEW, target="/dev/sda")
    found = estimate(draft, engine)
    before, after = found.pictures
    assert before.disk == TARGET
    assert [part.filesystem.type for part in after.disk.partitions if part.filesystem] == ["ext4", "ext4"]
    engine.fails["prepare"] = [RescueError("Too small.", hint="Use another.")]
    assert estimate(draft, engine).problem == "Too small."


def test_an_interrupted_target_is_called_what_it_is() -> None:
    engine = machine()
    front = play(
        lambda front: restore(front, engine),
        on_sheet("Restore", "target"),
        pick("Where to", "Model, 64.0 MiB (/dev/sda)"),
        on_sheet("Restore", START),
        confirm("Restore", "0042"),
        watch("Restore", Touched("/dev/sda"), JobFailed("The target is gone.", "", 21), answer="g"),
        confirm("Restore", "0042"),
        watch("Restore", JobFailed("It is mounted.", "Unmount it.", 15)),
    )
    broken, untouched = (" ".join(closing.lines) for closing in front.closings)
    assert "not usable" in broken
    assert "Undo" in broken
    assert "Nothing was written" in untouched
