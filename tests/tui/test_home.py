"""The first screen: what it shows of disks, at every size, and that no disk can spoil it."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest
from rich.color import Color, ColorType
from textual.pilot import Pilot

import rescue
from rescue.cancel import CancelToken
from rescue.devices.model import Disk, Inventory
from rescue.errors import RescueError, ToolError
from rescue.tui.app import RescueApp
from rescue.units import GiB, MiB, format_size
from tests.tui import fakes
from tests.tui.stage import LARGE, SMALL, act, pages, play, settle, text

SIZES = (SMALL, (80, 25), LARGE, (200, 60))
# What the Linux console's fonts have, of what this program draws (Terminus in Uni2 and Lat15).
BLACK, BRIGHT_WHITE = Color.from_ansi(0), 15
READABLE = {3, 6, 7, *range(9, 16)}  # no bright black, dark blue or dark red on black
GLYPHS = set("─│┌┐└┘═║╔╗╚╝·…“”↑↓�")


def all_of(app: RescueApp, size: tuple[int, int] = SMALL) -> str:
    seen = ""

    async def read(pilot: Pilot[None]) -> None:
        nonlocal seen
        seen = await pages(pilot)

    act(app, read, size=size)
    return seen


@pytest.mark.parametrize("size", SIZES)
def test_every_disk_is_shown_whole(size: tuple[int, int]) -> None:
    seen = all_of(fakes.app(fakes.several()), size)
    assert f"Rescue {rescue.__version__}" in seen
    assert "5 disks" in seen
    for disk in fakes.several().disks:
        assert f"{disk.path}  {format_size(disk.size)}" in seen
        assert disk.confirm in seen
        for part in disk.partitions:
            assert format_size(part.size) in seen
            assert (part.filesystem.label or "" if part.filesystem else "unknown") in seen
            assert (part.system or "") in seen
    for words in (
        "Samsung SSD 980 PRO 1TB  nvme",
        "WD Elements 25A3  usb removable",
        "* mounted at /mnt/usb",
        "It cannot be read: the drive, its cable or its case may be failing.",
        "no identity: never written",
        "ST2000LM015-2E8174 with a name",
    ):
        assert words in seen


@pytest.mark.parametrize("size", SIZES)
def test_what_there_is_to_do_is_never_cut(size: tuple[int, int]) -> None:
    for standing in (fakes.FREE, fakes.LEADS, fakes.LOOKS):
        shown = play(fakes.app(fakes.several(), fakes.FakeSeat(standing)), size=size)
        assert len(shown.splitlines()) == size[1]
        for words in (
            " B   Back up ",
            " R   Restore ",
            " C   Clone ",
            " F5  Rescan",
            " F1  Help",
            " Q  Quit",
        ):
            assert words in shown
        if not standing.looks:
            assert "only looks" not in shown
            for words in ("Disks to a repository", "A backup to a disk", "A disk to a disk", " S  Shell"):
                assert words in shown
        else:
            assert "Rescue is open on tty1. This screen only looks. T takes over." in shown
            assert shown.count("T takes over first") == 3
            assert " T  Take over" in shown


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("key", ["", "b", "r", "c", "f1", "t"])
def test_only_glyphs_that_a_console_has(size: tuple[int, int], key: str) -> None:
    app = fakes.app(fakes.several(), fakes.FakeSeat(fakes.LOOKS if key == "t" else fakes.FREE))
    shown = play(app, *filter(None, [key]), size=size)
    assert {letter for letter in shown if not letter.isascii()} <= GLYPHS
    assert len(set(shown)) > 20


@pytest.mark.parametrize("key", ["", "b", "f1", "t"])
def test_only_the_sixteen_colours(key: str) -> None:
    """And backgrounds of the first eight: a console with 512 glyphs has no others."""

    async def read(pilot: Pilot[None]) -> None:
        await pilot.press(*filter(None, [key]))
        await settle(pilot)
        styles = {segment.style for strip in pilot.app.screen._compositor.render_strips() for segment in strip}
        colours = {colour for style in styles if style for colour in (style.color, style.bgcolor) if colour}
        assert {colour.type for colour in colours} <= {ColorType.DEFAULT, ColorType.STANDARD}
        assert all((style.bgcolor.number or 0) < 8 for style in styles if style and style.bgcolor)
        on_black = {style.color.number for style in styles if style and style.color and style.bgcolor == BLACK}
        assert on_black <= READABLE
        assert BRIGHT_WHITE in on_black or key in ("b", "f1")  # a page of plain text
        assert len(colours) >= 2

    act(fakes.app(fakes.several(), fakes.FakeSeat(fakes.LOOKS if key == "t" else fakes.FREE)), read, size=(60, 16))


def test_ten_disks_scroll() -> None:
    disks = tuple(fakes.disk(f"/dev/sd{letter}", 100 * GiB, model="M" * 200) for letter in "abcdefghij")
    app = fakes.app(Inventory(disks))
    seen = all_of(app)
    assert all(disk.path in seen for disk in disks)
    assert "10 disks" in seen

    async def move(pilot: Pilot[None]) -> None:
        await pilot.press("end")
        assert "/dev/sdj" in text(app)
        await pilot.press("up", "pageup", "home")
        assert "/dev/sda" in text(app)
        await pilot.press("end", "f5")
        await settle(pilot)
        assert "/dev/sdj" in text(app)  # a scan leaves the reader where he was

    app = fakes.app(Inventory(disks))
    act(app, move)


def test_a_disk_of_128_partitions() -> None:
    parts = [fakes.part("/dev/sda", n, n * MiB, MiB, "ext4") for n in range(1, 129)]
    seen = all_of(fakes.app(Inventory((fakes.disk("/dev/sda", 200 * MiB, *parts),))))
    assert "128 ext4" in seen


@pytest.mark.parametrize("size", SIZES)
def test_no_disks(size: tuple[int, int]) -> None:
    shown = play(fakes.app(), size=size)
    assert "No disks found." in shown
    assert "AHCI or NVMe instead." in shown
    assert "F5 looks again." in shown
    assert "RESCUE_DEVICES hides every disk." in play(fakes.app(Inventory((), ())), size=size)


def test_a_scan_that_fails_and_then_works() -> None:
    results: list[Inventory | Exception] = [
        ToolError("`blkid` \x1b[2J failed.", hint="Do [b]something[/b]."),
        OSError(5, "Input/output error"),
        fakes.several(),
    ]

    def look() -> Inventory:
        result = results.pop(0)
        if isinstance(result, Exception):
            raise result
        return result

    app = fakes.FakeApp(look, fakes.watch_once, fakes.FakeSeat(), lambda: None, fakes.offer())

    async def again(pilot: Pilot[None]) -> None:
        assert "`blkid` �[2J failed." in text(app)
        assert "Do [b]something[/b]." in text(app)
        assert "Back up" in text(app)
        await pilot.press("f5")
        await settle(pilot)
        assert "The machine refused something: Input/output error." in text(app)
        await pilot.press("ctrl+r")
        await settle(pilot)
        assert "/dev/nvme0n1" in text(app)

    act(app, again)


HOSTILE = "[red]x[/red]\x1b[2J\n\u202e\x9b31m[@click=app.quit]y[/]"


def test_texts_of_disks_are_neither_markup_nor_commands() -> None:
    part = fakes.part("/dev/sda", 1, MiB, GiB, HOSTILE[:12], label=HOSTILE, system=HOSTILE)
    disk = replace(fakes.disk("/dev/sda", 2 * GiB, part, model=HOSTILE, serial=HOSTILE), path="/dev/[b]\x1b")
    for size in SIZES:
        seen = all_of(fakes.app(Inventory((disk,))), size)
        assert all(letter.isprintable() or letter == "\n" for letter in seen)
        assert "[red]x[/red]�[2J��" in seen
        assert "[@click=app.quit]y[/]" in seen
        assert "/dev/[b]�" in seen
    shown = play(fakes.app(Inventory((disk,))), "r", size=LARGE)
    assert all(letter.isprintable() or letter == "\n" for letter in shown)


def test_the_frame_comes_before_the_scan_and_disks_come_and_go() -> None:
    found: list[Disk] = []
    told: list[Callable[[], None]] = []

    def watch(changed: Callable[[], None], stop: CancelToken) -> None:
        del stop
        told.append(changed)

    app = fakes.FakeApp(lambda: Inventory(tuple(found)), watch, fakes.FakeSeat(), lambda: None, fakes.offer())

    async def plug() -> None:
        async with app.run_test(size=SMALL) as pilot:
            await pilot.pause()
            await app.workers.wait_for_complete()
            shown = text(app)
            assert shown.count("Looking at the disks …") == 2
            assert "Back up" in shown
            for disks, words in (([fakes.drive()], "1 disk "), ([], "No disks found"), ([fakes.windows()], "Windows")):
                found[:] = disks
                told[0]()
                await settle(pilot)
                assert words in text(app)

    asyncio.run(plug())


def test_without_hot_plug_the_disks_are_there_all_the_same() -> None:
    def watch(changed: Callable[[], None], stop: CancelToken) -> None:
        del changed, stop
        raise OSError(97, "Address family not supported by protocol")

    app = fakes.FakeApp(fakes.several, watch, fakes.FakeSeat(), lambda: None)
    assert "/dev/nvme0n1" in play(app)


def test_an_error_without_a_hint() -> None:
    shown = play(fakes.app(RescueError("It failed.")))
    assert "It failed." in shown
