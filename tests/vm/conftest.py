"""Says after the tests where the machines' time went."""

from __future__ import annotations

from collections.abc import Generator

import pytest

from tests.vm import machine

_TIMES = pytest.StashKey[list[str]]()


@pytest.fixture(autouse=True)
def _times(request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture) -> Generator[None]:
    with caplog.at_level("INFO", logger=machine.__name__):
        yield
    said = [record.getMessage() for record in caplog.get_records("call") if record.name == machine.__name__]
    request.config.stash.setdefault(_TIMES, []).extend(f"{request.node.name}: {line}" for line in said)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """One line a machine: how long it ran, and what it reached when."""
    if times := config.stash.get(_TIMES, []):
        terminalreporter.section("virtual machines, seconds")
        for line in times:
            terminalreporter.write_line(line)
