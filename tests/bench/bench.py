"""The parts of the benchmark: each runs its contenders and returns its rows."""

from __future__ import annotations

import json
import shutil
import statistics
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.bench.contenders import Clonezilla, rescue, rescue_output, zstd
from tests.bench.run import Contender, Measured, Pipeline, alternate, cpu_ratio, measure, ratio, run_pipeline
from tests.bench.sample import FILESYSTEMS, change_files
from tests.bench.table import Row
from tests.samples.disk import MIB
from tests.samples.loop import partition, settle
from tests.samples.process import run

_HELP_RUNS = 9
_OURS, _THEIRS, _ZSTD, _AGAIN, _VERIFIED = (
    "rescue",
    "Clonezilla's way",
    "zstd -T0 -3",
    "rescue again",
    "rescue, verified",
)
_CHANGED_PERCENT = 2


@dataclass(frozen=True)
class Bench:
    """Two loop disks of equal size, and where everything else of the benchmark lies."""

    source: str
    target: str
    drive: Path
    rounds: int

    @property
    def repository(self) -> Path:
        """Where Rescue backs up to."""
        return self.drive / "repository"

    @property
    def clonezilla(self) -> Clonezilla:
        """The rival, with its images on the same drive."""
        return Clonezilla(self.drive)

    def _fresh_repository(self) -> None:
        shutil.rmtree(self.repository, ignore_errors=True)
        rescue_output("init", str(self.repository))
        self._warm()

    def _warm(self) -> None:
        """Have everything that is read in the page cache, and nothing of it in that of the loop devices."""
        for path in sorted(self.drive.rglob("*")):
            if path.is_file():
                with path.open("rb", buffering=0) as stream:
                    while stream.read(4 * MIB):
                        pass
        for disk in (self.source, self.target):
            settle(disk)
            for node in (disk, *(partition(disk, each.number) for each in FILESYSTEMS)):
                run("blockdev", "--flushbufs", node)

    def _backup(self, disk: str) -> tuple[Pipeline, ...]:
        return rescue("backup", disk, "--repo", str(self.repository), "--level", "3")

    def _confirmed(self) -> tuple[str, ...]:
        disks = json.loads(rescue_output("disks", "--json"))
        return ("--yes", "--confirm", next(disk["confirm"] for disk in disks if disk["path"] == self.target))

    def get_ready(self) -> None:
        """A repository and images to restore from, for whoever does not measure the backup."""
        self._fresh_repository()
        for step in (*self._backup(self.source), *self.clonezilla.backup(self.source)):
            run_pipeline(step)

    def start(self) -> list[Row]:
        """Processor time of `rescue --help`."""
        seconds = [measure(Contender("help", rescue("--help"))).cpu for _ in range(_HELP_RUNS)]
        return [Row("processor time of `rescue --help`", statistics.median(seconds), "s", most=0.3)]

    def backup(self) -> list[Row]:
        """First and second backup, beside Clonezilla's way and the compressor alone."""
        used = self.drive / "used"
        _collect_used(self.source, used)
        results = alternate(
            (
                Contender(_OURS, self._backup(self.source), self._fresh_repository),
                Contender(_THEIRS, self.clonezilla.backup(self.source), self._warm),
                Contender(_ZSTD, zstd(used), self._warm),
                Contender(_AGAIN, self._backup(self.source), self._warm),
            ),
            self.rounds,
        )
        used_bytes = used.stat().st_size
        used.unlink()
        return [
            *_versus("backup", results, _THEIRS, least=1.5),
            *_versus("backup", results, _ZSTD, least=0.9),
            Row("second backup of the unchanged disk : the first", ratio(results, _AGAIN, _OURS), least=4),
            Row("size of the repository : Clonezilla's images", _size(self.repository) / self.clonezilla.size, most=1),
            Row("size of the repository : used bytes", _size(self.repository) / used_bytes),
            *_memory("backup", results, _OURS),
        ]

    def restore(self) -> list[Row]:
        """The last backup to the other disk."""
        words = ("restore", "latest", self.target, "--repo", str(self.repository), *self._confirmed())
        return self._write("restore", words, self.clonezilla.restore(self.target), least=2)

    def clone(self) -> list[Row]:
        """Disk to disk."""
        words = ("clone", self.source, self.target, *self._confirmed())
        return self._write("clone", words, self.clonezilla.clone(self.source, self.target), least=1)

    def _write(self, job: str, words: tuple[str, ...], theirs: tuple[Pipeline, ...], *, least: float) -> list[Row]:
        self._warm()
        results = alternate(
            (
                Contender(_OURS, rescue(*words, "--no-verify"), self._warm),
                Contender(_THEIRS, theirs, self._warm),
                Contender(_VERIFIED, rescue(*words), self._warm),
            ),
            self.rounds,
        )
        verified = Row(f"{job}, read back and compared : {_THEIRS}, unverified", ratio(results, _VERIFIED, _THEIRS))
        return [*_versus(job, results, _THEIRS, least=least), verified, *_memory(job, results, _VERIFIED)]

    def growth(self) -> list[Row]:
        """What a backup adds after files have changed. The change is made on a clone: the sample stays as it is."""
        rows = []
        for scattered, kind in ((False, "whole directories"), (True, "single files everywhere")):
            rescue_output("clone", self.source, self.target, "--no-verify", *self._confirmed())
            settle(self.target)
            changed = change_files(self.target, _CHANGED_PERCENT, scattered=scattered)
            before = _size(self.repository)
            rescue_output("backup", self.target, "--repo", str(self.repository))
            grown = _size(self.repository) - before
            name = f"growth : bytes of {_CHANGED_PERCENT} % changed files, {kind}"
            rows.append(Row(name, grown / changed, most=3, note=f"{changed // MIB} MiB changed"))
        return rows


PARTS: dict[str, Callable[[Bench], list[Row]]] = {
    "start": Bench.start,
    "backup": Bench.backup,
    "restore": Bench.restore,
    "clone": Bench.clone,
    "growth": Bench.growth,
}


def _versus(job: str, results: dict[str, list[Measured]], theirs: str, *, least: float) -> list[Row]:
    return [
        Row(f"{job} : {theirs}", ratio(results, _OURS, theirs), least=least),
        Row(f"{job} : {theirs}, by processor time", cpu_ratio(results, _OURS, theirs)),
    ]


def _memory(job: str, results: dict[str, list[Measured]], *ours: str) -> list[Row]:
    peak = max(measured.memory for name in ours for measured in results[name])
    return [Row(f"peak memory of {job}", peak / MIB, "MiB", most=512)]


def _size(directory: Path) -> int:
    return sum(path.stat().st_size for path in directory.rglob("*") if path.is_file())


def _collect_used(disk: str, target: Path) -> None:
    """Write the used blocks of all file systems, as partclone maps them, into one file."""
    domain = target.with_name("domain")
    with target.open("wb") as output:
        for each in FILESYSTEMS:
            node = partition(disk, each.number)
            log = target.with_name("partclone.log")
            run(each.tool, "-D", "-q", "--offset_domain=0", "-L", str(log), "-s", node, "-O", str(domain))
            with Path(node).open("rb") as device:
                for start, length in _used(domain.read_text()):
                    device.seek(start)
                    for position in range(0, length, 4 * MIB):
                        output.write(device.read(min(4 * MIB, length - position)))
    domain.unlink()


def _used(domain: str) -> list[tuple[int, int]]:
    lines = [line.split() for line in domain.splitlines() if line.endswith("+")]
    return [(int(start, 16), int(length, 16)) for start, length, _ in lines]
