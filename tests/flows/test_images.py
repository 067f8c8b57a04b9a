"""Browse images: what there is, one in detail, and nothing is deleted without its name."""

from dataclasses import replace
from pathlib import Path

import pytest

from rescue.devices.model import Inventory
from rescue.errors import IntegrityError, RepositoryLockedError
from rescue.events import JobFinished, Outcome
from rescue.flows.engine import Catalogue
from rescue.flows.front import Sheet
from rescue.flows.images import confirm_text, disk_lines, images, page
from rescue.flows.restore import Draft
from rescue.operations.commands import CheckRequest, VerifyRequest
from rescue.operations.prepare import RestoreRequest
from tests.flows import values
from tests.flows.conftest import Choose
from tests.flows.fakes import BACK, FakeEngine, FakeFront, Step, confirm, pick, play, read, sheet, watch
from tests.unit.plans import made_up

REPOSITORY = Path("/places/Drive sdb/rescue")
PLACE = values.drive(repositories=(REPOSITORY,), directory=REPOSITORY.parent)
NEW, OLD = values.stored("b" * 64, "tuesday"), values.stored("a" * 64, "monday", outcome=Outcome.PARTIAL)
MONDAY, TUESDAY = "2026-11-23 08:30 UTC  ! PARTIAL monday", "2026-11-23 08:30 UTC  + OK tuesday"
DONE = JobFinished("job", Outcome.OK, {})
LEAVE = pick("Images", BACK)


class Play:
    """A drive with two images; which ones were restored."""

    def __init__(self, *damaged: IntegrityError) -> None:
        found = Catalogue(REPOSITORY, (NEW, OLD), damaged, {OLD.id: "2026-11-24 10:00 UTC"})
        self.engine = FakeEngine(there=(PLACE,), catalogues={REPOSITORY: found})
        self.restored: list[Draft] = []

    async def restore(self, draft: Draft) -> None:
        self.restored.append(draft)

    def use(self, *script: Step) -> FakeFront:
        return play(lambda front: images(front, self.engine, self.restore), *script)


@pytest.fixture
def here(choose: Choose) -> Play:
    choose(PLACE)
    return Play()


def test_the_list_tells_what_is_there(here: Play) -> None:
    options = here.use(LEAVE).question().options
    assert [option.title for option in options] == [TUESDAY, MONDAY, "Check this repository"]
    told = " ".join(options[1].detail)
    for words in ("Old drive, 100.0 GiB", "25.5 GiB in use", "made on laptop", "read back on 2026-11-24 10:00 UTC"):
        assert words in told
    assert options[0].disk is not None
    assert options[0].disk.model == "Old drive"


def test_a_damaged_image_is_told_above(choose: Choose) -> None:
    choose(PLACE)
    front = Play(IntegrityError("The snapshot cccc is damaged.")).use(LEAVE)
    assert front.question().text == f"{REPOSITORY}\nThe snapshot cccc is damaged."


def test_no_image_yet(choose: Choose) -> None:
    choose(PLACE)
    here = Play()
    here.engine.catalogues = {}
    assert "holds no image yet" in here.use(LEAVE).question().text


def test_one_in_detail(here: Play) -> None:
    front = here.use(pick("Images", MONDAY), read("2026-11-23"), LEAVE)
    text = "\n".join(front.page().lines)
    for words in ("Id: aaaaaaaaaaaa", "Debian GNU/Linux 12", "p1: vfat “EFI”, 1.0 GiB, 512.0 MiB in use", "PARTIAL"):
        assert words in text
    assert front.page().answers == (("v", "Verify"), ("r", "Restore from here"), ("d", "Delete"))


def test_a_part_that_was_left_out_is_not_told_to_be_there() -> None:
    record = values.record()
    left_out = replace(record, regions=(replace(record.regions[0], included=False), record.regions[1]))
    lines = list(disk_lines(left_out))
    assert lines[0] == "Old drive, 100.0 GiB, Debian GNU/Linux 12"
    assert "not in this backup" in lines[1]
    assert "in use" not in lines[1]
    assert "25.0 GiB in use" in lines[2]


def test_verify(here: Play) -> None:
    here.use(pick("Images", TUESDAY), read("2026", "v"), watch("Verify tuesday", DONE), LEAVE)
    assert here.engine.started[0].request == VerifyRequest("b" * 12, str(REPOSITORY))


def test_restore_from_here(here: Play) -> None:
    disks = Inventory((made_up.disk(),))
    here.engine.inventory = disks
    here.use(pick("Images", MONDAY), read("2026", "r"), LEAVE)
    (draft,) = here.restored
    assert (draft.inventory, draft.stored) == (disks, OLD)
    assert draft.place == PLACE
    assert draft.request() == RestoreRequest(OLD.id[:12], None, 1, "", str(REPOSITORY))


def test_restore_is_the_flow_of_the_first_screen(here: Play) -> None:
    script = (pick("Images", MONDAY), read("2026", "r"), sheet("Restore", BACK), LEAVE)
    front = play(lambda front: images(front, here.engine), *script)
    shown = next(each for each in front.shown if isinstance(each, Sheet))
    assert (shown.missing, [row.problem for row in shown.rows if row.name == "place"]) == ("target", [""])


def test_check(here: Play) -> None:
    here.use(pick("Images", "Check"), pick("How thoroughly", "The structure"), watch("Check", DONE), LEAVE)
    assert here.engine.started[0].request == CheckRequest(str(REPOSITORY), read_data=False)


def test_its_name_deletes_an_image(here: Play) -> None:
    front = here.use(
        pick("Images", MONDAY),
        read("2026", "d"),
        confirm("Delete monday", "tuesday"),
        confirm("Delete monday", "yes"),
        confirm("Delete monday", "monday"),
        read("Deleted"),
        LEAVE,
    )
    assert here.engine.calls == [("open_place", PLACE.address), ("delete", REPOSITORY, OLD.id)]
    assert [option.title for option in front.question().options] == [TUESDAY, "Check this repository"]
    steps = " ".join(front.danger().steps)
    assert "DELETE the image “monday” of 2026-11-23 08:30 UTC." in steps
    assert "1 other images" in steps


def test_going_back_deletes_nothing(here: Play) -> None:
    here.use(pick("Images", MONDAY), read("2026", "d"), confirm("Delete", BACK), read("2026"), LEAVE)
    assert not [call for call in here.engine.calls if call[0] == "delete"]


def test_a_repository_in_use_is_told(here: Play) -> None:
    here.engine.fails = {"delete": [RepositoryLockedError("Another program works on it.", hint="Wait.")]}
    front = here.use(
        pick("Images", MONDAY), read("2026", "d"), confirm("Delete", "monday"), read("This is not possible"), LEAVE
    )
    assert front.page().lines == ("Another program works on it.", "Wait.")
    assert len(front.question().options) == 3


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("monday", "monday"),
        ("b", "a" * 12),
        ("?", "a" * 12),
        (" x y", "a" * 12),
        ("tab\there", "a" * 12),
        ("x y", "x y"),
    ],
)
def test_a_name_that_nobody_can_type_is_not_asked_for(name: str, typed: str) -> None:
    assert confirm_text(values.stored("a" * 64, name)) == typed


def test_no_place_and_no_repository(choose: Choose) -> None:
    choose(None)
    Play().use()
    choose(values.drive())
    Play().use(read("No backups here"))


def test_a_page_of_an_image_without_disks() -> None:
    assert page(values.stored(disks=()), None).lines
