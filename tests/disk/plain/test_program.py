"""`rescue --plain` on a terminal: lines only, a shell and back, one seat for two, two ways to end it."""

import pytest

from tests.disk.plain.conftest import Open
from tests.disk.plain.lines import PROMPT, number_of

pytestmark = pytest.mark.disk


@pytest.mark.parametrize(
    ("words", "environment"), [(["--plain"], {}), ([], {"TERM": "dumb"}), ([], {"RESCUE_PLAIN": "1"})]
)
def test_lines_and_nothing_else(lines: Open, words: list[str], environment: dict[str, str]) -> None:
    here = lines(*words, **environment)
    listed = here.hears(PROMPT)
    here.press("\n")
    here.hears("This is the first page.")
    here.press("?\n")
    here.hears(PROMPT)
    here.press(number_of(listed, "Shell") + "\n")
    here.hears("Type “exit” to come back to Rescue.")
    here.press("pwd; exit\n")
    here.hears("/root\r\n")
    here.hears("Back in Rescue.")
    here.hears(PROMPT)
    here.press("q\n")
    assert here.ends() == 0
    assert "\r" not in here.said.replace("\r\n", "")
    assert "\x1b" not in here.said
    assert all(len(line) <= 80 for line in here.said.splitlines())


def test_the_help_is_about_lines(lines: Open) -> None:
    here = lines("--plain")
    here.press(number_of(here.hears(PROMPT), "Help") + "\n")
    told = here.hears("goes back:")
    assert "A number chooses." in told
    assert "F1" not in told
    here.press("\nq\n")
    assert here.ends() == 0


def test_ctrl_c_leaves_it(lines: Open) -> None:
    here = lines("--plain")
    here.hears(PROMPT)
    here.press("\x03")
    assert here.ends() == 130
    assert "Rescue is left. A job that runs goes on." in here.said
    assert "Traceback" not in here.said


def test_the_end_of_the_input_leaves_it(lines: Open) -> None:
    here = lines("--plain")
    here.hears(PROMPT)
    here.press("\x04")
    assert here.ends() == 0
    assert "Traceback" not in here.said


def test_one_acts_and_the_other_takes_over(lines: Open) -> None:
    first, second = lines("--plain"), lines("--plain")
    shell = number_of(first.hears(PROMPT), "Shell")
    assert "only looks" not in second.hears(PROMPT)
    first.press(f"{shell}\nexit\n")
    first.hears("Back in Rescue.")
    first.hears(PROMPT)
    second.press(f"{shell}\n")
    second.hears("leads now, and somebody may be sitting there.")
    second.hears("anything else does not:")
    second.press("\n")
    second.hears("Nothing was changed.")
    assert "Rescue is open on pts/" in second.hears(PROMPT)
    second.press(f"{shell}\n")
    second.hears("anything else does not:")
    second.press("y\n")
    second.hears("Type “exit”")
    first.press(f"{shell}\n")
    first.hears("took over. This one only looks from now on.")
    assert "Type “exit”" not in first.hears(PROMPT)
    second.press("exit\n")
    second.hears(PROMPT)
    for each in (first, second):
        each.press("q\n")
        assert each.ends() == 0
