"""The first screen with facts and with all things to do, at 80x24 and larger."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from dataclasses import replace

import pytest
from rich.color import Color, ColorType
from textual.pilot import Pilot

from rescue.cancel import CancelToken
from rescue.devices.model import Inventory
from rescue.operations.facts import Facts
from rescue.tui.home import columns
from tests.tui import fakes, known
from tests.tui.stage import LARGE, SMALL, act, pages, play, settle, text
from tests.tui.test_home import GLYPHS, READABLE

LONGER = tuple((key, f"{title}{'n' * (len(title) * 2 // 5 + 1)}", f"{what} x") for key, title, what in known.CHOICES)


@pytest.mark.parametrize("size", [SMALL, (80, 25), LARGE, (200, 60)])
@pytest.mark.parametrize("words", [known.CHOICES, LONGER])
def test_everything_there_is_to_do_is_shown(size: tuple[int, int], words: tuple[tuple[str, str, str], ...]) -> None:
    shown = play(known.app(words=words), size=size)
    lines = shown.splitlines()
    assert len(lines) == size[1]
    for key, title, what in words[:3]:
        assert f" {key.upper()}   {title} " in shown
        assert all(word in shown for word in what.split())
    for key, title, _ in words[3:]:
        assert f" {key.upper()}  {title}" in shown
    for keys in (" F1  Help", " F2  ", " F5  Rescan", " Q  Quit"):
        assert keys in shown


def test_two_disks_are_whole_at_80x24() -> None:
    shown = play(known.app(Inventory((fakes.windows(), fakes.drive()))))
    for words in (
        "/dev/nvme0n1  932.0 GiB  466.2 GiB used  + healthy  38 °C",
        "3: Windows 11 Pro 23H2   4: Debian GNU/Linux 12 (bookworm)",
        "3 ntfs “Windows”  412.0/600.0 GiB",
        "5 swap  16.0 GiB",
        "/dev/sdb  1.8 TiB  655.0 GiB used  ! worn: 92 % used",
        "! 92 % of the life that its maker promises are used.",
        "1 exfat “Backups”  655.0 GiB of 1.8 TiB used  * mounted at /mnt/usb",
        "Shut down",
        "Quit",
    ):
        assert words in shown


@pytest.mark.parametrize("size", [SMALL, LARGE])
def test_every_fact_is_somewhere(size: tuple[int, int]) -> None:
    seen = ""

    async def read(pilot: Pilot[None]) -> None:
        nonlocal seen
        seen = await pages(pilot)
        assert {letter for letter in seen if not letter.isascii()} <= GLYPHS | set("░°")
        styles = {segment.style for strip in pilot.app.screen._compositor.render_strips() for segment in strip}
        colours = {colour for style in styles if style for colour in (style.color, style.bgcolor) if colour}
        assert {colour.type for colour in colours} <= {ColorType.DEFAULT, ColorType.STANDARD}
        assert all((style.bgcolor.number or 0) < 8 for style in styles if style and style.bgcolor)
        black = Color.from_ansi(0)
        assert {style.color.number for style in styles if style and style.color and style.bgcolor == black} <= READABLE

    act(known.app(), read, size=size)
    for health in known.HEALTH.values():
        assert f"{health.state.sign} {health.word}" in seen


@pytest.mark.parametrize("theme", ["dark", "light", "high-contrast", "mono"])
def test_used_and_unused_differ_in_every_theme(theme: str) -> None:
    """And the unused share is drawn as another letter, for whoever sees neither colours nor reversed text."""

    async def read(pilot: Pilot[None]) -> None:
        pilot.app.theme = theme
        await settle(pilot)
        (line,) = [strip for strip in pilot.app.screen._compositor.render_strips() if "│3 ntfs " in strip.text]
        styles = {
            "solid" if "3 ntfs" in each.text else "light": each.style
            for each in line
            if "3 ntfs" in each.text or "░" in each.text
        }
        assert styles["solid"] != styles["light"]
        assert "░░░░" in line.text

    act(known.app(), read)


def test_the_first_picture_waits_for_nothing() -> None:
    go, stopped = threading.Event(), threading.Event()

    def learn(inventory: Inventory, afresh: bool, tell: Callable[[Facts], None], stop: CancelToken) -> None:
        del inventory, afresh
        assert go.wait(30)
        tell(known.FACTS)
        stopped.set()
        assert not stop.cancelled

    app = fakes.FakeApp(fakes.several, fakes.watch_once, fakes.FakeSeat(), lambda: None, known.offered([]), learn)

    async def scene() -> None:
        async with app.run_test(size=SMALL) as pilot:
            while app.home.busy:
                await pilot.pause()
            await pilot.pause()
            before = text(app)
            assert "/dev/nvme0n1  932.0 GiB" in before
            assert "healthy" not in before
            await pilot.press("down", "down")
            place = app.home.query_one("#disks").scroll_offset
            go.set()
            await settle(pilot)
            assert app.home.query_one("#disks").scroll_offset == place
            await pilot.press("home")
            assert "+ healthy  38 °C" in text(app)
            assert "412.0/600.0 GiB" in text(app)

    asyncio.run(scene())
    assert stopped.is_set()


def test_a_change_of_disks_asks_only_for_what_is_new_and_f5_for_everything() -> None:
    learner = known.Learner()
    told: list[Callable[[], None]] = []

    def watch(changed: Callable[[], None], stop: CancelToken) -> None:
        del stop
        told.append(changed)
        changed()

    app = fakes.FakeApp(fakes.several, watch, fakes.FakeSeat(), lambda: None, known.offered([]), learner)

    async def scene(pilot: Pilot[None]) -> None:
        told[0]()
        await settle(pilot)
        await pilot.press("f5")
        await settle(pilot)
        told[0]()
        await settle(pilot)

    act(app, scene)
    assert learner.afresh == [False, False, True, False]
    assert all(stop.cancelled for stop in learner.stops)  # each by the one that came after it, the last by the end


def test_a_disk_in_the_place_of_another_shows_nothing_of_it() -> None:
    """Not even while nobody has told anything about it, and not what comes late about the former one."""
    disks = [fakes.windows()]
    tells: list[Callable[[Facts], None]] = []

    def learn(inventory: Inventory, afresh: bool, tell: Callable[[Facts], None], stop: CancelToken) -> None:
        del afresh, stop
        tells.append(tell)
        if inventory.disks[0].confirm != "OTHER":
            tell(known.FACTS)

    def look() -> Inventory:
        return Inventory(tuple(disks))

    app = fakes.FakeApp(look, fakes.watch_once, fakes.FakeSeat(), lambda: None, known.offered([]), learn)

    async def scene(pilot: Pilot[None]) -> None:
        assert "+ healthy" in text(app)
        whole = disks[0]
        disks[0] = replace(whole, confirm="OTHER", identity=replace(whole.identity, serial="OTHER"))
        await pilot.press("f5")
        await settle(pilot)
        tells[0](known.FACTS)
        await settle(pilot)
        assert "confirm OTHER" in text(app)
        assert "healthy" not in text(app)
        assert "░" not in text(app)

    act(app, scene)


def test_what_was_known_stays_while_a_scan_shows_the_disks_anew() -> None:
    learner = known.Learner()

    async def scene(pilot: Pilot[None]) -> None:
        learner.facts = ()
        app.home.found = fakes.several()
        await settle(pilot)
        assert "+ healthy" in text(app)

    app = known.app(learner=learner)
    act(app, scene)


@pytest.mark.parametrize("key", ["i", "N", "l", "h", "x", "b"])
def test_a_key_chooses(key: str) -> None:
    chosen: list[str] = []
    play(known.app(chosen=chosen), key)
    assert chosen == [key.lower()]


def test_arrows_reach_everything_and_enter_chooses() -> None:
    chosen: list[str] = []

    async def walk(pilot: Pilot[None]) -> None:
        for key, title, _ in known.CHOICES[:3]:
            assert key
            assert title in text(pilot.app)  # type: ignore[arg-type]
            await pilot.press("right")
        for key, title, _ in known.CHOICES[3:]:
            assert f">{key.upper()}< {title}" in text(pilot.app)  # type: ignore[arg-type]
            assert text(pilot.app).count("<") == 1  # type: ignore[arg-type]
            await pilot.press("right")
        await pilot.press("left", "enter")
        await settle(pilot)

    act(known.app(chosen=chosen), walk)
    assert chosen == ["x"]


def test_a_click_chooses() -> None:
    chosen: list[str] = []

    async def click(pilot: Pilot[None]) -> None:
        await pilot.click(pilot.app.screen.query(".small")[2])
        await settle(pilot)

    act(known.app(chosen=chosen), click)
    assert chosen == ["n"]


def test_who_only_looks_chooses_nothing() -> None:
    chosen: list[str] = []
    for keys in (("i",), ("right", "right", "right", "enter")):
        shown = play(known.app(chosen=chosen, seat=fakes.FakeSeat(fakes.LOOKS)), *keys)
        assert "and that screen leads." in shown
    assert chosen == []


@pytest.mark.parametrize(
    ("lengths", "width", "expected"),
    [
        ([10] * 6, 78, 6),
        ([11] * 6, 78, 6),
        ([12] * 6, 78, 3),
        ([20] * 6, 78, 3),
        ([40] * 6, 78, 1),
        ([5], 78, 1),
        ([5, 5], 3, 1),
    ],
)
def test_columns_of_things_to_do(lengths: list[int], width: int, expected: int) -> None:
    assert columns(lengths, width) == expected


def test_keys_of_one_program_are_not_keys_of_the_next_one() -> None:
    chosen: list[str] = []
    play(known.app(chosen=chosen), "t")
    assert chosen == ["t"]
    assert "Take over" not in play(known.app(words=known.CHOICES[:3]), "t", "T")
