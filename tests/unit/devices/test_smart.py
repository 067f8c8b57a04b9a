"""From smartctl's words to a verdict: every rule, the bits of its exit status, and drives that lie."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rescue.devices import smart
from rescue.devices.health import Health, State
from rescue.devices.smart import health, interpret
from rescue.errors import MissingToolError, ToolError
from rescue.process import Completed
from tests.unit.devices.smart_samples import Sample, asleep, ata, attribute, base, bridge, loop, nvme, scsi

GOOD, WARNING, FAILING, UNKNOWN = State.GOOD, State.WARNING, State.FAILING, State.UNKNOWN


def verdict(sample: Sample) -> Health:
    told = interpret(sample)
    assert told is not None
    return told


@pytest.mark.parametrize("sample", [ata(), ata(rotation=0), nvme(), scsi()])
def test_healthy_drives(sample: Sample) -> None:
    told = verdict(sample)
    assert (told.state, told.word, told.reasons) == (GOOD, "healthy", ())
    assert told.power_on_hours == sample["power_on_time"]["hours"]
    assert told.temperature == sample["temperature"]["current"]
    assert told.facts() == f"{told.temperature} °C, {told.power_on_hours} hours in use"


CASES: list[tuple[Sample, State, str, str]] = [
    (ata(attribute(5, "Reallocated_Sector_Ct", 8)), WARNING, "watch it: 8 sectors replaced", "8 bad sectors were"),
    (ata(attribute(5, "Reallocated_Sector_Ct", "1 (2000 0)")), WARNING, "watch it: 1 sector replaced", "1 bad sector"),
    (ata(attribute(197, "Current_Pending_Sector", 3)), WARNING, "watch it: 3 sectors lost", "3 sectors cannot be read"),
    (ata(attribute(197, "Current_Pending_Sector", 14)), FAILING, "failing: 14 sectors lost", "14 sectors cannot"),
    (ata(attribute(198, "Offline_Uncorrectable", 20)), FAILING, "failing: 20 sectors lost", "20 sectors cannot"),
    (ata(attribute(187, "Reported_Uncorrect", 1)), WARNING, "watch it: 1 error", "1 error could not be corrected"),
    (
        ata(attribute(5, "Reallocated_Sector_Ct", 2000, value=5, limit=10, failed="now"), status=0x10),
        FAILING,
        "failing: Reallocated Sector Ct",
        "the drive may fail soon",
    ),
    (
        ata(attribute(10, "Spin_Retry_Count", 3, value=95, limit=97, failed="past"), status=0x20),
        WARNING,
        "watch it: Spin Retry Count",
        "before",
    ),
    (
        ata(attribute(184, "End-to-End_Error", 3, value=90, limit=97, failed="now"), status=0x20),
        WARNING,
        "worn: End-to-End Error",
        "the drive is worn",
    ),
    (ata(passed=False, status=0x08), FAILING, "failing, as it says itself", "itself says that it is failing"),
    (ata(passed=None, status=0x08), FAILING, "failing, as it says itself", "itself says that it is failing"),
    (ata(status=0x10), FAILING, "failing, as it says itself", "itself says that it is failing"),
    (ata(status=0x80), WARNING, "watch it: self-test", "last test of itself found a fault"),
    (ata(attribute(202, "Percent_Lifetime_Remain", 95, value=5), rotation=0), WARNING, "worn: 95 % used", "95 %"),
    (ata(attribute(177, "Wear_Leveling_Count", 2731, value=8), rotation=0), WARNING, "worn: 92 % used", "92 %"),
    ({**ata(rotation=0), "endurance_used": {"current_percent": 99}}, WARNING, "worn: 99 % used", "99 %"),
    (nvme(percentage_used=92), WARNING, "worn: 92 % used", "92 % of the life that its maker promises"),
    (nvme(percentage_used=255), WARNING, "worn: 255 % used", "255 %"),
    (nvme(critical_warning=1, status=8), FAILING, "failing: no spare memory left", "nearly used up"),
    (nvme(critical_warning=2, status=8), WARNING, "too hot or too cold", "too hot or too cold"),
    (nvme(critical_warning=4, status=8), FAILING, "failing, as it says itself", "not reliable"),
    (nvme(critical_warning=10, status=8), FAILING, "failing: cannot be written", "only be read any more"),
    (nvme(critical_warning=16, status=8), WARNING, "watch it: power backup", "power cuts"),
    (nvme(critical_warning=128, status=8), WARNING, "watch it: it warns", "not known here"),
    (nvme(available_spare=4), FAILING, "failing: no spare memory left", "4 % of its spare memory are left; 10 %"),
    (nvme(media_errors=2), WARNING, "watch it: 2 errors", "2 errors could not be corrected"),
    (nvme(media_errors="2"), WARNING, "watch it: 2 errors", "2 errors could not be corrected"),
    (scsi(grown=4), WARNING, "watch it: 4 sectors replaced", "4 bad sectors were replaced"),
    (scsi(uncorrected=3), WARNING, "watch it: 3 errors", "3 errors could not be corrected"),
    (
        scsi(passed=False, ie="HARDWARE IMPENDING FAILURE", status=8),
        FAILING,
        "failing, as it says itself",
        "failing. (HARDWARE IMPENDING FAILURE)",
    ),
    ({**scsi(), "scsi_percentage_used_endurance_indicator": 97}, WARNING, "worn: 97 % used", "97 %"),
    ({**ata(passed=None), "smart_support": {"available": True, "enabled": False}}, UNKNOWN, "health unknown", "off"),
    (base("/dev/sda", "sat", "ATA", 4), UNKNOWN, "health unknown", "It does not tell how it is."),
    (base("/dev/sda", "sat", "ATA", 2, "open failed: Permission denied"), UNKNOWN, "health unknown", "not tell"),
    (asleep(), UNKNOWN, "asleep", "It sleeps, and is not woken for this."),
]


@pytest.mark.parametrize(("sample", "state", "word", "reason"), CASES)
def test_every_rule(sample: Sample, state: State, word: str, reason: str) -> None:
    told = verdict(sample)
    assert (told.state, told.word) == (state, word)
    assert reason in told.reasons[0]


def test_what_is_no_cause_for_alarm() -> None:
    """Hot days of the past, commands that failed, entries in the error log, and counters of another meaning."""
    hot = attribute(190, "Airflow_Temperature_Cel", "36 (Min/Max 30/48)", value=30, limit=45, failed="now")
    corrected = attribute(197, "Current_Pending_ECC_Cnt", 44)
    for sample in (ata(hot), ata(corrected, rotation=0), ata(status=0x44), nvme(num_err_log_entries=99999)):
        assert verdict(sample).state is GOOD
    worn_disk = ata(attribute(177, "Wear_Leveling_Count", 2731, value=8), rotation=5400)
    assert verdict(worn_disk).state is GOOD


def test_the_worst_comes_first_and_nothing_is_lost() -> None:
    told = verdict(ata(attribute(5, "Reallocated_Sector_Ct", 8), attribute(197, "Current_Pending_Sector", 14)))
    assert told.state is FAILING
    assert [reason.split(" ", 1)[0] for reason in told.reasons] == ["14", "8"]


def test_the_report_has_every_counter() -> None:
    lines = "\n".join(verdict(ata(attribute(5, "Reallocated_Sector_Ct", 8, failed="now"))).lines)
    for words in ("Model: ST2000DM008-2FR102", "Serial number: ZFL0ABCD", "  9 Power_On_Hours", "36055 (118 37 0)"):
        assert words in lines
    assert "  5 Reallocated_Sector_Ct        100   100     0 now    8" in lines
    assert "unsafe_shutdowns: 71" in verdict(nvme()).lines
    assert {"read total_uncorrected_errors: 0", "grown defects: 0"} <= set(verdict(scsi()).lines)
    assert "smartctl: Device is in STANDBY mode, exit(2)" in verdict(asleep()).lines


def test_the_order_of_states_and_their_signs() -> None:
    assert {state: state.sign for state in State} == {GOOD: "+", WARNING: "!", FAILING: "x", UNKNOWN: "?"}
    assert verdict(ata()).to_json()["state"] == "good"


Answers = Callable[[Sequence[object]], list[tuple[str, ...]]]


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> Answers:
    """Gives smartctl's answers, one a call; the words of every call."""

    def prepare(told: Sequence[object]) -> list[tuple[str, ...]]:
        calls: list[tuple[str, ...]] = []
        left = list(told)

        def run(argv: Sequence[str], **_more: object) -> Completed:
            calls.append(tuple(argv))
            answer = left.pop(0)
            if isinstance(answer, Exception):
                raise answer
            output = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
            return Completed(tuple(argv), 0, output, b"")

        monkeypatch.setattr(smart, "run", run)
        return calls

    return prepare


def test_one_question_and_no_drive_is_woken(answers: Answers) -> None:
    calls = answers([ata()])
    told = health("/dev/sda")
    assert told is not None
    assert told.state is GOOD
    assert calls == [("smartctl", "--json", "--nocheck=standby", "--health", "--attributes", "--info", "/dev/sda")]


def test_an_unknown_usb_bridge_is_asked_in_the_usual_way(answers: Answers) -> None:
    calls = answers([bridge(), ata(attribute(5, "Reallocated_Sector_Ct", 8))])
    told = health("/dev/sdc")
    assert told is not None
    assert told.state is WARNING
    assert [call[-2:] for call in calls] == [("--info", "/dev/sdc"), ("--device=sat", "/dev/sdc")]


@pytest.mark.parametrize("second", [asleep("SLEEP"), bridge(), b"", ToolError("late")])
def test_a_stick_behind_such_a_bridge_tells_nothing(answers: Answers, second: object) -> None:
    answers([bridge(), second])
    assert health("/dev/sdc") is None


@pytest.mark.parametrize(
    "answer",
    [
        loop(), {**base("/dev/sdc", "scsi", "SCSI", 4), "smart_support": {"available": False}},
        MissingToolError("not installed"), ToolError("30 seconds"), b"", b"\xff\x00", b"[]", b"null", b"3",
        b"{}", b'{"smartctl": 1}', b'{"smartctl": {"exit_status": "x"}}', b"[" * 100_000, b"{" + b"9" * 100_000,
    ],
)  # fmt: skip
def test_nobody_can_tell(answers: Answers, answer: object) -> None:
    calls = answers([answer])
    assert health("/dev/loop0") is None
    assert len(calls) == 1


HOSTILE = "\x1b[2J[red]\n" * 100


def test_texts_of_drives_are_printable_and_short() -> None:
    row = attribute(5, HOSTILE, HOSTILE, failed="now")
    sample = {**ata(row), "model_name": HOSTILE, "smart_status": {"passed": False, "scsi": {"ie_string": HOSTILE}}}
    told = verdict(sample)
    for line in (told.word, *told.reasons, *told.lines):
        assert line.isprintable()
        assert len(line) < 600


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
PLACES = [
    ("smartctl", "messages"), ("smart_status",), ("smart_status", "passed"), ("ata_smart_attributes",),
    ("ata_smart_attributes", "table"), ("temperature",), ("temperature", "current"), ("power_on_time", "hours"),
    ("nvme_smart_health_information_log",), ("nvme_smart_health_information_log", "critical_warning"),
    ("scsi_error_counter_log",), ("scsi_error_counter_log", "read"), ("scsi_grown_defect_list",), ("rotation_rate",),
]  # fmt: skip


@given(st.sampled_from([ata, nvme, scsi]), st.sampled_from(PLACES), JSON, st.integers(0, 255))
def test_garbage_in_any_place(make: Callable[[], Sample], place: tuple[str, ...], value: object, status: int) -> None:
    sample = make()
    sample["smartctl"]["exit_status"] = status
    inner = sample
    for name in place[:-1]:
        inner = inner.setdefault(name, {})
    inner[place[-1]] = value
    told = interpret(sample)
    assert told is None or (told.word and isinstance(told.state, State))
    assert told is not None or status & 1
    assert told is None or not told.reasons or told.state is not GOOD


@given(JSON, JSON)
def test_garbage_in_an_attribute(row: object, value: object) -> None:
    table = [row, attribute(5, "Reallocated_Sector_Ct", 0) | {"raw": value}, attribute(197, "x", 0) | {"name": value}]
    sample = ata()
    sample["ata_smart_attributes"]["table"] = table
    assert verdict(sample).word
