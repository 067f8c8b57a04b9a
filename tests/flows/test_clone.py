"""Clone: the source is the disk with the system; the target is picked, and its identity typed."""

from dataclasses import replace

from rescue.devices.model import Inventory
from rescue.events import JobFinished, Outcome
from rescue.flows.clone import Draft, clone, source_question
from rescue.flows.front import START
from rescue.operations.prepare import CloneRequest
from rescue.plans.write import plan_disk
from tests.flows.fakes import BACK, FakeEngine, confirm, pick, play, watch
from tests.flows.fakes import sheet as on_sheet
from tests.unit.plans import made_up

SYSTEM = made_up.with_part(
    made_up.disk("sda"), replace(made_up.disk("sda").partitions[0], system="Debian GNU/Linux 12")
)
TARGET = replace(made_up.disk("sdb", serial="SERIAL-0042"), partitions=())
PLAN = plan_disk("clone", "/dev/sda", made_up.layout(), TARGET, before=(), verify=True)
TO_TARGET = "Model, 64.0 MiB (/dev/sdb)"


def machine(**more: object) -> FakeEngine:
    engine = FakeEngine(Inventory((SYSTEM, TARGET)), plans={CloneRequest: PLAN})
    return replace(engine, **more)  # type: ignore[arg-type]


def test_the_whole_road() -> None:
    engine = machine()
    front = play(
        lambda front: clone(front, engine),
        on_sheet("Clone", "target"),
        pick("Where to", TO_TARGET),
        on_sheet("Clone", START),
        confirm("Clone", "0042"),
        watch("Clone", JobFinished("clone", Outcome.OK, {"verified": True})),
    )
    (started,) = engine.started
    assert started.request == CloneRequest("/dev/sda", "/dev/sdb")
    assert started.agreed is not None
    assert started.agreed.digest == PLAN.digest()
    assert front.closings[0].headline == "The disk is written."


def test_another_source_forgets_the_target() -> None:
    engine = machine(inventory=Inventory((replace(SYSTEM, partitions=()), TARGET)))
    front = play(
        lambda front: clone(front, engine),
        on_sheet("Clone", "source"),
        pick("What to clone", "Whole disk: Model, 64.0 MiB (/dev/sda)"),
        on_sheet("Clone", "target"),
        pick("Where to", TO_TARGET),
        on_sheet("Clone", "source"),
        pick("What to clone", "Whole disk: Model, 64.0 MiB (/dev/sdb)"),
        on_sheet("Clone", BACK),
    )
    sheets = [shown for shown in front.shown if type(shown).__name__ == "Sheet"]
    assert [each.missing for each in sheets] == ["source", "target", "", "target"]  # type: ignore[attr-defined]


def test_going_on_past_bad_sectors_is_asked_for() -> None:
    engine = machine()
    play(
        lambda front: clone(front, engine),
        on_sheet("Clone", "target"),
        pick("Where to", TO_TARGET),
        on_sheet("Clone", "bad"),
        on_sheet("Clone", "verify"),
        on_sheet("Clone", START),
        confirm("Clone", "0042"),
        watch("Clone", JobFinished("clone", Outcome.PARTIAL, {})),
    )
    assert engine.started[0].request == CloneRequest("/dev/sda", "/dev/sdb", allow_bad=True, verify=False)


def test_a_source_in_use_stands_beside_its_reason() -> None:
    busy = made_up.with_part(SYSTEM, made_up.used_by(SYSTEM.partitions[0], made_up.SWAP))
    options = source_question(Draft(Inventory((busy, TARGET)))).options
    refused = {option.value: option.refused for option in options}
    assert "active swap space" in refused["/dev/sda"]
    assert not refused["/dev/sdb"]
