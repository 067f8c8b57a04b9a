"""The stand-alone extractor turns a snapshot into a disk image with nothing but Python and zstd."""

import os
import shutil
import subprocess
import sys
import uuid
from pathlib import Path

import pytest

from rescue.devices.model import Identity
from rescue.extents import Extents
from rescue.images.layout import Layout, Region, carve, gap_used
from rescue.repository.repository import Repository
from rescue.repository.snapshot import RegionKind
from rescue.tables.read import read_table
from tests.unit.repository.backups import CHUNK, files, new_repository, noise, restore, store
from tests.unit.tables.synth import GptPlan

SECTORS = 4096
LINUX = uuid.UUID("0fc63daf-8483-4772-8e79-3d69d8477de4")


class Sample:
    """A disk with a GPT and two partitions of which some bytes are used, and a repository with its backup."""

    def __init__(self, folder: Path) -> None:
        self.root = new_repository(folder / "repo")
        self.disk = folder / "disk.img"
        slots = {
            0: (LINUX, uuid.UUID(int=1), 100, 1299, 0, "first"),
            1: (LINUX, uuid.UUID(int=2), 1300, 3900, 0, "second"),
        }
        image = GptPlan(512, SECTORS, uuid.UUID(int=3), 128, 128, slots).image()
        for start, seed in ((100, 1), (1300, 2)):
            image.write(start * 512, noise(700 * 512, seed))
        self.disk.write_bytes(image.read(0, image.size))
        self.layout = self._layout()
        with Repository.open(self.root) as repository:
            self.id = store(repository, self.disk, self.layout, "sample")

    def _layout(self) -> Layout:
        data = self.disk.read_bytes()
        table = read_table(lambda offset, length: data[offset : offset + length], len(data), 512)
        regions = []
        for span in carve(table, len(data)):
            partly = Extents([(0, 300 * 512), (400 * 512, 500 * 512), (1000 * 512, 1010 * 512)])
            used = gap_used(span, table) if span.kind is RegionKind.GAP else partly
            regions.append(Region(span.name, span.kind, span.number, span.start, span.size, used=used))
        return Layout(
            "/dev/sample", "", None, Identity(None, "S", None, None, len(data)), len(data), 512, table, tuple(regions)
        )

    def expected(self) -> bytes:
        """The disk where everything that is neither used nor part of the table is zero."""
        data = self.disk.read_bytes()
        kept = self.layout.table.occupied
        for region in self.layout.regions:
            kept |= region.used.shift(region.start)
        wanted = bytearray(len(data))
        for start, end in kept:
            wanted[start:end] = data[start:end]
        return bytes(wanted)


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    return Sample(tmp_path_factory.mktemp("extract"))


@pytest.fixture
def alone(tmp_path: Path) -> dict[str, str]:
    """An environment with zstd and nothing else."""
    zstd = shutil.which("zstd")
    assert zstd, "zstd is not installed"
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "zstd").symlink_to(zstd)
    return {"PATH": str(tmp_path / "bin")}


def extract(root: Path, *words: str | Path, env: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    """Run the repository's own copy, isolated, without site packages."""
    command = [sys.executable, "-I", "-S", root / "extract.py", *words]
    return subprocess.run(command, env=env, cwd="/", capture_output=True, text=True, check=False)


@pytest.mark.parametrize("query", ["latest", "sample"])
def test_a_disk(sample: Sample, alone: dict[str, str], tmp_path: Path, query: str) -> None:
    done = extract(sample.root, query, tmp_path / "out", env=alone)
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "out").read_bytes() == sample.expected()


def test_it_equals_a_restore(sample: Sample, alone: dict[str, str], tmp_path: Path) -> None:
    extract(sample.root, sample.id[:10], tmp_path / "out", env=alone)
    extracted, restored = (tmp_path / "out").read_bytes(), restore(sample.root, sample.id, tmp_path / "restored")
    for region in sample.layout.regions:
        for start, end in region.used.shift(region.start):
            assert extracted[start:end] == restored[start:end] == sample.disk.read_bytes()[start:end]
    for start, end in sample.layout.table.occupied:
        assert extracted[start:end] == restored[start:end]


def test_a_partition(sample: Sample, alone: dict[str, str], tmp_path: Path) -> None:
    done = extract(sample.root, "sample:p2", tmp_path / "out", env=alone)
    assert done.returncode == 0, done.stderr
    region = next(region for region in sample.layout.regions if region.name == "p2")
    assert (tmp_path / "out").read_bytes() == sample.expected()[region.start : region.end]


def test_the_list(sample: Sample, alone: dict[str, str]) -> None:
    assert sample.id[:12] in extract(sample.root, "--list", env=alone).stdout


def test_it_imports_only_the_standard_library(sample: Sample, alone: dict[str, str]) -> None:
    """With everything else installed as well."""
    code = (
        "import runpy, sys; sys.argv = ['extract.py', '--list']; before = set(sys.modules)\n"
        f"runpy.run_path({str(sample.root / 'extract.py')!r}, run_name='__main__')\n"
        "names = {name.partition('.')[0] for name in set(sys.modules) - before}\n"
        "print(sorted(names - sys.stdlib_module_names - {'blake3'}))"
    )
    done = subprocess.run([sys.executable, "-c", code], env=alone, capture_output=True, text=True, check=True, cwd="/")
    assert done.stdout.splitlines()[-1] == "[]"


def test_a_changed_byte_is_found_without_blake3(sample: Sample, alone: dict[str, str], tmp_path: Path) -> None:
    """By the checksum that zstd verifies."""
    copy = Path(shutil.copytree(sample.root, tmp_path / "copy"))
    for path in files(copy, "packs"):
        data = bytearray(path.read_bytes())
        data[CHUNK // 2] ^= 1
        path.write_bytes(data)
    done = extract(copy, "latest", tmp_path / "out", env=alone)
    assert done.returncode != 0
    assert "damaged" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("damage", [b"", b"short", b"x" * 500, b"x" * 92 + b"\xff\xff\xff\xffRPK1"])
def test_a_pack_that_is_not_needed_may_be_damaged(
    sample: Sample, alone: dict[str, str], tmp_path: Path, damage: bytes
) -> None:
    copy = Path(shutil.copytree(sample.root, tmp_path / "copy"))
    (copy / "packs" / "ab").mkdir(exist_ok=True)
    (copy / "packs" / "ab" / ("ab" * 32)).write_bytes(damage)
    (copy / "snapshots" / "notes.json").write_bytes(b"{")
    done = extract(copy, "latest", tmp_path / "out", env=alone)
    assert done.returncode == 0, done.stderr
    assert "abab" in done.stderr
    assert "notes.json" in done.stderr
    assert (tmp_path / "out").read_bytes() == sample.expected()


def test_a_lost_pack_is_told(sample: Sample, alone: dict[str, str], tmp_path: Path) -> None:
    copy = Path(shutil.copytree(sample.root, tmp_path / "copy"))
    for path in files(copy, "packs"):
        path.unlink()
    done = extract(copy, "latest", tmp_path / "out", env=alone)
    assert done.returncode != 0
    assert "missing" in done.stderr


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["nothing", "OUT"], "0 snapshots"),
        (["latest:p9", "OUT"], "no region p9"),
        (["--disk", "2", "latest", "OUT"], "1 disks"),
        (["latest"], "name a snapshot and the file"),
        (["latest", "EXISTING"], "existing: File exists"),
    ],
)
def test_a_wrong_request_is_a_sentence(
    sample: Sample, alone: dict[str, str], tmp_path: Path, words: list[str], told: str
) -> None:
    existing = tmp_path / "existing"
    existing.write_bytes(b"precious")
    places = {"OUT": str(tmp_path / "out"), "EXISTING": str(existing)}
    done = extract(sample.root, *[places.get(word, word) for word in words], env=alone)
    assert done.returncode != 0
    assert told in done.stderr
    assert "Traceback" not in done.stderr
    assert existing.read_bytes() == b"precious"


def test_without_zstd_it_says_so(sample: Sample, tmp_path: Path) -> None:
    done = extract(sample.root, "latest", tmp_path / "out", env={"PATH": str(tmp_path)})
    assert done.returncode != 0
    assert "zstd" in done.stderr
    assert "Traceback" not in done.stderr


def test_it_is_the_file_of_the_program(sample: Sample) -> None:
    for name in ("extract.py", "FORMAT.md", "README.txt"):
        source = Path(__file__).parents[3] / "rescue" / "repository" / name
        assert (sample.root / name).read_bytes() == source.read_bytes()
    assert os.access(sample.root / "extract.py", os.R_OK)
