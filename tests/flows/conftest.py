"""What several flows ask for is answered in one place."""

from collections.abc import Callable

import pytest

from rescue.flows import catalogue, log, tables
from rescue.flows.engine import Engine
from rescue.flows.front import Front
from rescue.places.model import Place

Choose = Callable[[Place | None], list[bool]]


@pytest.fixture
def choose(monkeypatch: pytest.MonkeyPatch) -> Choose:
    """Answers `choose_place` with a place; what comes back remembers for each time whether it had to be writable."""

    def answer(place: Place | None) -> list[bool]:
        asked: list[bool] = []

        async def chosen(front: Front, engine: Engine, *, writable: bool) -> Place | None:
            del front, engine
            asked.append(writable)
            return place

        for module in (catalogue, log, tables):
            monkeypatch.setattr(module, "choose_place", chosen)
        return asked

    return answer
