"""A new GPT with one partition: as other tools read it, on disks of every size and kind of sector."""

import json
import subprocess
import uuid
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rescue.errors import TargetTooSmallError
from rescue.tables.model import Table, TableKind
from rescue.tables.single import LEAST, LINUX, single_partition
from rescue.units import GiB, MiB, TiB
from tests.unit.tables.synth import KNOWN_SIZES

DISK, PART = uuid.UUID(int=1 << 100), uuid.UUID(int=2 << 100)


def made(size: int, sector_size: int = 512) -> Table:
    return single_partition(size, sector_size, kind=LINUX, name="Backups", disk_id=DISK, part_id=PART)


@given(st.integers(LEAST // 512, 20 * TiB // 512), st.sampled_from(KNOWN_SIZES))
def test_it_fits_any_disk(sectors: int, sector_size: int) -> None:
    """Whole MiB, inside the disk, as large as they allow; both copies of the table are where they belong."""
    size = sectors * 512 // sector_size * sector_size
    table = made(size, sector_size)
    (entry,) = table.entries
    assert (table.kind, table.notes, table.disk_id) == (TableKind.GPT, (), str(DISK))
    assert (entry.start, entry.end % MiB, entry.type, entry.uuid, entry.name) == (
        MiB, 0, str(LINUX), str(PART), "Backups",
    )  # fmt: skip
    backup = 33 * 512 if sector_size == 512 else 5 * 4096
    assert entry.end <= size - backup < entry.end + MiB
    assert table.sectors[-1].end == size
    assert table.occupied.total == 512 + 2 * backup if sector_size == 512 else 4096 + 2 * backup


def test_sgdisk_and_sfdisk_find_nothing_wrong(tmp_path: Path) -> None:
    image = tmp_path / "disk.img"
    with image.open("wb") as file:
        file.truncate(GiB)
        for piece in made(GiB).sectors:
            file.seek(piece.offset)
            file.write(piece.data)
    said = subprocess.run(["sgdisk", "--verify", image], capture_output=True, text=True, check=True).stdout
    assert "No problems found" in said
    told = subprocess.run(["sfdisk", "--json", image], capture_output=True, text=True, check=True)
    assert told.stderr == ""
    table = json.loads(told.stdout)["partitiontable"]
    assert (table["label"], table["firstlba"], table["lastlba"]) == ("gpt", 34, GiB // 512 - 34)
    assert [(part["start"], part["size"]) for part in table["partitions"]] == [(2048, (GiB - 2 * MiB) // 512)]


def test_too_small() -> None:
    with pytest.raises(TargetTooSmallError, match="at least 64"):
        made(LEAST - 512)
