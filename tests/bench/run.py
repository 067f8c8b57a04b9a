"""Runs a contender and measures it: wall time until its data is on the drive, processor time, peak memory."""

from __future__ import annotations

import os
import statistics
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

Argv = Sequence[str]


class ContenderError(RuntimeError):
    """A program that is measured failed."""


@dataclass(frozen=True)
class Pipeline:
    """Programs joined by pipes, from a file, to a file."""

    programs: tuple[Argv, ...]
    source: Path = Path(os.devnull)
    target: Path = Path(os.devnull)


@dataclass(frozen=True)
class Measured:
    """One run. `memory` is that of the largest moment: of all programs that run at once, each at its peak."""

    wall: float
    cpu: float
    memory: int


@dataclass(frozen=True)
class Contender:
    """A way to do the job: pipelines one after the other. `prepare` brings back the state before, unmeasured."""

    name: str
    steps: tuple[Pipeline, ...]
    prepare: Callable[[], None] = field(default=lambda: None)


def alternate(contenders: Sequence[Contender], rounds: int) -> dict[str, list[Measured]]:
    """Run all contenders in turns; the order is turned round every time."""
    results: dict[str, list[Measured]] = {contender.name: [] for contender in contenders}
    for number in range(rounds):
        for contender in contenders if number % 2 == 0 else reversed(contenders):
            contender.prepare()
            measured = measure(contender)
            print(f"  {contender.name:<28} {measured.wall:6.2f} s  {measured.cpu:6.2f} s of processor", flush=True)
            results[contender.name].append(measured)
    return results


def measure(contender: Contender) -> Measured:
    """Run once."""
    os.sync()
    began = time.monotonic()
    cpu, memory = 0.0, 0
    for step in contender.steps:
        step_cpu, step_memory = run_pipeline(step)
        cpu += step_cpu
        memory = max(memory, step_memory)
    return Measured(time.monotonic() - began, cpu, memory)


def ratio(results: dict[str, list[Measured]], ours: str, theirs: str) -> float:
    """How many times as fast ours is: the median over the rounds, each run against its neighbour."""
    return statistics.median(b.wall / a.wall for a, b in zip(results[ours], results[theirs], strict=True))


def cpu_ratio(results: dict[str, list[Measured]], ours: str, theirs: str) -> float:
    """The same for processor time."""
    return statistics.median(b.cpu / a.cpu for a, b in zip(results[ours], results[theirs], strict=True))


def run_pipeline(pipeline: Pipeline) -> tuple[float, int]:
    """Processor seconds and bytes of memory. ContenderError unless every program ends with 0."""
    children = []
    with ExitStack() as stack:
        upstream: int = stack.enter_context(pipeline.source.open("rb")).fileno()
        output = stack.enter_context(pipeline.target.open("wb"))
        log = stack.enter_context(Path(os.devnull).open("wb"))
        for number, argv in enumerate(pipeline.programs, start=1):
            last = number == len(pipeline.programs)
            target = output.fileno() if last else subprocess.PIPE
            child = subprocess.Popen(argv, stdin=upstream, stdout=target, stderr=log)
            children.append(child)
            stack.callback(_end, child)
            if child.stdout is not None:
                upstream = stack.enter_context(child.stdout).fileno()
        for child in children[:-1]:
            assert child.stdout is not None
            child.stdout.close()
        cpu, memory = 0.0, 0
        for child in children:
            _, status, usage = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
            if child.returncode != 0:
                raise ContenderError(f"{' '.join(child.args)} ended with {child.returncode}")  # type: ignore[arg-type]
            cpu += usage.ru_utime + usage.ru_stime
            memory += usage.ru_maxrss * 1024
        if pipeline.target != Path(os.devnull):
            os.fsync(output.fileno())
    return cpu, memory


def _end(child: subprocess.Popen[bytes]) -> None:
    """Leave nothing running behind when the benchmark is interrupted."""
    if child.returncode is None:
        child.kill()
        child.wait()
