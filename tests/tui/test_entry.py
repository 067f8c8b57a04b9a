"""Fields take what is typed in its order, however fast it comes."""

from __future__ import annotations

import asyncio

import pytest
from textual.app import App, ComposeResult
from textual.events import Key
from textual.widgets import Input

from rescue.tui.entry import entry

FAST = [*"0002", *["backspace"] * 4, *"0001", "home", *"x", "delete"]


class Fields(App[None]):
    """An app with one field."""

    def __init__(self, field: Input) -> None:
        super().__init__()
        self.field = field

    def compose(self) -> ComposeResult:
        """The field."""
        yield self.field


async def typed_at_once(field: Input) -> str:
    """What the field holds after keys that come faster than they are taken up."""
    app = Fields(field)
    async with app.run_test() as pilot:
        for key in FAST:
            app.post_message(Key(key, key if len(key) == 1 else None))
        await pilot.pause()
        return field.value


@pytest.mark.parametrize("password", [False, True])
def test_keys_act_in_their_order(password: bool) -> None:
    assert asyncio.run(typed_at_once(entry("name", hidden=password))) == "x001"


def test_in_a_usual_field_letters_overtake() -> None:
    assert asyncio.run(typed_at_once(Input())) != "x001"


def test_nothing_blinks() -> None:
    assert not entry("name").cursor_blink
