"""What only another kernel can show: each file inside_*.py runs in one guest, its tests are listed here."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.disk.uml.guest import run_tests

pytestmark = pytest.mark.disk
HERE = Path(__file__).parent
TESTS = {
    "inside_drives": (
        "test_pulled_out_and_back",
        "test_the_dead_one_can_be_closed",
        "test_listed_by_what_it_is",
    ),
    "inside_smb": (
        "test_smb_what_is_wrong_is_told",
        "test_smb_holds_a_repository",
        "test_smb_read_only_is_for_a_restore",
        "test_smb_locks_hold_between_computers",
        "test_smb_server_dies_and_comes_back",
    ),
    "inside_nfs": (
        "test_nfs_what_is_wrong_is_told",
        "test_nfs_holds_a_repository",
        "test_nfs_locks_hold_between_computers",
        "test_nfs_server_dies_and_comes_back",
    ),
}
# The kernel's SMB asks for its ciphers by names that modprobe would find on any other system.
MODULES = {
    "inside_drives": "loop sd_mod scsi_debug",
    "inside_smb": "loop dummy hmac cmac ccm gcm ghash_generic seqiv ctr ecb sha512_generic md4 arc4 nls_utf8 cifs",
    "inside_nfs": "loop dummy nfsv4 nfsv3",
}
Results = Callable[[str], dict[str, str]]


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """What the guests tell; each is booted once, when its first test is asked for."""
    told: dict[str, dict[str, str]] = {}

    def of(module: str) -> dict[str, str]:
        if module not in told:
            out = tmp_path_factory.mktemp(module)
            told[module] = run_tests(HERE / f"{module}.py", [], out, MODULES[module])
        return told[module]

    return of


@pytest.mark.parametrize(("module", "name"), [(module, name) for module, names in TESTS.items() for name in names])
def test_in_guest(results: Results, module: str, name: str) -> None:
    """The test of that name has run in the guest, and passed."""
    told = results(module)
    assert set(told) == set(TESTS[module])
    if told[name]:
        pytest.fail(told[name], pytrace=False)
