"""The script of a test is strict: otherwise a flow could ask for anything."""

import pytest

from rescue.errors import RescueError
from rescue.flows.front import START, Danger, Field, FieldKind, Form, Front, Option, Page, Pick, Row, Sheet
from tests.flows.fakes import BACK, FakeEngine, Step, confirm, fill, pick, pick_many, play, read, sheet

FRUIT = Pick(
    "Fruit",
    (Option(1, "Apple", key="a"), Option(2, "Pear"), Option(3, "Peach", refused="is rotten")),
    help="home",
)
TYPED = Danger("Wipe", ("OVERWRITE",), "/dev/sdb", "SDB")


def test_answers_come_in_order() -> None:
    got: list[object] = []

    async def flow(front: Front) -> None:
        one = await front.pick(FRUIT)
        several = await front.pick_many(FRUIT)
        typed = await front.confirm(TYPED)
        letter = await front.read(Page("End", (), (("v", "Verify"),)))
        none = await front.pick(FRUIT)
        got.extend([one, several, typed, letter, none])

    front = play(
        flow,
        pick("Fruit", "Pear"),
        pick_many("Fruit", "Apple", "Pear"),
        confirm("Wipe", "sdb"),
        confirm("Wipe", "SDB"),
        read("End", "v"),
        pick("Fruit", BACK),
    )
    assert got == [2, (1, 2), "SDB", "v", None]
    assert front.page().title == "End"


def test_a_form_stays_until_its_check_is_content() -> None:
    form = Form(
        "Share",
        (Field("host", "Host"), Field("kind", "Kind", FieldKind.CHOICE, "smb", choices=(("smb", "Windows"),))),
        help="place",
        check=lambda filled: None if filled["host"] == "nas" else "Nobody has that name.",
    )
    got: list[object] = []

    async def flow(front: Front) -> None:
        got.append(await front.fill(form))

    play(flow, fill("Share", {"host": "nsa"}, wrong="Nobody"), fill("Share", {"host": "nas"}))
    assert got == [{"host": "nas", "kind": "smb"}]
    with pytest.raises(AssertionError):
        play(flow, fill("Share", {"host": "nas"}, wrong="Nobody"))
    with pytest.raises(AssertionError):
        play(flow, fill("Share", {"host": "nsa"}))
    with pytest.raises(AssertionError, match="cannot be chosen"):
        play(flow, fill("Share", {"kind": "ftp"}))


@pytest.mark.parametrize(
    ("step", "told"),
    [
        (pick("Vegetables", "Apple"), "'Fruit' is asked"),
        (read("Fruit"), "'Fruit' is asked"),
        (pick("Fruit", "P"), "2 options begin"),
        (pick("Fruit", "Peach"), "is rotten"),
    ],
)
def test_another_question_fails(step: Step, told: str) -> None:
    async def flow(front: Front) -> None:
        await front.pick(FRUIT)

    with pytest.raises(AssertionError, match=told):
        play(flow, step)
    with pytest.raises(AssertionError, match="too many"):
        play(flow)
    with pytest.raises(AssertionError, match="never asked"):
        play(flow, pick("Fruit", BACK), pick("Fruit", BACK))


def test_a_sheet_that_is_not_complete_cannot_be_started() -> None:
    async def flow(front: Front) -> None:
        await front.sheet(Sheet("Back up", (Row("what", "w", "What", "", "choose"),), help="backup"))

    play(flow, sheet("Back up", "what"))
    with pytest.raises(AssertionError, match="no start"):
        play(flow, sheet("Back up", START))


def test_an_engine_fails_as_often_as_it_should() -> None:
    engine = FakeEngine(fails={"power_off": [RescueError("busy")]})
    with pytest.raises(RescueError, match="busy"):
        engine.power_off()
    engine.power_off()
    assert engine.calls == [("power_off", "now")]
