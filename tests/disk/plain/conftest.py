"""Programs that share a seat."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.disk.plain.lines import Lines

Open = Callable[..., Lines]


@pytest.fixture
def lines(tmp_path: Path) -> Iterator[Open]:
    """Opens programs that share a seat, which is not the one of this machine."""
    opened: list[Lines] = []
    run = tmp_path / "run"
    run.mkdir()

    def start(*words: str, **environment: str) -> Lines:
        opened.append(Lines(run, *words, **environment))
        return opened[-1]

    yield start
    for each in opened:
        each.close()
