"""What all tests here share: the program, and sample disks that are made once and copied."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.disk.cli.disks import Content, make_gpt, make_mbr
from tests.disk.cli.harness import Rescue, blank
from tests.disk.cli.isos import make_iso
from tests.samples.loop import attached


@pytest.fixture
def rescue(tmp_path: Path) -> Iterator[Rescue]:
    """The program with a repository that is not made yet, and no visible device."""
    program = Rescue(tmp_path)
    yield program
    program.kill_all()


@pytest.fixture
def attach(tmp_path: Path) -> Iterator[Callable[..., str]]:
    """`attach(image)` or `attach(size, name)`: a loop device that is detached at the end."""
    with ExitStack() as stack:

        def add(what: Path | int, name: str = "target.img", *, sector_size: int = 512, read_only: bool = False) -> str:
            image = what if isinstance(what, Path) else blank(tmp_path / name, what)
            return stack.enter_context(attached(image, sector_size=sector_size, read_only=read_only))

        yield add


@pytest.fixture(scope="session")
def _gpt(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Content]:
    path = tmp_path_factory.mktemp("gpt") / "gpt.img"
    return path, make_gpt(path)


@pytest.fixture(scope="session")
def _mbr(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Content]:
    path = tmp_path_factory.mktemp("mbr") / "mbr.img"
    return path, make_mbr(path)


@pytest.fixture
def gpt(_gpt: tuple[Path, Content], tmp_path: Path) -> tuple[Path, Content]:
    """A copy of the GPT disk, 96 MiB."""
    return _copy(_gpt[0], tmp_path / "source.img"), _gpt[1]


@pytest.fixture
def mbr(_mbr: tuple[Path, Content], tmp_path: Path) -> tuple[Path, Content]:
    """A copy of the MBR disk, 96 MiB."""
    return _copy(_mbr[0], tmp_path / "source.img"), _mbr[1]


@pytest.fixture(scope="session")
def isos(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """`isos(layout)`: an image with that layout, made once. Tests do not change it."""
    made: dict[str, Path] = {}

    def get(layout: str) -> Path:
        if layout not in made:
            made[layout] = make_iso(tmp_path_factory.mktemp(layout), layout)
        return made[layout]

    return get


Isos = Callable[[str], Path]


def _copy(source: Path, target: Path) -> Path:
    subprocess.run(["cp", "--sparse=always", source, target], check=True)
    shutil.copystat(source, target)
    return target
