"""What a person sees: one line that is drawn again where there is a terminal, and plain lines otherwise."""

import io

import pytest

from rescue.cli.terminal import Terminal, progress_line
from rescue.events import JobFinished, JobStarted, Note, Outcome, Phase, Progress, RegionFinished
from rescue.units import GiB, MiB


class Screen(io.StringIO):
    """A stream that is a terminal, or not."""

    def __init__(self, *, live: bool) -> None:
        super().__init__()
        self.live = live

    def isatty(self) -> bool:
        return self.live


@pytest.fixture(autouse=True)
def _wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")


def half(phase: Phase = Phase.BACKUP) -> Progress:
    return Progress(phase, GiB, 2 * GiB, "p2 ext4")


def test_a_progress_line() -> None:
    assert progress_line(half(), 100 * MiB) == (
        "back up [############------------]  50 %  1.0 GiB of 2.0 GiB  100.0 MiB/s, 10 s left  p2 ext4"
    )


@pytest.mark.parametrize(
    ("done", "total", "told"),
    [
        (0, 100, "[------------------------]   0 %"),
        (99, 100, "[#######################-]  99 %"),
        (100, 100, "[########################] 100 %"),
        (120, 100, "[########################] 100 %"),
        (0, 0, "[########################] 100 %"),
    ],
)
def test_the_bar_never_leaves_its_frame(done: int, total: int, told: str) -> None:
    line = progress_line(Progress(Phase.CLONE, done, total, "p1"), 10)
    assert told in line
    assert "-1 s" not in line


def test_no_rate_before_one_is_known() -> None:
    assert "/s" not in progress_line(half(), 0)
    assert "GiB" not in progress_line(half(Phase.CHECK), 0)


def test_the_line_is_drawn_again_and_makes_room_for_others() -> None:
    screen = Screen(live=True)
    shown = Terminal(screen)
    shown.show(half())
    shown.show(half())
    shown.show(Note("p2", "unclean"))
    shown.show(half())
    shown.close()
    shown.close()
    frames = screen.getvalue().split("\r\x1b[K")
    assert [frame[:7] for frame in frames] == ["", "back up", "back up", "p2: unc", "back up"]
    assert screen.getvalue().endswith("p2 ext4\n")
    assert screen.getvalue().count("\n") == 2


def test_the_line_fits_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    screen = Screen(live=True)
    Terminal(screen).show(half())
    assert len(screen.getvalue().removeprefix("\r\x1b[K")) == 39


def test_no_progress_line_in_a_file() -> None:
    screen = Screen(live=False)
    shown = Terminal(screen)
    shown.show(half())
    shown.show(Note("", "text"))
    shown.close()
    assert screen.getvalue() == "text\n"


def test_events_as_lines() -> None:
    screen = Screen(live=False)
    shown = Terminal(screen)
    shown.tell_plan(("Read.", "Store."))
    shown.show(JobStarted("backup", ("Read.", "Store.")))
    shown.show(RegionFinished("p1 ext4", Outcome.OK))
    shown.show(RegionFinished("p2 ext4", Outcome.PARTIAL, ("512 bytes lost.",)))
    shown.show(JobFinished("backup", Outcome.PARTIAL, {"report": ["one", "two"]}))
    lines = screen.getvalue().splitlines()
    assert lines[:2] == ["Read.", "Store."]
    assert lines.count("Read.") == 1
    assert any(line.startswith("PARTIAL") and "p2 ext4" in line and "512 bytes lost." in line for line in lines)
    assert lines[-2:] == ["one", "two"]


@pytest.mark.parametrize("outcome", list(Outcome))
def test_the_verdict_is_told(outcome: Outcome) -> None:
    screen = Screen(live=False)
    Terminal(screen).show(JobFinished("restore", outcome, {"report": "/var/lib/rescue/report.txt", "verified": True}))
    told = screen.getvalue()
    assert outcome.value in told
    assert "/var/lib/rescue/report.txt" in told
    others = [other.value for other in Outcome if other is not outcome]
    assert not any(other in told for other in others)


def test_a_job_with_words_of_its_own_tells_these() -> None:
    screen = Screen(live=False)
    detail: dict[str, object] = {
        "lines": ["PARTIAL. 512 bytes cannot be read."],
        "report": "/var/lib/rescue/report.txt",
    }
    Terminal(screen).show(JobFinished("surface", Outcome.PARTIAL, detail))
    assert screen.getvalue() == "PARTIAL. 512 bytes cannot be read.\nThe report is /var/lib/rescue/report.txt.\n"


@pytest.mark.parametrize("job", ["verify", "check", "undo", "table save"])
def test_what_standard_output_tells_is_not_told_twice(job: str) -> None:
    screen = Screen(live=True)
    Terminal(screen).show(JobStarted(job, ("A step.",)))
    Terminal(screen).show(JobFinished(job, Outcome.OK, {"report": "/var/lib/rescue/report.txt"}))
    assert screen.getvalue() == ""


def test_no_label_controls_the_terminal() -> None:
    for live in (True, False):
        screen = Screen(live=live)
        shown = Terminal(screen)
        for text in ("\x1b[2Jgone", "one\rtwo", "bell\a", "a\nb", "\x9b2J", "half \ud800", "turned \u202e round"):
            shown.show(Note(text, text))
            shown.show(JobStarted("j", (text,)))
            shown.show(Progress(Phase.BACKUP, 1, 2, text))
        plain = screen.getvalue().replace("\r\x1b[K", "")
        assert all(letter.isprintable() or letter == "\n" for letter in plain)
        assert plain.count("\n") == 14
        plain.encode()


def test_a_new_phase_has_a_new_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr("rescue.cli.terminal.time.monotonic", lambda: now[0])
    screen = Screen(live=True)
    shown = Terminal(screen)
    shown.show(Progress(Phase.CLONE, 0, 2 * GiB, "p1"))
    now[0] = 1.0
    shown.show(Progress(Phase.CLONE, GiB, 2 * GiB, "p1"))
    assert "1.0 GiB/s, 1 s left" in screen.getvalue()
    shown.show(Progress(Phase.VERIFY, 0, 2 * GiB, "p1"))
    assert "/s" not in screen.getvalue().rpartition("verify")[2]
