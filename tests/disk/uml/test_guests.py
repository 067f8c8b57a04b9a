"""Everything that only another kernel can show: each file inside_*.py runs in one guest, its tests are listed here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.disk.cli.harness import MIB, blank
from tests.disk.uml.guest import run_tests

pytestmark = pytest.mark.disk
HERE = Path(__file__).parent
DISK_SIZE = 96 * MIB
Results = Callable[[str], dict[str, str]]
TESTS = {
    "inside_faults": (
        "test_bad_sectors",
        "test_surface",
        "test_wipe_of_a_drive_with_bad_sectors",
        "test_target_that_refuses_writes_in_the_middle",
        "test_target_dies",
        "test_source_dies[no bad sectors allowed]",
        "test_source_dies[bad sectors allowed]",
    ),
    "inside_holders": (
        "test_disk_in_use[LVM]",
        "test_disk_in_use[LUKS]",
        "test_disk_in_use[RAID]",
        "test_disk_in_use[swap]",
        "test_disk_in_use[LVM on the whole disk]",
        "test_clone_and_partitions_follow_the_same_rules",
        "test_bystander_in_use_keeps_working",
    ),
    "inside_members": (
        "test_named_for_what_they_are",
        "test_all_blocks_are_stored",
        "test_restored_bit_exact",
        "test_restored_ones_open",
        "test_raid_to_the_end_of_an_mbr_disk",
    ),
    "inside_tables": (
        "test_kernel_reads_tables_itself",
        "test_disk_without_identity_is_no_target",
        "test_restore_is_seen_by_the_kernel[GPT]",
        "test_restore_is_seen_by_the_kernel[MBR]",
        "test_undo_is_seen_by_the_kernel",
        "test_sectors_of_4096_bytes",
    ),
}


@pytest.fixture(scope="module")
def results(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Results]:
    """What the guests tell. Two at a time are up, and only those whose tests were chosen."""
    chosen = {item.callspec.params.get("module") for item in request.session.items if hasattr(item, "callspec")} & set(
        TESTS
    )
    with ThreadPoolExecutor(max_workers=2) as pool:
        told = {module: pool.submit(_boot, module, tmp_path_factory.mktemp(module)) for module in sorted(chosen)}
        yield lambda module: told[module].result()


def _boot(module: str, out: Path) -> dict[str, str]:
    disks = [blank(out / f"disk{number}.img", DISK_SIZE) for number in range(2)]
    return run_tests(HERE / f"{module}.py", disks, out)


@pytest.mark.parametrize(("module", "name"), [(module, name) for module, names in TESTS.items() for name in names])
def test_in_guest(results: Results, module: str, name: str) -> None:
    """The test of that name has run in the guest, and passed."""
    told = results(module)
    assert set(told) == set(TESTS[module])
    if told[name]:
        pytest.fail(told[name], pytrace=False)
