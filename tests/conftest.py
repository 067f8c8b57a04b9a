"""Rules for every test: reproducible properties, a private state directory, and no silent skip where it counts."""

import os
from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from rescue import language

_MUST_RUN = ("disk", "vm")

# The same examples in every run, and no time limits: other work on the same machine must not fail a property.
settings.register_profile("rescue", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("rescue")


@pytest.fixture(autouse=True)
def _private_environment(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Undo kits and reports go to a directory of the test; the person's own settings and language do not count."""
    monkeypatch.setenv("RESCUE_LANGUAGE", "en")
    monkeypatch.setenv("LANGUAGE", "en")
    language.use("en")
    monkeypatch.setenv("RESCUE_STATE_DIR", str(tmp_path_factory.mktemp("state")))
    for name in ("RESCUE_REPO", "RESCUE_DEVICES", "RESCUE_PLAIN"):
        monkeypatch.delenv(name, raising=False)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """In CI a skipped disk or VM test is a failure: nobody reads the list of skips there."""
    report = yield
    marked = any(item.get_closest_marker(name) for name in _MUST_RUN)
    if report.skipped and not hasattr(report, "wasxfail") and marked and _in_ci():
        report.outcome = "failed"
        report.longrepr = f"skipped in CI, where it must run: {_reason(report.longrepr)}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """The same for a whole module that skips itself."""
    report = yield
    parts = Path(collector.path).parts if isinstance(collector, pytest.Module) else ()
    if report.outcome == "skipped" and set(_MUST_RUN) & set(parts) and _in_ci():
        report.outcome = "failed"
        report.longrepr = f"{collector.nodeid} skipped in CI, where it must run: {_reason(report.longrepr)}"
    return report


def _in_ci() -> bool:
    return os.environ.get("CI", "").lower() not in ("", "0", "false")


def _reason(skipped: object) -> object:
    return skipped[2] if isinstance(skipped, tuple) else skipped
