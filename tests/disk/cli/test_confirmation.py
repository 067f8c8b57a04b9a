"""Nothing is overwritten that nobody confirmed, and nothing that became another disk since."""

from __future__ import annotations

import fcntl
import os
import pty
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.disk.cli.harness import MIB, Done, Rescue, Unchanged, blank, finished, hash_of, junk, read, tool, untouched
from tests.samples.loop import attached, settle

pytestmark = pytest.mark.disk
Attach = Callable[..., str]
SIZE = 16 * MIB
_LOOP_SET_FD, _LOOP_CLR_FD, _LOOP_SET_STATUS64 = 0x4C00, 0x4C01, 0x4C04
GPT = "label: gpt\nsize=4MiB\n"


@dataclass
class Asked:
    """The program at a terminal, waiting for an answer."""

    process: subprocess.Popen[str]
    terminal: int

    def answer(self, text: str, *, code: int) -> Done:
        """Type a line, and demand how the program ends."""
        os.write(self.terminal, f"{text}\n".encode())
        return finished(self.process, code=code)


@contextmanager
def asked(rescue: Rescue, *words: str) -> Iterator[Asked]:
    """Start a command at a pseudo terminal and wait for its question."""
    ours, theirs = pty.openpty()
    process = rescue.start(*words, stdin=theirs, stderr=subprocess.PIPE)
    os.close(theirs)
    try:
        assert process.stderr is not None
        said = ""
        while not said.endswith("\n> "):
            letter = process.stderr.read(1)
            assert letter, said
            said += letter
        assert "OVERWRITE" in said or "Write back" in said
        yield Asked(process, ours)
    finally:
        os.close(ours)
        if process.poll() is None:
            process.kill()
            process.wait()


@pytest.fixture
def disks(attach: Attach) -> tuple[str, str]:
    """A source, and a target with a table."""
    source, target = attach(SIZE, "source.img"), attach(SIZE)
    junk(source, seed=3)
    tool("sfdisk", "--quiet", "--no-reread", "--no-tell-kernel", target, text=GPT)
    settle(target)
    return source, target


@pytest.fixture
def before(disks: tuple[str, str]) -> Unchanged:
    return untouched(disks[1])


def test_wrong_or_missing_confirmation(rescue: Rescue, disks: tuple[str, str], before: Unchanged) -> None:
    source, target = disks
    rescue = rescue.seeing(source, target)
    rescue.run("init")
    rescue.run("backup", source)
    for words in (("restore", "latest", target), ("clone", source, target)):
        done = rescue.refused(*words, code=17, says=f"Nobody confirmed that {target} is overwritten")
        assert "--yes --confirm 'target.img'" in done.err
        rescue.refused(*words, "--yes", code=17, says="--yes alone confirms nothing")
        rescue.refused(*words, "--confirm", "target.img", code=17, says="--confirm without --yes")
        for wrong in ("source.img", "target", "TARGET.IMG", target, ""):
            code = rescue.run(*words, "--yes", "--confirm", wrong, code=17).code
            assert code == 17
    before.require()
    assert not rescue.state.exists()


def test_at_a_terminal(rescue: Rescue, disks: tuple[str, str], before: Unchanged) -> None:
    source, target = disks
    rescue = rescue.seeing(source, target)
    for wrong in ("", "y", "yes", "source.img"):
        with asked(rescue, "clone", source, target) as question:
            question.answer(wrong, code=17)
        before.require()
    with asked(rescue, "clone", source, target) as question:
        question.process.send_signal(signal.SIGINT)
        finished(question.process, code=130, seconds=10)
    before.require()
    with asked(rescue, "clone", source, target, "--confirm", "target.img") as question:
        question.answer("no", code=17)
    before.require()
    with asked(rescue, "clone", source, target) as question:
        question.answer("target.img", code=0)
    assert hash_of(target) == hash_of(source)


def test_another_table_while_the_question_waits(rescue: Rescue, disks: tuple[str, str]) -> None:
    """The plan was made for a disk with another content: somebody has used it since."""
    source, target = disks
    rescue = rescue.seeing(source, target)
    with asked(rescue, "clone", source, target) as question:
        tool("sfdisk", "--quiet", "--no-reread", "--no-tell-kernel", target, text="label: gpt\nsize=5MiB\n")
        changed = untouched(target)
        done = question.answer("target.img", code=18)
        changed.require()
    assert "is not the disk that the plan was made for" in done.err
    assert "The partition table's id" in done.err


def test_another_disk_while_the_question_waits(rescue: Rescue, disks: tuple[str, str], tmp_path: Path) -> None:
    """The drive at that name is another one now: what sdb was is sdc after a replug."""
    source, _ = disks
    images = [blank(tmp_path / name, SIZE) for name in ("mine.img", "yours.img")]
    with attached(images[0]) as target:
        program = rescue.seeing(source, target)
        with asked(program, "clone", source, target) as question:
            swap_backing(target, images[1])
            junk(target)
            other = untouched(target)
            done = question.answer("mine.img", code=18)
            other.require()
    assert "The backing file" in done.err
    assert "Nothing was written" in done.err


def swap_backing(device: str, image: Path) -> None:
    """Put another file behind a loop device, so fast that no other program takes the device in between."""
    with image.open("r+b") as file:
        with Path(device).open("rb") as loop:
            fcntl.ioctl(loop, _LOOP_CLR_FD)
        with Path(device).open("r+b") as loop:
            fcntl.ioctl(loop, _LOOP_SET_FD, file.fileno())
            fcntl.ioctl(loop, _LOOP_SET_STATUS64, bytes(56) + bytes(image)[:63].ljust(64, b"\0") + bytes(112))


def test_gone_while_the_question_waits(rescue: Rescue, disks: tuple[str, str]) -> None:
    """A partition that somebody deleted."""
    _, target = disks
    tool("sfdisk", "--quiet", "--no-reread", "--no-tell-kernel", target, text="label: gpt\nsize=4MiB\nsize=5MiB\n")
    settle(target)
    before = untouched(target)
    with asked(rescue.seeing(target), "clone", f"{target}p1", f"{target}p2") as question:
        tool("delpart", target, "2")
        done = question.answer("target.img", code=18)
    before.require()
    assert f"{target}p2 is gone" in done.err


def test_in_use_since_the_question(rescue: Rescue, disks: tuple[str, str]) -> None:
    source, target = disks
    tool("mkswap", f"{target}p1")
    with asked(rescue.seeing(source, target), "clone", source, target) as question:
        tool("swapon", f"{target}p1")
        try:
            before = read(target, 0, MIB)
            done = question.answer("target.img", code=15)
            assert read(target, 0, MIB) == before
        finally:
            tool("swapoff", f"{target}p1")
    assert "is active swap space" in done.err


def test_undo_asks_too(rescue: Rescue, disks: tuple[str, str]) -> None:
    source, target = disks
    rescue = rescue.seeing(source, target)
    rescue.run("clone", source, target, *rescue.confirm(target))
    before = untouched(target)
    with asked(rescue, "undo", target) as question:
        question.answer("yes", code=17)
    before.require()
    with asked(rescue, "undo", target) as question:
        tool("sfdisk", "--quiet", "--no-reread", "--no-tell-kernel", target, text=GPT)
        changed = untouched(target)
        question.answer("target.img", code=18)
        changed.require()
