"""A flow can end the program: the one that shuts down."""

import pytest
from textual.pilot import Pilot

from rescue.flows.front import Front
from tests.tui import fakes
from tests.tui.stage import act, settle


@pytest.mark.parametrize("ends", [True, False])
def test_a_flow_that_says_so_ends_the_program(ends: bool) -> None:
    async def flow(front: Front) -> bool:
        del front
        return ends

    app = fakes.app(fakes.several(), flow=flow)

    async def choose(pilot: Pilot[None]) -> None:
        await pilot.press("b")
        await settle(pilot)
        assert app._exit == ends

    act(app, choose)
