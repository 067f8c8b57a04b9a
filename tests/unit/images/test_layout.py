"""A disk cut into regions: they cover it and never overlap, whatever the table says."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rescue.errors import IntegrityError
from rescue.extents import Extents
from rescue.images.ids import ChunkIds
from rescue.images.layout import Layout, carve, gap_used
from rescue.images.snapshot import layout_of
from rescue.repository.repository import Repository
from rescue.repository.snapshot import RegionKind
from rescue.tables.model import Table, TableKind
from rescue.tables.read import read_table
from rescue.units import GiB, KiB, MiB
from tests.unit.plans.made_up import layout
from tests.unit.repository.backups import CHUNK, new_repository, snapshot_of, store_regions
from tests.unit.tables.synth import GptPlan, MbrPlan, gpt_plans, mbr_plans

PLANS = gpt_plans() | mbr_plans()


def table_of(plan: GptPlan | MbrPlan) -> tuple[Table, int]:
    image = plan.image()
    return read_table(image.read, image.size, image.sector_size), image.size


@given(PLANS)
def test_regions_cover_the_disk_without_overlap(plan: GptPlan | MbrPlan) -> None:
    table, size = table_of(plan)
    position = 0
    spans = carve(table, size)
    for span in spans:
        assert span.start == position
        assert span.size > 0
        position += span.size
    assert position == size
    assert len({span.name for span in spans}) == len(spans)
    parts = {(span.number, span.start, span.size) for span in spans if span.kind is RegionKind.PARTITION}
    assert parts == {(entry.number, entry.start, entry.size) for entry in table.data_entries}
    assert all(span.number == 0 for span in spans if span.kind is not RegionKind.PARTITION)


@given(PLANS)
def test_table_and_gaps_do_not_share_a_byte(plan: GptPlan | MbrPlan) -> None:
    """Every sector of the table is kept by the table, and by nothing else that is written."""
    table, size = table_of(plan)
    for span in carve(table, size):
        if span.kind is not RegionKind.GAP:
            continue
        used = gap_used(span, table)
        assert used.end <= span.size
        assert (used.shift(span.start) & table.occupied).total == 0
        here = Extents([(span.start, span.start + span.size)])
        kept = used.shift(span.start) | (table.occupied & here)
        if span.size <= 64 * MiB:
            assert kept == here
        else:
            assert kept.contains(span.start, span.start + MiB)
            assert kept.contains(span.start + span.size - MiB, span.start + span.size)
            assert used.total <= 2 * MiB


@given(st.integers(1, 1 << 50))
def test_a_disk_without_a_table_is_one_region(size: int) -> None:
    (span,) = carve(Table(TableKind.NONE, 512, size), size)
    assert (span.name, span.kind, span.start, span.size) == ("disk", RegionKind.WHOLE, 0, size)


def stored_layout(root: Path, of: Layout) -> Layout:
    """The layout after a way through a snapshot."""
    disk = root.with_name("disk.img")
    with disk.open("wb") as stream:
        stream.truncate(of.size)
    with Repository.open(root) as repository:
        included = replace(of, regions=of.included)
        with repository.writer() as writer:
            record = store_regions(repository, writer, disk, included)
            writer.finish()
        identity = repository.store_snapshot(snapshot_of(repository, [record], "it", "2026"))
        return layout_of(repository, repository.snapshot(identity).snapshot.disks[0])


def test_a_layout_comes_back_from_a_snapshot(tmp_path: Path) -> None:
    made = layout(32 * MiB)
    named = tuple(
        replace(region, label="Grüße “\x1b[2J”", uuid="1-2", notes=("unclean",), facts={"a": [1, None]})
        for region in made.regions
    )
    made = replace(made, regions=named)
    assert stored_layout(new_repository(tmp_path / "repo"), made) == replace(made, system=made.system)


def test_regions_that_do_not_fit_the_table_are_refused(tmp_path: Path) -> None:
    made = layout(32 * MiB)
    with pytest.raises(IntegrityError, match="do not fit"):
        stored_layout(new_repository(tmp_path / "repo"), replace(made, regions=made.regions[1:]))


def test_a_description_is_a_few_words() -> None:
    names = [region.describe() for region in layout().regions]
    assert names == ["gap1 (between partitions)", "p1 ext4", "p2 ext4", "gap2 (between partitions)"]


def test_chunk_ids_by_number() -> None:
    ids = ChunkIds(5 * CHUNK + 1, CHUNK)
    assert ids.count == 6
    ids[5] = b"x" * 32
    assert list(ids) == [bytes(32)] * 5 + [b"x" * 32]
    assert len(json.dumps(ids.count)) == 1
    assert ChunkIds(GiB, 4 * MiB).count == 256
    assert ChunkIds(1, 4 * KiB).count == 1
