"""A machine that lacks something: root, a program, room for the state."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.disk.cli.disks import SIZE, Content
from tests.disk.cli.harness import MIB, Rescue, junk, tool, untouched

pytestmark = pytest.mark.disk
Attach = Callable[..., str]


def test_not_root(rescue: Rescue, attach: Attach, tmp_path: Path) -> None:
    source, target = attach(4 * MIB, "source.img"), attach(4 * MIB)
    junk(source)
    rescue = rescue.seeing(source, target)
    rescue.run("init")
    rescue.run("backup", source)
    before = untouched(target)
    for path in (tmp_path, *tmp_path.parents):
        if path.stat().st_uid == 0 and path != Path("/"):
            path.chmod(path.stat().st_mode | 0o055)
    tool("chmod", "-R", "a+rX", str(rescue.repo))
    nobody = rescue.wrapped("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
    commands = (
        ("disks",), ("backup", source), ("restore", "latest", target), ("clone", source, target), ("undo", target),
        ("stick", "/none.iso", target),
    )  # fmt: skip
    for words in commands:
        done = nobody.refused(*words, code=10, says="Only root can look into disks.")
        assert "sudo" in done.err
    nobody.run("list")
    nobody.run("verify", "latest")
    before.require()


@pytest.mark.parametrize("program", ["blkid", "partclone.ext4"])
def test_a_program_is_missing(
    rescue: Rescue, attach: Attach, gpt: tuple[Path, Content], tmp_path: Path, program: str
) -> None:
    """In a mount namespace of its own an empty file without permission to run covers the program."""
    source, target = attach(gpt[0]), attach(SIZE)
    rescue = rescue.seeing(source, target)
    rescue.run("init")
    cover = tmp_path / "cover"
    cover.touch(mode=0o600)
    path = os.path.realpath(shutil.which(program, path="/usr/sbin:/usr/bin:/sbin:/bin") or "")
    assert Path(path).is_file(), f"{program} is needed, to be hidden"
    script = f'mount --bind {cover} {path} && exec "$@"'
    poor = rescue.wrapped("unshare", "--mount", "--propagation=private", "sh", "-c", script, "sh")
    before = untouched(target)
    for words in (("backup", source), ("clone", source, target)):
        done = poor.refused(*words, code=11, says=f"The program {program} is not installed.")
        assert "apt install" in done.err
    before.require()
    assert rescue.run("list", "--json").out == ""


def test_standard_output_that_is_closed(rescue: Rescue, attach: Attach) -> None:
    """`rescue list | head -0` ends quietly."""
    rescue = rescue.seeing(attach(4 * MIB, "source.img"))
    ours, theirs = os.pipe()
    os.close(ours)
    process = rescue.start("disks", stdout=theirs)
    os.close(theirs)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert err == ""


def test_words_that_make_no_sense(rescue: Rescue) -> None:
    for words in ((), ("explode",), ("backup",), ("restore", "latest"), ("backup", "x", "--level", "99")):
        assert rescue.run(*words, code=2).out == ""
    assert "rescue" in rescue.run("--version").out
