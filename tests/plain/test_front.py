"""Questions as lines: only what a prompt names is an answer, and nothing is ever done by an empty line or the end."""

import asyncio
import io
import threading
from collections.abc import Awaitable, Callable

import pytest

from rescue.errors import RescueError
from rescue.flows.front import (
    START,
    Danger,
    Estimate,
    Field,
    FieldKind,
    Form,
    Front,
    Option,
    Page,
    Pick,
    Picture,
    Row,
    Sheet,
)
from rescue.plain import asking
from rescue.plain.front import PlainFront
from tests.plain.stage import typed
from tests.tui.fakes import broken, windows

FRUIT = Pick(
    "Fruit",
    (
        Option("a", "Apple", ("green",), key="b"),
        Option("x", "Peach", refused="It is rotten."),
        Option("p", "Pear", chosen=True),
    ),
    help="home",
    text="Fresh today.",
)
TYPED = Danger("Wipe", ("OVERWRITE /dev/sdb",), "/dev/sdb", "SDB1", command=("rescue wipe /dev/sdb",))
ROWS = (Row("what", "w", "What", "/dev/sda"), Row("place", "p", "Where to", "", "choose a drive"))
READY = Sheet("Back up", ROWS[:1], help="backup", start="Start the backup", text="Nothing is changed.")


def test_it_is_a_front() -> None:
    front: Front = PlainFront(io.StringIO(), io.StringIO())
    assert front is not None


@pytest.mark.parametrize(
    ("lines", "answer"),
    [
        (["1"], "a"),
        (["2"], "p"),
        ([" 2 "], "p"),
        (["3", "0", "-1", "1 2", "p", "²", "1"], "a"),
        (["?", "1"], "a"),
        (["b"], None),
        (["B"], None),
        ([""], None),
        (["  "], None),
        (["3"], None),
        ([], None),
    ],
)
def test_a_number_picks(lines: list[str], answer: str | None) -> None:
    got, said = typed(lambda front: front.pick(FRUIT), *lines)
    assert got == answer
    assert said.startswith(
        "\nFruit\nFresh today.\n1. Apple\n   green\n- Not possible: Peach. It is rotten.\n2. Pear (proposed)\n"
        "Number; b or an empty line goes back, ? is help: "
    )


def test_what_is_no_number_is_said() -> None:
    _, said = typed(lambda front: front.pick(FRUIT), "x", "1 2")
    assert "“x” is not a number from 1 to 2." in said
    assert "Only one can be chosen." in said


def test_a_text_of_several_lines() -> None:
    _, said = typed(lambda front: front.pick(Pick("Disks", (), help="home", text="one\ntwo", empty="None.")))
    assert said.startswith("\nDisks\none\ntwo\nNone.\n")


def test_nothing_to_pick() -> None:
    got, said = typed(lambda front: front.pick(Pick("Disks", (), help="home", empty="No disk was found.")), "1", "b")
    assert got is None
    assert "No disk was found.\nb or an empty line goes back" in said
    assert "There is nothing to choose here." in said


def test_a_disk_is_told_in_a_sentence() -> None:
    options = (Option(1, "Samsung", disk=windows()), Option(2, "Dying", disk=broken()))
    _, said = typed(lambda front: front.pick(Pick("Disks", options, help="home")))
    text = said.replace("\n   ", " ")
    assert (
        "It holds partition 1, vfat “SYSTEM”, 260.0 MiB; partition 2, unknown content, 16.0 MiB; partition 3," in text
    )
    assert "It cannot be read" in text


@pytest.mark.parametrize(
    ("lines", "answer"),
    [
        (["2"], ("p",)),
        (["2 1"], ("a", "p")),
        (["1, 2, 1"], ("a", "p")),
        (["m"], ("p",)),
        (["1 3", "1 x", "1"], ("a",)),
        ([""], None),
        (["b"], None),
        ([], None),
    ],
)
def test_numbers_pick_many(lines: list[str], answer: tuple[str, ...] | None) -> None:
    got, said = typed(lambda front: front.pick_many(FRUIT), *lines)
    assert got == answer
    assert "Numbers, with blanks between them; m takes the marked ones; b or an empty line" in said.replace("\n", " ")


def test_without_a_mark_there_is_nothing_to_take() -> None:
    bare = Pick("Fruit", FRUIT.options[:2], help="home")
    got, said = typed(lambda front: front.pick_many(bare), "m", "1")
    assert got == ("a",)
    assert "marked" not in said


def form(check: Callable[[dict[str, str]], str | None] | None = None) -> Form:
    fields = (
        Field("host", "Server", value="nas", hint="its name"),
        Field("user", "User"),
        Field("secret", "Password", FieldKind.HIDDEN),
        Field("kind", "Kind", FieldKind.CHOICE, "smb", choices=(("smb", "Windows"), ("nfs", "Unix"))),
        Field("keep", "Keep it", FieldKind.FLAG, "yes"),
    )
    return Form("Share", fields, help="place", check=check, working="Trying …")


@pytest.mark.parametrize(
    ("lines", "answer"),
    [
        (["", "", "", "", ""], ["nas", "", "", "smb", "yes"]),
        (["box", "ann", "?b", "2", "n"], ["box", "ann", "?b", "nfs", ""]),
        (["-", "-", "", "1", "1"], ["", "", "", "smb", "yes"]),
        (["\\b", "\\-", "b", "?", "9", "x", "2", "y"], ["b", "-", "b", "nfs", "yes"]),
        (["one", "b", "two", "ann", "", "", ""], ["two", "ann", "", "smb", "yes"]),
    ],
)
def test_a_form_is_one_question_a_line(lines: list[str], answer: list[str]) -> None:
    got, said = typed(lambda front: front.fill(form()), *lines)
    assert got is not None
    assert list(got.values()) == answer
    assert "Server (its name) [nas]; an empty line keeps it" in said
    assert "Password; is not shown while it is typed" in said


@pytest.mark.parametrize("lines", [["b"], ["box", "b", "b"], ["box", "ann"], []])
def test_a_form_is_left(lines: list[str]) -> None:
    checked: list[object] = []
    got, _ = typed(lambda front: front.fill(form(checked.append)), *lines)
    assert got is None
    assert checked == []


def test_only_what_is_wrong_is_asked_again() -> None:
    tried: list[dict[str, str]] = []

    def check(filled: dict[str, str]) -> str | None:
        tried.append(filled)
        return None if filled["secret"].startswith("right") else "The password is wrong."

    got, said = typed(
        lambda front: front.fill(form(check)), "nas", "ann", "wrong", "", "", "t", "9", "3", "right", "never asked"
    )
    assert got is not None
    assert got["user"] == "ann"
    assert [each["secret"] for each in tried] == ["wrong", "wrong", "right"]
    assert said.count("The password is wrong.") == 2
    assert said.count("User") == 3  # asked once, listed twice
    assert "3. Password: typed" in said
    assert "wrong\n" not in said.replace("The password is wrong.", "")


def test_a_form_that_stays_wrong_is_left() -> None:
    got, _ = typed(lambda front: front.fill(form(lambda _: "No.")), "", "", "", "", "", "b")
    assert got is None


@pytest.mark.parametrize(("lines", "answer"), [(["s"], START), (["S"], START), (["1"], "what"), (["2", "s"], START)])
def test_a_sheet(lines: list[str], answer: str) -> None:
    got, said = typed(lambda front: front.sheet(READY), *lines)
    assert got == answer
    assert "1. What: /dev/sda\n" in said
    assert "Number of a line to change; s: Start the backup; b or an empty line" in said.replace("\n", " ")


@pytest.mark.parametrize("lines", [[""], ["", "s"], ["b"], ["start"], ["y"], [" "], []])
def test_nothing_else_starts_a_sheet(lines: list[str]) -> None:
    assert typed(lambda front: front.sheet(READY), *lines)[0] is None


def test_an_incomplete_sheet_is_not_started() -> None:
    got, said = typed(lambda front: front.sheet(Sheet("Back up", ROWS, help="backup")), "s", "2")
    assert got == "place"
    assert "2. Where to: still missing: choose a drive\n" in said
    assert "It cannot start yet. Where to: choose a drive" in said


def test_the_estimate_is_told_before_it_can_start() -> None:
    threads: list[str] = []

    def estimate() -> Estimate:
        threads.append(threading.current_thread().name)
        return Estimate(("10 GiB are read.",), (Picture("After", windows()),))

    sheet = Sheet("Back up", ROWS[:1], help="backup", start="Start", estimate=estimate, command=("rescue backup",))
    got, said = typed(lambda front: front.sheet(sheet), "s")
    assert got == START
    assert said.index("10 GiB are read.") < said.index("After: Samsung") < said.index("  rescue backup\n")
    assert said.index("  rescue backup\n") < said.index("s: Start;")
    assert threads != ["MainThread"]


def test_what_cannot_start_is_not_started() -> None:
    problem = Estimate(problem="No space is left.", hint="Choose another drive.")
    sheet = Sheet("Back up", ROWS[:1], help="backup", start="Start", estimate=lambda: problem)
    got, said = typed(lambda front: front.sheet(sheet), "s", "s", "1")
    assert got == "what"
    assert said.count("It cannot start: No space is left.\nChoose another drive.") == 3
    assert "s: Start" not in said


@pytest.mark.parametrize(
    ("lines", "answer"),
    [
        (["SDB1"], "SDB1"),
        ([" SDB1 "], "SDB1"),
        (["sdb1", "?", "SDB", "yes", "y", "s", "1", "SDB1"], "SDB1"),
        (["sdb1"], None),
        (["b", "SDB1"], None),
        (["", "SDB1"], None),
        ([], None),
    ],
)
def test_only_the_text_confirms(lines: list[str], answer: str | None) -> None:
    got, said = typed(lambda front: front.confirm(TYPED), *lines)
    assert got == answer
    assert "OVERWRITE /dev/sdb\n" in said
    assert "To go on with /dev/sdb, type exactly this:\n  SDB1\n" in said
    assert said.count("is not the text. Nothing was changed.") == len([x for x in lines if x not in ("", "b", "?")]) - (
        answer is not None or "SDB1" in lines
    )


def test_a_text_that_has_not_been_sent_confirms_nothing() -> None:
    front = PlainFront(io.StringIO("SDB1"), io.StringIO())
    assert asyncio.run(front.confirm(TYPED)) is None


def test_going_back_wins_where_it_would_also_be_the_text() -> None:
    short = Danger("Delete", (), "backup b", "b")
    assert typed(lambda front: front.confirm(short), "b")[0] is None


PAGE = Page("Report", ("one", "two is here", "three"), (("v", "Verify"), ("d", "Delete")), help="log", search=True)


@pytest.mark.parametrize(
    ("lines", "answer"), [(["1"], "v"), (["3", "v", "2"], "d"), (["b"], None), ([""], None), (["m"], None)]
)
def test_a_page(lines: list[str], answer: str | None) -> None:
    got, said = typed(lambda front: front.read(PAGE), *lines)
    assert got == answer
    assert said.startswith("\nReport\none\ntwo is here\nthree\n1. Verify\n2. Delete\nNumber; / and a word")


def test_a_page_is_searched() -> None:
    _, said = typed(lambda front: front.read(PAGE), "/E", "/ IS ", "/nobody", "/", "b")
    assert "3 lines hold it:\n1: one\n2: two is here\n3: three\n" in said
    assert "1 line holds it:\n2: two is here\n" in said
    assert "No line holds “nobody”." in said
    assert "No line holds “”." in said
    plain = Page("Report", ("one",))
    assert "/ and a word" not in typed(lambda front: front.read(plain), "/one")[1]


def test_busy_runs_in_a_thread_and_says_that_it_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "_STILL_SECONDS", 0.01)
    said = io.StringIO()
    front = PlainFront(io.StringIO(), said)
    waited = threading.Event()

    def work() -> str:
        while "Still at it." not in said.getvalue():
            waited.wait(0.001)
        return threading.current_thread().name

    assert asyncio.run(front.busy("Looking …", work)) != "MainThread"
    assert said.getvalue().startswith("Looking …\nStill at it.\n")


def test_what_goes_wrong_comes_out_of_busy() -> None:
    def work() -> None:
        raise RescueError("broken")

    with pytest.raises(RescueError, match="broken"):
        typed(lambda front: front.busy("Looking …", work))


QUESTIONS: list[Callable[[PlainFront], Awaitable[object]]] = [
    lambda front: front.pick(FRUIT),
    lambda front: front.pick_many(FRUIT),
    lambda front: front.fill(form()),
    lambda front: front.sheet(READY),
    lambda front: front.confirm(TYPED),
    lambda front: front.read(PAGE),
]


@pytest.mark.parametrize("question", QUESTIONS)
def test_no_answer_counts_once_another_screen_leads(question: Callable[[PlainFront], Awaitable[object]]) -> None:
    target = io.StringIO()
    lines = "1\ns\nSDB1\nSDB1\nm\n\n\n"
    front = PlainFront(io.StringIO(lines), target, lambda: "The screen on tty1 took over.")
    assert asyncio.run(_ask(front, question)) is None
    assert target.getvalue().count("The screen on tty1 took over.") == 1
    said = target.getvalue()
    assert asyncio.run(_ask(front, QUESTIONS[0])) is None
    assert "Number" not in target.getvalue()[len(said) :]


async def _ask(front: PlainFront, question: Callable[[PlainFront], Awaitable[object]]) -> object:
    return await question(front)


def test_the_terminal_is_given_away_only_while_somebody_is_there() -> None:
    ran: list[int] = []
    _, said = typed(lambda front: front.terminal(lambda: ran.append(1)))
    assert ran == [1]
    assert said.endswith("Back in Rescue.\n")

    async def after_the_end(front: PlainFront) -> None:
        await front.pick(FRUIT)
        await front.terminal(lambda: ran.append(2))

    typed(after_the_end)
    assert ran == [1]


@pytest.mark.parametrize("question", QUESTIONS)
def test_nothing_but_letters_comes_out(question: Callable[[PlainFront], Awaitable[object]]) -> None:
    _, said = typed(question, "\x1b[2Jx", "?")
    assert "\x1b" not in said
    assert not set(said) & set("│─┌┐└┘█▓▒░\r\t\b")
    assert all(len(line) <= 78 for line in said.splitlines())
