"""The program as a person meets it: keys and words on a serial line of 80x24, from the first screen to the last.

Each computer is started once, and several things happen on it: a start takes longer than most of them.
"""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.samples import DEFAULT_CACHE, Firmware, make_backup_drive, make_blank, make_uefi_disk
from tests.samples.disk import MIB, fresh_image, make_ext4, mounted, write_table
from tests.samples.loop import attached, partition
from tests.servers.smb import SHARE, smb_server
from tests.servers.ssh import ssh_server
from tests.vm.hardware import Bus, Disk, Hardware, Medium
from tests.vm.live.session import choose, wait_first_screen
from tests.vm.machine import Machine
from tests.vm.network import SERVER, SERVER_NAME, network
from tests.vm.person import Person
from tests.vm.program import rescue
from tests.vm.report import Report, boot

pytestmark = [pytest.mark.vm, pytest.mark.timeout(2400)]

_JOB_SECONDS = 900.0
_SEE_SECONDS = 240.0
_MOST_KEYS = 6
_SMALL = 96 * MIB
_SYSTEM = "QEMU NVMe Ctrl"


def test_back_up_wipe_restore_and_start(image: Path, tmp_path: Path) -> None:
    """The whole road on a computer without a graphics card; at its end the restored system starts."""
    system = make_uefi_disk(tmp_path / "system.img", DEFAULT_CACHE)
    backup = _prepared(make_backup_drive(tmp_path / "backup.img"))
    disks = (Disk(system.path, "SYSTEM0001", Bus.NVME), Disk(backup, "BACKUP0002", Bus.USB))
    hardware = Hardware(Firmware.UEFI, Medium(image), disks=disks, memory=1024, graphics=False)
    with Machine(hardware) as machine:
        person = _sits_down(machine)
        _starts_the_backup(person)
        _reads_the_result(person, "The backup is complete.", "It was read back and compared.")
        _wipes_the_system_disk(person)
        assert not _has_data(system.path), "the disk was not wiped"
        _restores_it(person)
        _switches_off(person)
    started = boot(system.path, system.firmware)
    expected = Report(system.canary, system.root_uuid, swap=True, efi=True)
    assert started.report == expected, f"expected {expected}, got {started}"


def test_clone_and_back_up_to_shares(image: Path, tmp_path: Path, shared: Path) -> None:
    """A disk goes to another disk, to a Samba share and to an SSH server; at all three its bytes arrive."""
    papers, fresh = _papers(tmp_path / "papers.img"), make_blank(tmp_path / "new.img", _SMALL)
    before = _hash(papers)
    disks = (Disk(papers, "PAPERS0003", Bus.SATA, "Papers"), Disk(fresh, "NEW0004", Bus.SATA, "New drive"))
    with ExitStack() as stack:
        net = stack.enter_context(network(tmp_path))
        where = {"address": SERVER, "namespace": net.namespace}
        smb = stack.enter_context(smb_server(shared / "smb", port=445, **where))  # type: ignore[arg-type]
        ssh = stack.enter_context(ssh_server(shared / "ssh", port=22, **where))  # type: ignore[arg-type]
        hardware = Hardware(Firmware.BIOS, Medium(image), disks=disks, memory=1024, graphics=False, network=net)
        person = _sits_down(stack.enter_context(Machine(hardware)))
        _clones(person)
        _begins_a_backup_of_papers(person)
        _goes_to_a_share(person, "w", SHARE, smb.account.user, "not this one")
        person.sees(f"{SERVER_NAME} refuses the user {smb.account.user} with this password.")
        _changes_the_password(person, len("not this one"), smb.account.password)
        _backs_up_to_it(person, f"{SHARE} on {SERVER_NAME}")
        _begins_a_backup_of_papers(person)
        _goes_to_a_share(person, "s", str(shared / "ssh"), ssh.account.user, ssh.account.password)
        person.sees("A server that was never seen before", ssh.fingerprint)
        person.presses("a")
        _backs_up_to_it(person, f"ssh on {SERVER_NAME}")
        _switches_off(person)
    assert _hash(papers) == before, "the source was written"
    assert _hash(fresh) == before, "the clone is another disk"
    for place in ("smb", "ssh"):
        assert _extracted(shared / place / "rescue", tmp_path / f"{place}.img") == before, place


def test_a_screen_is_killed_and_the_drive_is_pulled_out(image: Path, tmp_path: Path) -> None:
    """A job outlives its screen, and a new one finds it. A backup whose drive was away for a while can go on."""
    system = make_uefi_disk(tmp_path / "system.img", DEFAULT_CACHE)
    backup = Disk(_prepared(make_backup_drive(tmp_path / "backup.img")), "BACKUP0002", Bus.USB)
    disks = (Disk(system.path, "SYSTEM0001", Bus.NVME, keep=False), backup)
    with Machine(Hardware(Firmware.BIOS, Medium(image), disks=disks, memory=1024, graphics=False)) as machine:
        person = _sits_down(machine)
        _starts_the_backup(person)
        _kills_the_screen(person)
        person.sees("A job runs", "J watches it")
        person.presses("j")
        person.sees(f"Back up {_SYSTEM}", re.compile(r"[1-9]\d? %"))
        machine.unplug(backup)
        person.sees("x FAILED", "There is no new backup.", "Nothing on the source was changed", seconds=_JOB_SECONDS)
        person.sees("still connected", "Go on")
        machine.plug(backup)
        _goes_on(person)
        _reads_the_result(person, "The backup is complete.", "It was read back and compared.")
        _switches_off(person)
    with attached(backup.path) as device, mounted(partition(device, 1)) as top:
        assert "1 of 1 snapshots are whole" in rescue("check", "--read-data", "--repo", top / "rescue")


@pytest.fixture
def shared() -> Iterator[Path]:
    """A folder that the users of servers can reach: those of pytest are root's alone."""
    with tempfile.TemporaryDirectory(prefix="rescue-shared-", dir="/var/tmp") as name:
        Path(name).chmod(0o755)
        yield Path(name)


def _prepared(drive: Path) -> Path:
    """The drive with a repository on it, as one that was used before."""
    with attached(drive) as device, mounted(partition(device, 1)) as top:
        rescue("init", top / "rescue")
    return drive


def _papers(path: Path) -> Path:
    """A disk with files and no system. What no file uses is zero, so that an image of it equals it."""
    with fresh_image(path, _SMALL) as made, attached(made) as device:
        write_table(device, "label: gpt", "name=papers")
        make_ext4(partition(device, 1), "PAPERS")
        with mounted(partition(device, 1)) as top:
            for number in range(4):
                (top / f"paper{number}").write_bytes(os.urandom(4 * MIB))
    return path


def _sits_down(machine: Machine) -> Person:
    choose(machine)
    wait_first_screen(machine)
    return Person(machine)


def _starts_the_backup(person: Person) -> None:
    """Everything is chosen already. From the first screen to a backup that runs it takes at most six keys."""
    person.keys = 0
    person.presses("b")
    person.sees("Start the backup", _SYSTEM, "BACKUP")
    person.presses("enter")
    person.sees(f"Back up {_SYSTEM}", re.compile(r"\d+ %"))
    assert person.keys <= _MOST_KEYS


def _reads_the_result(person: Person, *words: str) -> None:
    person.sees("+ OK", *words, seconds=_JOB_SECONDS)
    person.presses("enter")


def _comes_home(person: Person) -> None:
    person.sees("Clone", "Tools", "Shut down")


def _types_the_identity(person: Person, end: str) -> None:
    """The last question. Another disk's identity and Enter alone do nothing."""
    person.sees("To overwrite", f"type {end} and press Enter")
    person.presses("enter")
    person.sees("nothing is written")
    person.types("0009")
    person.sees("[0009")
    person.presses("enter")
    person.sees("This is not the text, and nothing is written.")
    person.deletes(4)
    person.types(end)
    person.sees(f"[{end}")
    person.presses("enter")


def _wipes_the_system_disk(person: Person) -> None:
    _comes_home(person)
    person.presses("t")
    person.sees("Wipe a disk")
    person.presses("w")
    person.sees("Where to", "confirm SYSTEM0001")
    person.moves_to(_SYSTEM)
    person.presses("enter")
    person.sees("How thoroughly", "Everything")
    person.presses("e")
    _types_the_identity(person, "0001")
    _reads_the_result(person, "The disk is wiped.")
    person.sees("Wipe a disk")
    person.presses("esc")


def _restores_it(person: Person) -> None:
    """The newest backup is chosen already; the target never is."""
    _comes_home(person)
    person.presses("r")
    person.sees("Restore", "BACKUP", "the whole disk")
    person.presses("t")
    person.sees("Where to", "confirm SYSTEM0001")
    person.moves_to(_SYSTEM)
    person.presses("enter")
    person.sees("Go on: you are asked before anything is written")
    person.presses("enter")
    _types_the_identity(person, "0001")
    _reads_the_result(person, "The disk is written.", "Every byte was read back and compared.")


def _clones(person: Person) -> None:
    person.presses("c")
    person.sees("The source is not changed")
    person.presses("f")
    person.sees("What to clone", "Whole disk: Papers")
    person.moves_to("Whole disk: Papers")
    person.presses("enter")
    person.sees("The source is not changed", "Papers, 96.0 MiB")
    person.presses("t")
    person.sees("Where to", "New drive")
    person.moves_to("New drive")
    person.presses("enter")
    person.sees("Go on: you are asked before anything is written")
    person.presses("enter")
    _types_the_identity(person, "0004")
    _reads_the_result(person, "The disk is written.", "Every byte was read back and compared.")


def _begins_a_backup_of_papers(person: Person) -> None:
    """No disk has a system, so that none is chosen before."""
    _comes_home(person)
    person.presses("b")
    person.sees("Back up", "choose what to back up")
    person.presses("w")
    person.sees("What to back up", "Whole disk: Papers")
    person.moves_to("Whole disk: Papers")
    person.presses("space", "enter")
    person.sees("Back up", "Papers, 96.0 MiB")


def _goes_to_a_share(person: Person, key: str, folder: str, user: str, password: str) -> None:
    person.presses("p")
    person.sees("Where to", "A Windows or Samba share, a NAS")
    person.presses(key)
    person.sees("Computer", "Password")
    for line in (SERVER_NAME, folder, user, password):
        person.types(line)
        person.presses("enter")


def _changes_the_password(person: Person, length: int, password: str) -> None:
    """The cursor is still in that field."""
    person.deletes(length)
    person.types(password)
    person.presses("enter")


def _backs_up_to_it(person: Person, place: str) -> None:
    person.sees("Start the backup", place)
    person.presses("enter")
    _reads_the_result(person, "The backup is complete.", "It was read back and compared.")


def _kills_the_screen(person: Person) -> None:
    """A shell leaves somebody behind who kills the program a little later; the menu behind it starts it anew."""
    machine = person.machine
    person.presses("h")
    _comes_home(person)
    person.presses("s")
    machine.expect("# ", _SEE_SECONDS)
    machine.send("(sleep 15; kill -KILL $PPID) & exit\n")
    _comes_home(person)
    machine.expect("Number: ", _SEE_SECONDS)
    machine.send("1\n")
    _comes_home(person)


def _goes_on(person: Person) -> None:
    """The drive needs a moment until it is there again."""
    person.presses("g")
    while not person.might_see(re.compile(r"Back up .* \d+ %"), 30):
        person.sees("This did not start", "The drive with the backups is not there.")
        person.presses("esc")
        person.sees("There is no new backup.", "Go on")
        person.presses("g")


def _switches_off(person: Person) -> None:
    _comes_home(person)
    person.presses("d")
    person.sees("Switch the computer off")
    person.presses("s")
    assert person.machine.wait_off(_SEE_SECONDS) == "guest-shutdown"


def _has_data(disk: Path) -> bool:
    with disk.open("rb") as file:
        return any(piece.strip(b"\0") for piece in iter(lambda: file.read(MIB), b""))


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _extracted(repository: Path, target: Path) -> str:
    """The hash of the disk that the repository's own extractor makes, without Rescue."""
    extractor = [sys.executable, str(repository / "extract.py"), "latest", str(target)]
    done = subprocess.run(extractor, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return _hash(target)
