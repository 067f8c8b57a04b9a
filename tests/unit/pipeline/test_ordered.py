"""Read in order, work in parallel, take in order: bounded, the first error wins, and no thread outlives its job."""

import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rescue.cancel import CancelToken
from rescue.errors import CancelledError
from rescue.pipeline.ordered import ordered_map


class WrongError(Exception):
    """What goes wrong in these tests."""


@pytest.fixture(autouse=True)
def _no_thread_is_left() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    assert set(threading.enumerate()) <= before


@contextmanager
def within(seconds: float) -> Iterator[None]:
    began = time.monotonic()
    yield
    assert time.monotonic() - began < seconds


def same(task: int) -> int:
    return task


def double(task: int, raw: int) -> int:
    assert task == raw
    return raw * 2


def late(task: int, raw: int) -> int:
    """Work whose later tasks often end first."""
    time.sleep(random.Random(task).random() / 500)
    return double(task, raw)


@settings(max_examples=25)
@given(st.integers(0, 60), st.integers(1, 5), st.integers(1, 9))
def test_results_come_in_the_order_of_the_tasks(count: int, workers: int, ahead: int) -> None:
    results = ordered_map(range(count), same, late, workers=workers, ahead=ahead, cancel=CancelToken())
    assert list(results) == [(task, task * 2) for task in range(count)]


def test_fetching_is_done_by_one_thread_in_order() -> None:
    seen: list[tuple[int, str]] = []

    def fetch(task: int) -> int:
        seen.append((task, threading.current_thread().name))
        return task

    list(ordered_map(range(50), fetch, double, workers=4, ahead=8, cancel=CancelToken()))
    assert seen == [(task, "reader") for task in range(50)]


def test_all_workers_work_at_once() -> None:
    barrier = threading.Barrier(4, timeout=10)

    def work(task: int, raw: int) -> int:
        barrier.wait()
        return double(task, raw)

    assert len(list(ordered_map(range(8), same, work, workers=4, ahead=8, cancel=CancelToken()))) == 8


@pytest.mark.parametrize("ahead", [1, 4])
def test_no_more_than_the_promised_number_waits(ahead: int) -> None:
    """Those in the queue, one that waits for room, and one that the caller holds."""
    fetched = taken = worst = 0

    def fetch(task: int) -> int:
        nonlocal fetched, worst
        fetched += 1
        worst = max(worst, fetched - taken)
        return task

    with closing(ordered_map(range(40), fetch, double, workers=2, ahead=ahead, cancel=CancelToken())) as results:
        for _ in results:
            time.sleep(0.005)
            taken += 1
    assert fetched == 40
    assert worst <= ahead + 2


def failing_tasks() -> Iterator[int]:
    yield from range(5)
    raise WrongError("tasks")


def failing_fetch(task: int) -> int:
    if task >= 5:
        raise WrongError(f"fetch {task}")
    return task


def failing_work(task: int, raw: int) -> int:
    if task >= 5:
        time.sleep(0.02 if task == 5 else 0)  # the error of a later task comes earlier
        raise WrongError(f"work {task}")
    return double(task, raw)


@pytest.mark.parametrize(
    ("tasks", "fetch", "work", "told"),
    [
        (failing_tasks, same, late, "tasks"),
        (lambda: iter(range(50)), failing_fetch, late, "fetch 5"),
        (lambda: iter(range(50)), same, failing_work, "work 5"),
        (lambda: iter(range(50)), failing_fetch, failing_work, "5"),
    ],
)
def test_the_first_error_ends_everything(
    tasks: Callable[[], Iterator[int]], fetch: Callable[[int], int], work: Callable[[int, int], int], told: str
) -> None:
    """After the results of all tasks before it."""
    taken = []
    with within(2), pytest.raises(WrongError, match=told):
        for task, _ in ordered_map(tasks(), fetch, work, workers=3, ahead=6, cancel=CancelToken()):
            taken.append(task)
    assert taken == list(range(5))


def test_an_error_of_the_caller_ends_everything() -> None:
    threads = threading.active_count()
    with (
        pytest.raises(WrongError) as caught,
        closing(ordered_map(range(1000), same, late, workers=3, ahead=6, cancel=CancelToken())) as results,
    ):
        for task, _ in results:
            if task == 7:
                raise WrongError("caller")
    assert threading.active_count() == threads, "threads live on while the error is known"
    assert caught.traceback


def test_a_caller_who_goes_away() -> None:
    results = ordered_map(range(1000), same, late, workers=3, ahead=2, cancel=CancelToken())
    assert next(results) == (0, 0)
    with within(1):
        results.close()
    assert list(results) == []


def test_a_caller_who_never_begins_starts_no_thread() -> None:
    threads = threading.active_count()
    ordered_map(range(10), same, double, workers=3, ahead=2, cancel=CancelToken()).close()
    assert threading.active_count() == threads


def test_no_task_at_all() -> None:
    assert list(ordered_map([], same, double, workers=2, ahead=1, cancel=CancelToken())) == []


def test_cancelled_before_it_begins() -> None:
    cancel = CancelToken()
    cancel.cancel()
    with within(1), pytest.raises(CancelledError):
        list(ordered_map(range(10), same, double, workers=2, ahead=1, cancel=cancel))


@pytest.mark.parametrize("slow", ["fetch", "work", "caller"])
def test_cancelled_within_a_second(slow: str) -> None:
    """Whoever is slow at the moment."""
    cancel = CancelToken()

    def fetch(task: int) -> int:
        time.sleep(0.05 if slow == "fetch" else 0)
        return task

    def work(task: int, raw: int) -> int:
        time.sleep(0.05 if slow == "work" else 0)
        return double(task, raw)

    def endless() -> Iterator[int]:
        number = 0
        while True:
            yield number
            number += 1

    threading.Timer(0.3, cancel.cancel).start()
    with within(1.3), pytest.raises(CancelledError):
        for _ in ordered_map(endless(), fetch, work, workers=2, ahead=4, cancel=cancel):
            time.sleep(0.05 if slow == "caller" else 0)


def test_a_keyboard_interrupt_in_a_thread_reaches_the_caller() -> None:
    def work(task: int, raw: int) -> int:
        if task == 3:
            raise KeyboardInterrupt
        return double(task, raw)

    with pytest.raises(KeyboardInterrupt):
        list(ordered_map(range(10), same, work, workers=2, ahead=4, cancel=CancelToken()))
