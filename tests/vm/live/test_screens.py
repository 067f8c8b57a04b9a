"""The screens of the stick, by keys over a serial line, as a person goes through them; each start proves several things."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.samples import DEFAULT_CACHE, Firmware, make_backup_drive, make_blank, make_uefi_disk
from tests.samples.disk import mounted
from tests.samples.loop import attached, partition
from tests.servers.accounts import Account
from tests.servers.smb import SHARE, smb_server
from tests.servers.ssh import ssh_server
from tests.vm.hardware import Bus, Disk, Hardware, Medium
from tests.vm.live.session import BOOT_SECONDS, choose
from tests.vm.machine import Machine
from tests.vm.network import SERVER, SERVER_NAME, network
from tests.vm.person import Person
from tests.vm.report import Report, boot

pytestmark = [pytest.mark.vm, pytest.mark.timeout(1800)]

_JOB_SECONDS = 900.0
_MOST_KEYS = 6
_MEASURED = "before compression"
SYSTEM, BACKUP, TARGET = "SYSTEM0001", "BACKUP0002", "TARGET0003"


def at_home(person: Person, disks: int) -> None:
    """Boot into the first screen, which has looked at all the disks; the stick is one of them."""
    choose(person.machine)
    person.sees("Back up", f"{disks} disks", seconds=BOOT_SECONDS)


def sees_result(person: Person, *words: str) -> None:
    """Wait for the end of a job, read its result, and go back to the first screen."""
    person.sees(re.compile(r"\+ OK|x FAILED|! PARTIAL"), "I have read this", seconds=_JOB_SECONDS)
    person.sees("+ OK", *words, seconds=1)
    person.presses("enter")
    person.sees("Back up", "Rescan")


def confirms(person: Person, end: str) -> None:
    """Answer the last question before a disk is overwritten; Enter alone answers nothing."""
    person.sees(f"type {end} and press Enter")
    person.presses("enter")
    person.sees("nothing is written", f"type {end} and press Enter")
    person.types(end)
    person.presses("enter")


def whole(repository: Path) -> None:
    """Read every byte of a repository on this computer; it raises where one is not what was stored."""
    words = (sys.executable, "-m", "rescue.cli.main", "check", "--read-data", "--repo", str(repository))
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    assert "1 of 1 snapshots are whole" in done.stdout


def test_back_up_wipe_restore(image: Path, tmp_path: Path) -> None:
    """A computer without a graphics card: its system is backed up, wiped, restored, and starts again."""
    system = make_uefi_disk(tmp_path / "system.img", DEFAULT_CACHE)
    backup = make_backup_drive(tmp_path / "backup.img")
    disks = (Disk(system.path, SYSTEM, Bus.NVME), Disk(backup, BACKUP, Bus.USB))
    with Machine(Hardware(Firmware.UEFI, Medium(image), disks=disks, memory=1024, graphics=False)) as machine:
        person = Person(machine)
        at_home(person, disks=3)
        person.presses("b")
        person.sees("Start the backup", _MEASURED)
        person.presses("enter")
        person.sees("%")
        assert person.keys <= _MOST_KEYS
        sees_result(person, "The backup is complete.", "It was read back and compared.")

        person.presses("t")
        person.sees("Wipe a disk")
        person.presses("w")
        person.sees("Where to")
        person.moves_to("/dev/nvme0n1")
        person.presses("enter")
        person.sees("How thoroughly")
        person.presses("e")
        confirms(person, "0001")
        person.sees(re.compile(r"\+ OK"), "The disk is wiped.", seconds=_JOB_SECONDS)
        person.presses("enter")
        person.sees("Wipe a disk")
        person.presses("esc")

        person.sees("Rescan")
        person.presses("r")
        person.sees("+ OK", "choose")
        person.presses("enter")
        person.sees("Where to")
        person.moves_to("/dev/nvme0n1")
        person.presses("enter")
        person.sees("Go on: you are asked", "are written")
        person.presses("enter")
        confirms(person, "0001")
        sees_result(person, "The disk is written.", "Every byte was read back and compared.")

        person.presses("d")
        person.sees("Switch the computer off")
        person.presses("s")
        assert machine.wait_off(_JOB_SECONDS) == "guest-shutdown"
    started = boot(system.path, system.firmware)
    expected = Report(system.canary, system.root_uuid, swap=True, efi=True)
    assert started.report == expected, f"expected {expected}, got {started}"


def fills_in(person: Person, *values: str) -> None:
    """Fill in a form from the field where the cursor stands to its last one, and send it."""
    for value in values:
        person.types(value)
        person.presses("enter")


def test_clone_and_back_up_to_other_computers(image: Path, tmp_path: Path) -> None:
    """To another disk, to a share of a NAS, to a server by SSH; what is wrong is said in words before it is right."""
    system = make_uefi_disk(tmp_path / "system.img", DEFAULT_CACHE)
    target = make_blank(tmp_path / "target.img")
    account = Account("ann", "pass phrase")
    nas, box = tmp_path / "nas", tmp_path / "box"
    tmp_path.chmod(0o755)
    disks = (Disk(system.path, SYSTEM, Bus.VIRTIO), Disk(target, TARGET, Bus.SATA))
    with (
        network(tmp_path) as wire,
        smb_server(nas, account=account, address=SERVER, port=445, namespace=wire.namespace),
        ssh_server(box, account=account, address=SERVER, port=22, namespace=wire.namespace) as ssh,
        Machine(
            Hardware(Firmware.UEFI, Medium(image), disks=disks, memory=1024, graphics=False, network=wire)
        ) as machine,
    ):
        person = Person(machine)
        at_home(person, disks=3)
        person.presses("b")
        person.sees("choose a drive or a share")
        person.presses("enter")
        person.sees("Where to", "a NAS")
        person.presses("w")
        person.sees("Computer", "Password")
        fills_in(person, "nsa", SHARE, account.user, "wrong")
        person.sees("No computer is called nsa.")
        person.presses("up", "up", "up", "ctrl+u")
        fills_in(person, SERVER_NAME, "", "", "")
        person.sees("refuses the user ann with this password")
        person.presses("ctrl+u")
        fills_in(person, account.password)
        person.sees("Start the backup", _MEASURED, "free there", seconds=_JOB_SECONDS)
        person.presses("enter")
        sees_result(person, "The backup is complete.")

        person.presses("b")
        person.sees("Start the backup")
        person.presses("p")
        person.sees("Where to", "by SSH")
        person.presses("s")
        person.sees("Computer", "Password")
        fills_in(person, SERVER_NAME, "", account.user, account.password)
        person.sees("never seen before", ssh.fingerprint[:20])
        person.presses("a")
        person.sees("Start the backup", _MEASURED, "ann@nas", seconds=_JOB_SECONDS)
        person.presses("enter")
        sees_result(person, "The backup is complete.")

        person.presses("c")
        person.sees("choose")
        person.presses("enter")
        person.sees("Where to")
        person.moves_to("/dev/sda")
        person.presses("enter")
        person.sees("Go on: you are asked", "are written", seconds=_JOB_SECONDS)
        person.presses("enter")
        confirms(person, "0003")
        sees_result(person, "The disk is written.")
    whole(nas / "rescue")
    whole(box / "rescue")
    started = boot(target, system.firmware)
    expected = Report(system.canary, system.root_uuid, swap=True, efi=True)
    assert started.report == expected, f"expected {expected}, got {started}"


def test_a_drive_that_comes_back_and_a_screen_that_dies(image: Path, tmp_path: Path) -> None:
    """The backup drive is pulled out in the middle and plugged in again; later every screen is killed. All goes on."""
    system = make_uefi_disk(tmp_path / "system.img", DEFAULT_CACHE)
    backup = make_backup_drive(tmp_path / "backup.img")
    drive = Disk(backup, BACKUP, Bus.USB)
    disks = (Disk(system.path, SYSTEM, Bus.VIRTIO), drive)
    with Machine(Hardware(Firmware.UEFI, Medium(image), disks=disks, memory=1024)) as machine:
        person = Person(machine)
        at_home(person, disks=3)
        person.presses("b")
        person.sees("Start the backup", _MEASURED)
        person.presses("enter")
        person.sees(re.compile(r"[1-9]\d? %"))
        machine.unplug(drive)
        person.sees("x FAILED", "Nothing on the source was changed", seconds=_JOB_SECONDS)
        person.sees("Connect it again", seconds=1)
        machine.plug(drive)
        # Before the kernel has found it again, going on says what is missing, and asks again.
        for _ in range(10):
            person.presses("g")
            if machine.until(lambda: "%" in person.screen, 20):
                break
            if "The backup did not start" in person.screen:
                person.presses("esc")
                person.sees("Start the backup")
                person.presses("enter")
        person.sees(re.compile(r"[1-9]\d? %"))
        machine.press("alt+f2")
        machine.press(*"pkill -KILL -x rescue\n")
        person.sees("1  Rescue", "Number:")
        person.types("1")
        person.presses("enter")
        person.sees("J Jobs", re.compile("A job (runs|has ended)"), seconds=BOOT_SECONDS)
        person.presses("j")
        sees_result(person, "The backup is complete.")
        person.presses("d")
        person.sees("Switch the computer off")
        person.presses("s")
        assert machine.wait_off(_JOB_SECONDS) == "guest-shutdown"
    with attached(backup) as device, mounted(partition(device, 1)) as folder:
        whole(folder / "rescue")
