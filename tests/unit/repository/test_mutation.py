"""A changed repository never gives wrong bytes: `check --read-data` tells of every change, and restoring fails or is
exact."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rescue.errors import IntegrityError
from rescue.units import KiB
from tests.unit.repository.backups import CHUNK, back_up, examine, files, new_repository, noise, restore

DISK = noise(3 * CHUNK, 1) + bytes(2 * CHUNK) + b"text " * (2 * CHUNK // 5) + noise(2 * CHUNK + 512, 2)
FOLDERS = ("packs", "index", "snapshots")


@dataclass(frozen=True)
class Sample:
    """A repository with two snapshots of one disk, several packs, and a place to restore to."""

    root: Path
    target: Path

    def files(self) -> list[Path]:
        """Everything that a snapshot depends on."""
        return [path for folder in FOLDERS for path in files(self.root, folder)]


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    """Only read, or put back as it was, by every test."""
    folder = tmp_path_factory.mktemp("mutation")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("rescue.repository.writer.PACK_TARGET", 200 * KiB)
        root = new_repository(folder / "repo")
        back_up(root, DISK, "one", "2026-01-01")
        back_up(root, DISK[:CHUNK] + noise(CHUNK, 7) + DISK[2 * CHUNK :], "two", "2026-01-02")
    assert len(files(root, "packs")) >= 3
    return Sample(root, folder / "out")


@contextmanager
def put_back(sample: Sample) -> Iterator[None]:
    """Undo what the block does to the repository."""
    before = {path: path.read_bytes() for path in sample.files()}
    try:
        yield
    finally:
        for path in sample.files():
            if path not in before:
                path.unlink()
        for path, data in before.items():
            path.write_bytes(data)


def told(sample: Sample) -> bool:
    """True when the check finds something."""
    return bool(examine(sample.root).problems)


def restores_exactly(sample: Sample) -> bool:
    """True when the restored disk is the original, False for an IntegrityError. Anything else fails the test."""
    try:
        found = restore(sample.root, "one", sample.target)
    except IntegrityError as error:
        assert error.message
        return False
    assert found == DISK, "a damaged repository gave wrong bytes"
    return True


def test_the_sample_is_whole(sample: Sample) -> None:
    assert not told(sample)
    assert restores_exactly(sample)


@settings(max_examples=120)
@given(st.data())
def test_any_flipped_bits_are_found(sample: Sample, data: st.DataObject) -> None:
    """In whatever byte of whatever file; the last and first bytes, where headers are, as often as the middle."""
    path = data.draw(st.sampled_from(sample.files()), label="file")
    whole = path.read_bytes()
    offset = data.draw(st.integers(0, len(whole) - 1) | st.integers(0, 200) | st.integers(1, 700).map(lambda n: -n))
    offset = max(min(offset, len(whole) - 1), -len(whole))
    changed = bytearray(whole)
    changed[offset] ^= data.draw(st.integers(1, 255), label="bits")
    path.write_bytes(changed)
    try:
        assert told(sample)
        restores_exactly(sample)
    finally:
        path.write_bytes(whole)


def test_every_file_that_a_snapshot_needs_is_missed(sample: Sample) -> None:
    """Its snapshot and every pack. An index file is only a cache: without it, the ends of the packs tell the same."""
    needed = 0
    for path in sample.files():
        with put_back(sample):
            path.unlink()
            exact = restores_exactly_or_missing(sample)
            if path.parent.name == "index":
                assert exact
                assert not told(sample)
            needed += not exact
    assert needed >= 3


def restores_exactly_or_missing(sample: Sample) -> bool:
    """As `restores_exactly`, where the snapshot itself may be gone."""
    if len(files(sample.root, "snapshots")) < 2:
        return False
    return restores_exactly(sample)


@settings(max_examples=40)
@given(st.data())
def test_any_cut_off_file_is_found(sample: Sample, data: st.DataObject) -> None:
    path = data.draw(st.sampled_from(sample.files()), label="file")
    whole = path.read_bytes()
    path.write_bytes(whole[: data.draw(st.integers(0, len(whole) - 1), label="length")])
    try:
        assert told(sample)
        restores_exactly(sample)
    finally:
        path.write_bytes(whole)


@pytest.mark.parametrize("folder", FOLDERS)
def test_swapped_files_are_found(sample: Sample, folder: str) -> None:
    one, two = files(sample.root, folder)[:2]
    with put_back(sample):
        first, second = one.read_bytes(), two.read_bytes()
        one.write_bytes(second)
        two.write_bytes(first)
        assert told(sample)
        restores_exactly(sample)


def longer(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"\0")


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def doubled(path: Path) -> None:
    path.write_bytes(path.read_bytes() * 2)


def zeroed(path: Path) -> None:
    path.write_bytes(bytes(path.stat().st_size))


@pytest.mark.parametrize("damage", [longer, emptied, doubled, zeroed])
@pytest.mark.parametrize("folder", FOLDERS)
def test_other_damage_is_found(sample: Sample, folder: str, damage: Callable[[Path], None]) -> None:
    for path in files(sample.root, folder):
        with put_back(sample):
            damage(path)
            assert told(sample)
            restores_exactly(sample)


def test_a_pack_in_the_wrong_folder_is_found(sample: Sample) -> None:
    """Nothing could be read from there, although the file is as good as before."""
    restored = []
    for path in files(sample.root, "packs"):
        with put_back(sample):
            wrong = sample.root / "packs" / ("00" if path.parent.name != "00" else "01") / path.name
            wrong.parent.mkdir(exist_ok=True)
            path.rename(wrong)
            assert told(sample)
            restored.append(restores_exactly(sample))
    assert not all(restored)


def test_strange_files_are_told_and_harmless(sample: Sample) -> None:
    for name in ("packs/notes.txt", "index/short", "snapshots/x.json", "snapshots/sub/" + "a" * 64 + ".json"):
        with put_back(sample):
            path = sample.root / name
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(b"{}")
            assert told(sample)
    assert not told(sample)


def test_without_reading_all_data_lost_and_cut_packs_are_found(sample: Sample) -> None:
    for path in files(sample.root, "packs"):
        with put_back(sample):
            path.write_bytes(path.read_bytes()[:-1])
            assert examine(sample.root, read_data=False).problems
