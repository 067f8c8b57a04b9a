"""Events: one stream for people and scripts, and never more than ten a second."""

import json

import pytest

from rescue import events
from rescue.events import (
    Event,
    JobFailed,
    JobFinished,
    JobStarted,
    Meter,
    Note,
    Outcome,
    Part,
    Phase,
    Progress,
    RegionFinished,
    Thinned,
    as_json,
    from_json,
    nowhere,
)

EVENTS: list[Event] = [
    JobStarted("backup", ("Read.", "Store."), (Part("p1", "p1 ext4", 512),)),
    Progress(Phase.BACKUP, 5, 10, "p1 ext4"),
    Note("p1", "unclean"),
    RegionFinished("p1", Outcome.PARTIAL, ("512 bytes lost",)),
    JobFinished("backup", Outcome.FAILED, {"seconds": 1}),
    JobFailed("No.", "Do this.", 20),
]


@pytest.mark.parametrize("event", EVENTS)
def test_every_event_is_one_json_object(event: Event) -> None:
    plain = json.loads(json.dumps(as_json(event)))
    assert plain["event"] == type(event).__name__.replace("JobFailed", "Error")
    assert from_json(plain) == event
    nowhere(event)


def test_outcomes_and_phases_are_their_words() -> None:
    assert as_json(EVENTS[1])["phase"] == "back up"
    assert as_json(EVENTS[3])["outcome"] == "PARTIAL"


@pytest.mark.parametrize(
    ("outcomes", "worst"),
    [
        ([], Outcome.OK),
        ([Outcome.OK], Outcome.OK),
        ([Outcome.OK, Outcome.PARTIAL, Outcome.OK], Outcome.PARTIAL),
        ([Outcome.PARTIAL, Outcome.FAILED, Outcome.OK], Outcome.FAILED),
    ],
)
def test_the_worst_counts(outcomes: list[Outcome], worst: Outcome) -> None:
    assert Outcome.worst(outcomes) is worst


class Clock:
    """Time that a test sets."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(events, "time", clock)
    return clock


def test_at_most_ten_events_a_second(clock: Clock) -> None:
    seen: list[Event] = []
    meter = Meter(seen.append, Phase.BACKUP, 10_000_000)
    for _ in range(5000):
        meter.advance(1000, "p1")
        clock.now += 0.001
    assert 49 <= len(seen) <= 51
    assert all(isinstance(event, Progress) for event in seen)


def test_the_end_is_always_told(clock: Clock) -> None:
    seen: list[Event] = []
    meter = Meter(seen.append, Phase.CLONE, 3)
    for name in ("a", "b", "c"):
        meter.advance(1, name)
    del clock
    assert seen == [Progress(Phase.CLONE, 1, 3, "a"), Progress(Phase.CLONE, 3, 3, "c")]


def test_a_file_gets_two_a_second_the_last_of_each_phase_and_all_the_rest(clock: Clock) -> None:
    seen: list[Event] = []
    thin = Thinned(seen.append)
    for phase in (Phase.BACKUP, Phase.VERIFY):
        for done in range(1, 101):
            clock.now += 0.1
            thin.send(Progress(phase, done, 100, "p1"))
            if done == 50:
                thin.send(Note("", "half"))
    assert [event for event in seen if isinstance(event, Note)] == [Note("", "half")] * 2
    for phase in (Phase.BACKUP, Phase.VERIFY):
        told = [event.done for event in seen if isinstance(event, Progress) and event.phase is phase]
        assert told[0] == 1
        assert told[-1] == 100
        assert 20 <= len(told) <= 22


@pytest.mark.parametrize(
    "found", [None, [], {}, {"event": "JobExploded"}, {"event": "Progress"}, {"event": "Note", "region": 1}]
)
def test_what_is_no_event_is_none(found: object) -> None:
    assert from_json(found) is None
