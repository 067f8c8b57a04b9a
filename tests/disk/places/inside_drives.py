"""In the guest: a SCSI drive that is pulled out under its mount, and comes back as another node."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from rescue.errors import PlaceError
from rescue.operations.prepare import look
from rescue.places import access, drives, mounting
from rescue.places.model import Place
from tests.disk.cli.harness import tool, wait_until
from tests.disk.uml.inside import WholeMachine

_BLOCKS = Path("/sys/block")


def scsi_disks() -> list[str]:
    return sorted(entry.name for entry in _BLOCKS.glob("sd*"))


def pull(name: str) -> None:
    """Take the drive out, whatever uses it."""
    (_BLOCKS / name / "device/delete").write_text("1")
    wait_until(lambda: name not in scsi_disks(), f"{name} is gone")


def plug_in() -> str:
    """Put it in again; its name now."""
    for host in Path("/sys/class/scsi_host").iterdir():
        (host / "scan").write_text("- - -")
    wait_until(lambda: bool(scsi_disks()), "the drive is there again")
    (name,) = scsi_disks()
    return name


@pytest.fixture
def drive() -> str:
    """The node of a drive of 128 MiB with ext4."""
    subprocess.run(["modprobe", "-d", "/mnt", "-r", "scsi_debug"], check=False)
    tool("modprobe", "-d", "/mnt", "scsi_debug", "dev_size_mb=128")
    wait_until(lambda: bool(scsi_disks()), "the drive is there")
    node = f"/dev/{scsi_disks()[0]}"
    tool("mkfs.ext4", "-q", "-F", "-L", "Backups", node)
    return node


def opened(node: str) -> Place:
    return access.open_node(node, look())


def test_pulled_out_and_back(drive: str, tmp_path: Path) -> None:
    """While it is away that is told; back again it is found by its id, and the dead mount is out of the way."""
    place = opened(drive)
    assert place.directory is not None
    program = WholeMachine(tmp_path)
    repo = str(place.directory / "rescue")
    program.run("init", repo)
    tool("sync", "--file-system", str(place.directory))
    with (place.directory / "in use").open("w"):  # somebody holds on to the dead mount
        pull(Path(drive).name)
        with pytest.raises(PlaceError, match="not there any more"):
            access.open_place(place, look())
        name = plug_in()
        assert f"/dev/{name}" != drive
        again = access.open_place(place, look())
        assert (again.directory, again.address) == (place.directory, f"/dev/{name}")
        mount = mounting.mount_at(place.directory)
        assert mount is not None
        assert mount.source == f"/dev/{name}"
        assert again.repositories == (place.directory / "rescue",)
        program.run("list", "--repo", repo)
        (place.directory / "rescue/new").write_text("it can be written")
    access.close_place(again)
    assert mounting.mount_at(place.directory) is None
    tool("e2fsck", "-f", "-n", again.address)


def test_the_dead_one_can_be_closed(drive: str, tmp_path: Path) -> None:
    """Nobody waits for a drive that will not come back."""
    place = opened(drive)
    assert place.directory is not None
    pull(Path(drive).name)
    done = WholeMachine(tmp_path).run("disconnect", str(place.directory), "--json")
    assert done.event("Disconnected")["saved"] is False
    assert mounting.mount_at(place.directory) is None
    assert not place.directory.exists()


def test_listed_by_what_it_is(drive: str) -> None:
    """A name for people, and where it is in the list."""
    (place,) = [each for each in drives.candidates(look()) if each.address == drive]
    assert place.name == "Backups, Linux scsi_debug 128.0 MiB, SCSI"
    assert (place.open, place.repositories, place.filesystem) == (False, (), "ext4")
