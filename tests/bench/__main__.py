"""`python -m tests.bench`: measure, print the table, write build/bench.json. Exits with 1 where a bound is missed."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.bench import table
from tests.bench.bench import PARTS, Bench
from tests.bench.contenders import show_only
from tests.bench.sample import make_sample
from tests.samples.disk import MIB, fresh_image
from tests.samples.loop import attached
from tests.samples.process import run

_BUILD = Path(__file__).parents[2] / "build"
_PROGRAMS = ("partclone.ext4", "partclone.ntfs", "zstd", "mkntfs", "ntfs-3g", "sfdisk", "partx", "losetup")


def main() -> int:
    """Run the parts that are asked for."""
    options = _options()
    missing = [program for program in _PROGRAMS if shutil.which(program) is None]
    if missing or os.geteuid() != 0:
        print(f"bench: needs root, and {', '.join(missing or _PROGRAMS)}", file=sys.stderr)
        return 2
    directory = options.directory
    directory.mkdir(parents=True, exist_ok=True)
    sample = directory / f"sample-{options.size}.img"
    rows = []
    with (
        _drive(directory / "drive", in_memory=not options.on_disk) as drive,
        _disks(drive, sample, options.size) as disks,
    ):
        show_only(*disks, state=drive / "state")
        bench = Bench(*disks, drive, options.rounds)
        bench.get_ready()
        for name in options.only:
            print(f"{name}:", flush=True)
            rows += PARTS[name](bench)
    print(f"\n{table.show(rows)}")
    facts = {"used_mib": options.size, "rounds": options.rounds, "cores": os.cpu_count(), "on_disk": options.on_disk}
    table.save(rows, facts, options.json)
    return 1 if any(row.met is False for row in rows) else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=list(PARTS), default=list(PARTS), help="the parts (all)")
    parser.add_argument("--size", type=int, default=1536, metavar="MIB", help="used bytes of the sample (%(default)s)")
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="runs of each contender (%(default)s)")
    parser.add_argument("--on-disk", action="store_true", help="keep the disks in files instead of memory")
    parser.add_argument("--directory", type=Path, default=_BUILD / "bench", help="where everything lies (%(default)s)")
    parser.add_argument("--json", type=Path, default=_BUILD / "bench.json", help="the results (%(default)s)")
    return parser.parse_args()


@contextmanager
def _drive(place: Path, *, in_memory: bool) -> Iterator[Path]:
    """The directory with the disks, the repository and the images; gone afterwards."""
    place.mkdir(exist_ok=True)
    if in_memory:
        run("mount", "-t", "tmpfs", "-o", "mode=700,size=90%", "bench", str(place))
    try:
        yield place
    finally:
        if in_memory:
            run("umount", str(place))
        shutil.rmtree(place)


@contextmanager
def _disks(drive: Path, sample: Path, size: int) -> Iterator[tuple[str, str]]:
    """Source and target: two copies of the sample, which is made if it is not kept from before."""
    source, target = drive / "source.img", drive / "target.img"
    if not sample.exists():
        make_sample(source, size * MIB)
        with fresh_image(sample, 0) as image:
            _copy(source, image)
    for path in (source, target):
        _copy(sample, path)
    with attached(source) as first, attached(target) as second:
        yield first, second


def _copy(source: Path, target: Path) -> None:
    run("cp", "--sparse=always", str(source), str(target))


if __name__ == "__main__":
    sys.exit(main())
