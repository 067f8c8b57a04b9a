"""A drive's health, by smartctl. It reads what the drive counts anyway, and leaves a drive that sleeps alone."""

import json
from collections.abc import Iterator, Mapping

from rescue.cancel import CancelToken
from rescue.devices.health import Health, State
from rescue.devices.smart_findings import Document, Finding, at, findings, number, raw, rows, text
from rescue.errors import RescueError
from rescue.language import _
from rescue.process import run
from rescue.text import printable

# --nocheck: never wake a drive that stands still. Its default exit status is 2.
_COMMAND = ("smartctl", "--json", "--nocheck=standby", "--health", "--attributes", "--info")
_SECONDS = 30.0
# The exit status is a set of bits: smartctl(8), EXIT STATUS. Of bits 2 (a command to the drive failed) and 6 (the error
# log has entries) nothing follows; what bits 4 and 5 tell stands in the attributes, too.
_NOT_UNDERSTOOD, _NOT_OPENED, _DRIVE_FAILS, _BELOW_LIMIT, _SELF_TEST_FAILED = 0x01, 0x02, 0x08, 0x10, 0x80
_UNKNOWN_BRIDGE = ("Unknown USB bridge", "type is ambiguous")
_LEVELS = 3
_SEVERITY = {State.FAILING: 0, State.WARNING: 1}


def health(path: str, cancel: CancelToken | None = None) -> Health | None:
    """Ask the disk at `path`, which takes a second or two; None where nobody can tell: no smartctl, no such drive.

    A drive that sleeps stays asleep and is UNKNOWN. It raises nothing, runs in any thread, and gives up on `cancel`.
    """
    told = _ask(path, cancel)
    if told is not None and _is_unknown_bridge(told):
        # Most such cases (USB) understand the usual translation. Where they do not, smartctl takes that for sleep.
        return interpret(_ask(path, cancel, "--device=sat") or {}, may_sleep=False)
    return None if told is None else interpret(told)


def _ask(path: str, cancel: CancelToken | None, *options: str) -> Document | None:
    try:
        done = run([*_COMMAND, *options, path], allowed=range(256), timeout=_SECONDS, cancel=cancel)
        told = json.loads(done.text)
    except (RescueError, ValueError, RecursionError):
        return None
    return told if isinstance(told, Mapping) else None


def _is_unknown_bridge(document: Document) -> bool:
    return any(words in message for message in _messages(document) for words in _UNKNOWN_BRIDGE)


def _messages(document: Document) -> list[str]:
    """What smartctl says beside the facts."""
    found = at(document, "smartctl", "messages")
    return [text(each, "string") for each in found] if isinstance(found, list) else []


def interpret(document: Document, *, may_sleep: bool = True) -> Health | None:
    """What smartctl's JSON means; None where it did not know what kind of drive that is, or the drive does not count
    anything, as most sticks and optical drives."""
    status = number(document, "smartctl", "exit_status")
    if status is None or status & _NOT_UNDERSTOOD or at(document, "smart_support", "available") is False:
        return None
    if status & _NOT_OPENED:
        return _silent(document) if may_sleep else None
    found = sorted([*findings(document), *_by_status(status, document)], key=lambda each: _SEVERITY[each.state])
    verdict = found[0] if found else _without_findings(document)
    return Health(
        verdict.state,
        verdict.word,
        tuple(dict.fromkeys(each.sentence for each in found or [verdict] if each.sentence)),
        number(document, "temperature", "current") or None,  # drives without a thermometer tell 0
        number(document, "power_on_time", "hours"),
        tuple(report(document)),
    )


def _silent(document: Document) -> Health:
    """The drive could not be asked: it sleeps, or it did not answer."""
    asleep = any("mode, exit(" in message for message in _messages(document))
    sentence = _("It sleeps, and is not woken for this.") if asleep else _("It does not tell how it is.")
    word = _("asleep") if asleep else _("health unknown")
    return Health(State.UNKNOWN, word, (sentence,), lines=tuple(report(document)))


def _by_status(status: int, document: Document) -> Iterator[Finding]:
    """What only the exit status tells. For NVMe its bit 3 stands for every warning, and the log says which."""
    nvme = at(document, "nvme_smart_health_information_log") is not None
    told = at(document, "smart_status", "passed") is False or _fails_now(document)
    if status & (_DRIVE_FAILS | _BELOW_LIMIT) and not nvme and not told:
        yield Finding(State.FAILING, _("failing, as it says itself"), _("The drive itself says that it is failing."))
    if status & _SELF_TEST_FAILED:
        yield Finding(State.WARNING, _("watch it: self-test"), _("Its last test of itself found a fault."))


def _fails_now(document: Document) -> bool:
    return any(text(row, "when_failed") == "now" for row in rows(document))


def _without_findings(document: Document) -> Finding:
    """Healthy is a drive that says so itself; where it says nothing, nobody knows."""
    if at(document, "smart_status", "passed") is True:
        return Finding(State.GOOD, _("healthy"), "")
    if at(document, "smart_support", "enabled") is False:
        return Finding(State.UNKNOWN, _("health unknown"), _("Its watch over its own health (SMART) is switched off."))
    return Finding(State.UNKNOWN, _("health unknown"), _("It does not tell how it is."))


def report(document: Document) -> Iterator[str]:
    """Everything that the drive counts, a line each, in the drive's own words."""
    names = (("model_name", "Model"), ("serial_number", "Serial number"), ("firmware_version", "Firmware"))
    yield from (f"{label}: {text(document, name)}" for name, label in names if text(document, name))
    yield from _attribute_table(rows(document))
    for name in ("nvme_smart_health_information_log", "scsi_error_counter_log"):
        yield from _flat(at(document, name), "", _LEVELS)
    grown = number(document, "scsi_grown_defect_list")
    yield from [] if grown is None else [f"grown defects: {grown}"]
    yield from (f"smartctl: {message}" for message in _messages(document))


def _attribute_table(table: list[Document]) -> Iterator[str]:
    if table:
        yield f"{'ID':>3} {'attribute':<26} {'value':>5} {'worst':>5} {'limit':>5} {'failed':<6} count"
    for row in table:
        key, *values = (_cell(number(row, name)) for name in ("id", "value", "worst", "thresh"))
        numbers = " ".join(f"{value:>5}" for value in values)
        count = text(row, "raw", "string") or _cell(raw(row))
        yield f"{key:>3} {text(row, 'name'):<26} {numbers} {text(row, 'when_failed') or '-':<6} {count}"


def _cell(value: int | None) -> str:
    return "-" if value is None else str(value)


def _flat(value: object, name: str, levels: int) -> Iterator[str]:
    """Counts and texts of a group, also of groups inside it: "read total_errors_corrected: 0"."""
    if isinstance(value, Mapping) and levels:
        for key, inner in value.items():
            yield from _flat(inner, f"{name} {printable(str(key))}".strip(), levels - 1)
    elif isinstance(value, (int, float, str)):
        yield f"{name}: {printable(str(value))[:200]}"
