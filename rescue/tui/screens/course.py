"""How a job is drawn: bar, rate, parts, log, and the result. Pure drawing; `progress` brings it up to date."""

from collections.abc import Iterable

from textual.content import Content

from rescue.events import Outcome, Phase, RegionFinished
from rescue.flows.ending import Closing, Ending
from rescue.flows.progress import Course, PartState, PartView, sparkline
from rescue.language import _
from rescue.tui import bar
from rescue.tui.lines import Lines, hang, plain, styled
from rescue.units import format_size

_STYLES = {
    PartState.WAITING: "",
    PartState.RUNNING: "bold $mark",
    PartState.DONE: "$style-good",
    PartState.PARTIAL: "$style-warn",
    PartState.FAILED: "$style-bad",
}
_VERDICTS = {Outcome.OK: "$style-ok", Outcome.PARTIAL: "$style-partial", Outcome.FAILED: "$style-failed"}
SIGNS = {Outcome.OK: "+", Outcome.PARTIAL: "!", Outcome.FAILED: "x"}


class Gauge(Lines):
    """The present step: a bar, how much, how fast with its last moments as a curve, how long."""

    def __init__(self, course: Course) -> None:
        super().__init__(id="gauge")
        self._course = course
        self.left = ""

    def draw(self, width: int) -> list[Content]:
        """Bar, then numbers on the left and the curve on the right."""
        course = self._course
        curve = max(16, width // 3)
        words = [piece for text in self._words() for piece in plain(text).wrap(max(1, width - curve - 2))]
        words += [Content("")] * (2 - len(words))
        rows = sparkline(course.samples(curve), curve)
        lines = [_bar(course, width)]
        for place, line in enumerate(words):
            shown = styled(rows[place], "$mark") if place < 2 else Content("")
            lines.append(Content.assemble(line, " " * (width - curve - line.cell_length), shown))
        return lines

    def _words(self) -> Iterable[str]:
        course = self._course
        if course.phase is None:
            return
        step, steps = course.step
        if course.phase is not Phase.CHECK:
            amount = _("{done} of {total}").format(done=format_size(course.done), total=format_size(course.total))
            rate = _(", {rate} a second").format(rate=format_size(course.rate())) if course.rate() > 0 else ""
            yield amount + rate
        if steps > 1:
            yield _("Step {step} of {steps}").format(step=step, steps=steps)
        if self.left:
            yield self.left[0].upper() + self.left[1:]


class Parts(Lines):
    """Every part of the job, in the order in which they are copied."""

    def __init__(self, course: Course) -> None:
        super().__init__(id="parts")
        self._course = course

    def draw(self, width: int) -> list[Content]:
        """A line a part, the reasons of its result below."""
        views = self._course.views()
        column = max((len(view.part.text) for view in views), default=0)
        return [line for view in views for line in self._part(view, column, width)]

    def _part(self, view: PartView, column: int, width: int) -> list[Content]:
        style = _STYLES[view.state]
        letter, colours = _kind(view)
        lead = Content.assemble(" ", (view.state.value, style), " ", (f" {letter} ", colours), " ")
        tail = f"{format_size(view.part.size):>10}  {self._state(view)}"
        room = width - lead.cell_length - len(tail) - 2
        name = view.part.text.ljust(min(column, room)) if len(view.part.text) <= room else view.part.text
        lines = hang(lead, Content.assemble(styled(name, style), "  ", tail), width)
        for reason in view.reasons:
            lines += hang(Content(" " * lead.cell_length), styled(reason, style), width)
        return lines

    def _state(self, view: PartView) -> str:
        verify = self._course.phase is Phase.VERIFY
        match view.state:
            case PartState.WAITING:
                return _("copied, not yet compared") if verify else _("waiting")
            case PartState.RUNNING:
                return f"{view.done * 100 // view.part.size if view.part.size else 100} %"
            case PartState.DONE:
                return _("compared") if verify else _("copied")
            case PartState.PARTIAL:
                return _("PARTIAL")
            case PartState.FAILED:
                return _("FAILED")


def verdict(outcome: Outcome, headline: str) -> Content:
    """The result in sign, word and colour, and in a few words."""
    return Content.assemble(
        (f" {SIGNS[outcome]} {outcome.word} ", _VERDICTS[outcome]), "  ", styled(headline, "bold $loud")
    )


def result_lines(ending: Ending, closing: Closing) -> list[Content]:
    """What happened, in what state things are, each region, and where the report is."""
    lines = [plain(line) for line in closing.lines]
    if ending.regions:
        lines += [Content(""), *(line for region in ending.regions for line in _region(region))]
    report = ending.finished.detail.get("report") if ending.finished else None
    if isinstance(report, str):
        lines += [Content(""), plain(_("The report is in {path}.").format(path=report))]
    if ending.notes:
        lines += [Content(""), plain(_("What was said on the way:"))]
        lines += [plain(f"  {note.line}") for note in ending.notes]
    return lines


def _region(region: RegionFinished) -> list[Content]:
    style = {Outcome.OK: "$style-good", Outcome.PARTIAL: "$style-warn", Outcome.FAILED: "$style-bad"}[region.outcome]
    word = f"{SIGNS[region.outcome]} {region.outcome.word:7} "
    top = Content.assemble("  ", (word, style), styled(region.region, "$loud"))
    return [top, *(plain(" " * 12 + reason) for reason in region.reasons)]


def _bar(course: Course, width: int) -> Content:
    percent = f" {course.percent:3} %"
    room = max(4, width - len(percent) - 2)
    filled = course.percent * room // 100
    return Content.assemble("[", ("█" * filled, "$mark"), "░" * (room - filled), "]", (percent, "bold $loud"))


def _kind(view: PartView) -> tuple[str, str]:
    """Letter and colours of the part's file system, as on the card of its disk."""
    rest = view.part.text.removeprefix(view.part.name).split()
    known = bool(rest) and not rest[0].startswith("(")
    return bar.kind(rest[0]) if known else ("·", "")
