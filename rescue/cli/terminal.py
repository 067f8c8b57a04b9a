"""Events for a person at a terminal: one progress line that is drawn again, and everything else as lines."""

import shutil
import time
from typing import TextIO

from rescue.events import Event, JobFinished, JobStarted, Note, Outcome, Phase, Progress, RegionFinished, job_word
from rescue.flows.rate import Rate
from rescue.language import _
from rescue.text import printable
from rescue.units import format_duration, format_size

_BAR = 24
# These commands print their result on standard output, where scripts without --json look for it.
_SAY_IT_THEMSELVES = ("verify", "check", "undo", "table save")


class Terminal:
    """Writes to a stream. The progress line appears only where the stream is a terminal."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._live = stream.isatty()
        self._phase: Phase | None = None
        self._rate = Rate()
        self._drawn = False
        self._told: tuple[str, ...] = ()

    def tell_plan(self, steps: tuple[str, ...]) -> None:
        """Show a plan; the job that runs it does not show it again."""
        if steps != self._told:
            self._told = steps
            self._lines(*steps)

    def show(self, event: Event) -> None:
        """Show one event."""
        match event:
            case JobStarted(job=job) | JobFinished(job=job) if job in _SAY_IT_THEMSELVES:
                pass
            case Progress():
                self._progress(event)
            case JobStarted(steps=steps):
                self.tell_plan(steps)
            case Note():
                self._lines(event.line)
            case RegionFinished(outcome=Outcome.OK):
                pass  # the report at the end tells all of them
            case RegionFinished(region=region, outcome=outcome, reasons=reasons):
                self._lines(" ".join([f"{outcome.word:7} {region}:", *reasons]))
            case JobFinished(job=job, outcome=outcome, detail=detail):
                self._finished(job, outcome, detail)

    def close(self) -> None:
        """End the progress line."""
        if self._drawn:
            self._stream.write("\n")
            self._stream.flush()
            self._drawn = False

    def _lines(self, *lines: str) -> None:
        if self._drawn:
            self._stream.write("\r\x1b[K")
            self._drawn = False
        for line in lines:
            self._stream.write(printable(line) + "\n")
        self._stream.flush()

    def _progress(self, event: Progress) -> None:
        if not self._live:
            return
        if event.phase is not self._phase:
            self._phase, self._rate = event.phase, Rate()
        self._rate.add(time.monotonic(), event.done)
        width = shutil.get_terminal_size().columns - 1
        self._stream.write("\r\x1b[K" + printable(progress_line(event, self._rate.per_second()))[:width])
        self._stream.flush()
        self._drawn = True

    def _finished(self, job: str, outcome: Outcome, detail: dict[str, object]) -> None:
        report = detail.get("report")
        if isinstance(report, list):
            self._lines(*map(str, report))
            return
        kept = [_("The report is {report}.").format(report=report)] if report else []
        if isinstance(lines := detail.get("lines"), list):
            self._lines(*map(str, lines), *kept)
            return
        verified = _("Read back and compared.") if detail.get("verified") else _("Not read back.")
        end = f" {verified}" if outcome is Outcome.OK else ""
        self._lines(f"{outcome.word}: {job_word(job)}. {outcome.meaning}{end}", *kept)


def progress_line(event: Progress, rate: int) -> str:
    """The progress in one line: what, how much, how fast, how long."""
    done = min(event.done, event.total)
    filled = done * _BAR // event.total if event.total else _BAR
    percent = done * 100 // event.total if event.total else 100
    parts = [f"{event.phase.word} [{'#' * filled}{'-' * (_BAR - filled)}] {percent:3} %"]
    if event.phase is not Phase.CHECK:
        parts.append(_("{done} of {total}").format(done=format_size(done), total=format_size(event.total)))
    if rate > 0:
        parts.append(
            _("{size}/s, {time} left").format(
                size=format_size(rate), time=format_duration((event.total - done) // rate)
            )
        )
    return "  ".join([*parts, event.current])
