"""`rescue stick`: the stick is the image byte for byte, the data partition is usable, and no other disk is hit."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from rescue.cancel import CancelToken
from rescue.errors import RescueError, SourceReadError, VerifyError
from rescue.events import Event, Phase, Progress
from rescue.operations.stick import StickRequest, prepared_stick, run_stick
from rescue.plans.token import confirm
from tests.disk.cli.disks import table_of
from tests.disk.cli.faults import Faults, faulty
from tests.disk.cli.harness import MIB, Rescue, blank, junk, mounted, read, size_of, tool, untouched, write
from tests.disk.cli.isos import LAYOUTS, make_iso
from tests.disk.filesystems.proof import fuse
from tests.samples.loop import partitions, settle

pytestmark = pytest.mark.disk
Attach = Callable[..., str]
STICK = 160 * MIB
NOT_DATA = sorted(set(LAYOUTS) - {"both", "cd"})


@pytest.fixture(scope="session")
def isos(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """`isos(layout)`: an image with that layout, made once. Tests do not change it."""
    made: dict[str, Path] = {}

    def get(layout: str) -> Path:
        if layout not in made:
            made[layout] = make_iso(tmp_path_factory.mktemp(layout), layout)
        return made[layout]

    return get


Isos = Callable[[str], Path]


def require_image(image: Path, stick: str) -> None:
    """Every byte of the image is where `dd` would have put it."""
    data = image.read_bytes()
    assert read(stick, 0, len(data)) == data


def require_not_bootable(stick: str) -> None:
    """Neither boot sector, nor table, nor anything that looks like a CD."""
    assert read(stick, 0, 64 * 1024) == bytes(64 * 1024)


def old_gpt(stick: str) -> None:
    """A used stick: junk, and a GPT whose backup stands at the very end."""
    junk(stick)
    tool("sfdisk", "--quiet", "--no-reread", "--no-tell-kernel", stick, text="label: gpt\nsize=20MiB\n")
    settle(stick)
    assert b"EFI PART" in read(stick, STICK - 512, 512)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_stick_is_what_dd_makes(rescue: Rescue, attach: Attach, isos: Isos, layout: str) -> None:
    image, stick = isos(layout), attach(STICK)
    old_gpt(stick)
    rescue = rescue.seeing(stick)
    done = rescue.run("stick", str(image), stick, *rescue.confirm(stick), "--json")
    assert done.event("JobFinished")["outcome"] == "OK"
    require_image(image, stick)
    assert read(stick, STICK - MIB, MIB) == bytes(MIB)
    assert ("hardly from a stick" in done.out) == (layout == "cd")
    assert tool("blkid", "--probe", "--match-tag", "LABEL", "--output", "value", stick).strip() == "RESCUE"


@pytest.mark.parametrize("layout", NOT_DATA)
def test_data_partition(rescue: Rescue, attach: Attach, isos: Isos, tmp_path: Path, layout: str) -> None:
    """The image's partitions and all its bytes but the table stay; sfdisk, parted and fsck are content; it is used."""
    image, stick = isos(layout), attach(STICK)
    old_gpt(stick)
    rescue = rescue.seeing(stick)
    rescue.run("stick", str(image), stick, "--data", *rescue.confirm(stick))
    before, after = (json.loads(tool("sfdisk", "--json", str(path)))["partitiontable"] for path in (image, stick))
    own = [{**part, "node": ""} for part in before["partitions"]]
    new = [{**part, "node": ""} for part in after["partitions"]]
    assert new[:-1] == own
    assert (after["label"], after["id"]) == (before["label"], before["id"])
    data = new[-1]
    assert data["start"] % 2048 == 0
    assert data["start"] * 512 >= image.stat().st_size
    assert (data["start"] + data["size"]) * 512 == STICK - (MIB if layout == "gpt" else 0)
    require_other_tools(layout, stick)
    require_only_the_table_differs(image, stick, layout)
    number = len(new)
    with part_of(stick, data["start"] * 512, data["size"] * 512) as node:
        tool("fsck.exfat", "-n", node)
        assert tool("blkid", "--probe", "--match-tag", "LABEL", "--output", "value", node).strip() == "RESCUE-DATA"
        with fuse("mount.exfat-fuse", node, tmp_path / "data") as root:
            assert [path.name for path in root.iterdir()] == ["rescue"]
            repo = ("--repo", str(root / "rescue"))
            assert rescue.run("list", *repo, "--json").out == ""
            source = attach(4 * MIB, "source.img")
            rescue.seeing(source).run("backup", source, *repo, "--name", "first", "--verify")
            assert "first" in rescue.run("list", *repo).out
        tool("fsck.exfat", "-n", node)
    if layout != "zero":
        assert partitions(stick) == [f"{stick}p{each}" for each in range(1, number + 1)]


@contextmanager
def part_of(stick: str, start: int, size: int) -> Iterator[str]:
    """A device over a part of the stick, which needs no kernel that reads tables."""
    device = tool("losetup", "--find", "--show", "--offset", str(start), "--sizelimit", str(size), stick).strip()
    try:
        yield device
    finally:
        tool("losetup", "--detach", device)


def require_other_tools(layout: str, stick: str) -> None:
    """parted reads the table; sgdisk finds nothing wrong with a GPT. Neither knows partitions that lie on the table."""
    if layout == "zero":
        return
    told = tool("parted", "--script", "--machine", stick, "unit", "B", "print").splitlines()
    assert told[1].split(":")[5] == ("gpt" if layout == "gpt" else "msdos")
    if layout == "gpt":
        assert "No problems found" in tool("sgdisk", "--verify", stick)


def require_only_the_table_differs(image: Path, stick: str, layout: str) -> None:
    """In an MBR 16 bytes, those of one entry; in a GPT what lies in front of the first partition and the backup."""
    old = image.read_bytes()
    new = read(stick, 0, len(old))
    slot = slice(446 + 2 * 16, 446 + 3 * 16)
    if layout == "gpt":
        assert new[:440] == old[:440]
        assert new[32768:] == old[32768:]
        return
    assert old[slot] == bytes(16)
    assert new[slot] != bytes(16)
    assert new[: slot.start] + bytes(16) + new[slot.stop :] == old


def test_undo_and_once_more(rescue: Rescue, attach: Attach, isos: Isos) -> None:
    """A stick that was one before, with partitions that lie on the table, gets exactly its old table back."""
    stick = attach(STICK)
    rescue = rescue.seeing(stick)
    rescue.run("stick", str(isos("zero")), stick, "--data", *rescue.confirm(stick))
    table, head = table_of(stick), read(stick, 0, MIB)
    rescue.run("stick", str(isos("mbr")), stick, *rescue.confirm(stick))
    assert table_of(stick) != table
    done = rescue.run("undo", stick, "--dry-run")
    assert "before `rescue stick` of" in done.out
    rescue.run("undo", stick, *rescue.confirm(stick))
    assert table_of(stick) == table
    assert read(stick, 0, MIB) == head


def test_dry_run_writes_nothing(rescue: Rescue, attach: Attach, isos: Isos) -> None:
    stick = attach(STICK)
    rescue = rescue.seeing(stick)
    junk(stick)
    before = untouched(stick)
    steps = rescue.run("stick", str(isos("mbr")), stick, "--data", "--dry-run", "--json").events[-1]["steps"]
    assert steps[0].startswith(f"OVERWRITE {stick}")
    assert any("p3 exfat “RESCUE-DATA”" in step for step in steps)
    assert any("is not a USB stick but a loop device" in step for step in steps)
    assert tool("losetup", "--list", "--noheadings", "--output", "BACK-FILE").count("rescue-") == 0
    before.require()


def test_refused(rescue: Rescue, attach: Attach, isos: Isos, tmp_path: Path) -> None:
    """Each with its exit code and its reason, and not a byte of the stick changes."""
    image, stick, small = str(isos("mbr")), attach(STICK), attach(16 * MIB, "small.img")
    large = attach(STICK, "4k.img", sector_size=4096)
    rescue = rescue.seeing(stick, small, large)
    for disk in (stick, small, large):
        junk(disk)
    before = [untouched(disk) for disk in (stick, small, large)]
    confirmed = ("--yes", "--confirm", "target.img")
    text, compressed = tmp_path / "text.iso", tmp_path / "image.iso.xz"
    text.write_text("no image\n" * 20_000)
    compressed.write_bytes(b"\xfd7zXZ\0" + bytes(4096))
    (tmp_path / "empty.iso").touch()
    rescue.refused("stick", image, small, "--yes", "--confirm", "small.img", code=16, says="are missing")
    rescue.refused("stick", image, large, "--yes", "--confirm", "4k.img", code=15, says="sectors of 4096 bytes")
    rescue.refused("stick", image, stick, "--yes", "--confirm", "another", code=17, says="is not the identity")
    rescue.refused("stick", image, stick, code=17, says="Nobody confirmed")
    rescue.refused("stick", image, stick, "--yes", code=17, says="--yes alone")
    for wrong in (text, compressed, tmp_path / "empty.iso"):
        rescue.refused("stick", str(wrong), stick, *confirmed, code=2, says="is no bootable image")
    rescue.refused("stick", str(tmp_path / "none.iso"), stick, *confirmed, code=2, says="There is no")
    rescue.refused("stick", str(tmp_path), stick, *confirmed, code=2, says="is no file")
    rescue.refused("stick", small, stick, *confirmed, code=2, says="is a device")
    rescue.refused("stick", image, "/dev/nothing", *confirmed, code=13, says="There is no /dev/nothing")
    for layout, why in (("both", "two tables"), ("cd", "no partition table")):
        rescue.refused("stick", str(isos(layout)), stick, "--data", *confirmed, code=23, says=why)
    for picture in before:
        picture.require()


def test_no_room_for_data(rescue: Rescue, attach: Attach, isos: Isos) -> None:
    """The image alone fits."""
    image = isos("mbr")
    stick = attach(image.stat().st_size + 32 * MIB)
    rescue = rescue.seeing(stick)
    junk(stick)
    before = untouched(stick)
    rescue.refused("stick", str(image), stick, "--data", *rescue.confirm(stick), code=16, says="no room for a data")
    before.require()
    rescue.run("stick", str(image), stick, *rescue.confirm(stick))
    require_image(image, stick)


def test_in_use(rescue: Rescue, attach: Attach, isos: Isos, tmp_path: Path) -> None:
    """Mounted; and the image lies on the stick itself."""
    stick = attach(STICK)
    tool("sfdisk", "--quiet", "--no-reread", "--no-tell-kernel", stick, text="label: gpt\nsize=120MiB\n")
    settle(stick)
    tool("mkfs.ext4", "-q", "-F", f"{stick}p1")
    rescue = rescue.seeing(stick)
    with mounted(f"{stick}p1", tmp_path / "mnt") as root:
        inside = root / "rescue.iso"
        inside.write_bytes(isos("mbr").read_bytes())
        os.sync()
        words = ("--yes", "--confirm", "target.img")
        rescue.refused("stick", str(isos("mbr")), stick, *words, code=15, says=f"{stick}p1 is mounted at {root}")
        done = rescue.refused("stick", str(inside), stick, *words, code=15, says="It holds the image")
        assert "is mounted" in done.err
        rescue.refused("stick", str(inside), f"{stick}p1", *words, code=2, says="is a partition")
        assert inside.read_bytes() == isos("mbr").read_bytes()
    tool("e2fsck", "-f", "-n", f"{stick}p1")


def test_read_only_and_twins(rescue: Rescue, attach: Attach, isos: Isos, tmp_path: Path) -> None:
    shared = blank(tmp_path / "twin.img", STICK)
    one, other = attach(shared), attach(shared)
    locked = attach(blank(tmp_path / "ro.img", STICK), read_only=True)
    rescue = rescue.seeing(one, other, locked)
    words = ("--yes", "--confirm", str(shared))
    rescue.refused("stick", str(isos("mbr")), one, *words, code=15, says=f"{other} has the same identity")
    rescue.refused("stick", str(isos("mbr")), locked, "--yes", "--confirm", "ro.img", code=15, says="It is read-only")


def test_checksums(rescue: Rescue, attach: Attach, isos: Isos, tmp_path: Path) -> None:
    """What SHA256SUMS beside the image says counts before the first write. So does an end that is missing."""
    stick, image = attach(STICK), tmp_path / "rescue.iso"
    rescue = rescue.seeing(stick)
    junk(stick)
    before = untouched(stick)
    data = bytearray(isos("mbr").read_bytes())
    (tmp_path / "SHA256SUMS").write_text(f"{hashlib.sha256(data).hexdigest()}  rescue.iso\n")
    image.write_bytes(data)
    done = rescue.run("stick", str(image), stick, "--dry-run")
    assert "The image is what SHA256SUMS beside it says." in done.out
    data[20 * MIB] ^= 1
    image.write_bytes(data)
    for words in (("--dry-run",), rescue.confirm(stick)):
        rescue.refused("stick", str(image), stick, *words, code=38, says="is damaged")
    (tmp_path / "SHA256SUMS").unlink()
    for short in (len(data) // 2 // 2048 * 2048, len(data) - 1):
        image.write_bytes(data[:short])
        rescue.refused("stick", str(image), stick, *rescue.confirm(stick), code=38, says="is cut off")
    before.require()


def test_killed_in_the_middle(rescue: Rescue, attach: Attach, isos: Isos, tmp_path: Path) -> None:
    """What lies on the stick then does not start, and nobody takes it for a stick; the next run makes it whole."""
    target = blank(tmp_path / "target.img", STICK)
    with faulty(target, Faults(write_rate=16 * MIB), tmp_path / "slow") as disk:
        program = rescue.seeing(disk.device)
        write(disk.device, 0, isos("mbr").read_bytes()[:MIB])
        job = program.start("stick", str(isos("mbr")), disk.device, "--data", *program.confirm(disk.device), "--json")
        assert job.stdout is not None
        while '"Progress"' not in (line := job.stdout.readline()):
            assert line
        job.kill()
        job.communicate()
        require_not_bootable(disk.device)
    assert any(target.read_bytes()[MIB:])
    again = attach(target)
    program = rescue.seeing(again)
    program.run("stick", str(isos("mbr")), again, *program.confirm(again))
    require_image(isos("mbr"), again)


def in_process(image: Path, stick: str, sink: Callable[[Event], None], *, data: bool = False) -> None:
    """The job inside the test, so that something can happen at an exact moment."""
    cancel = CancelToken()
    with prepared_stick(StickRequest(str(image), stick, data=data), sink=sink, cancel=cancel) as job:
        run_stick(job, confirm(job.plan, job.plan.target.confirm), sink=sink, cancel=cancel)


def at_the_end_of_writing(deed: Callable[[], object], phase: Phase = Phase.STICK) -> Callable[[Event], None]:
    """A sink that does something when all regions are written, or read back, and what is held back is yet to come."""

    def sink(event: Event) -> None:
        if isinstance(event, Progress) and event.phase is phase and event.done == event.total:
            deed()

    return sink


@pytest.mark.parametrize(("phase", "where", "told"), [(Phase.STICK, 10 * MIB, "image"), (Phase.VERIFY, 200, "byte 0")])
def test_a_flipped_byte_is_found(
    attach: Attach, isos: Isos, monkeypatch: pytest.MonkeyPatch, phase: Phase, where: int, told: str
) -> None:
    """In the content, and in the boot sector, which comes last."""
    stick = attach(STICK)
    monkeypatch.setenv("RESCUE_DEVICES", stick)
    with pytest.raises(VerifyError, match=told):
        in_process(isos("mbr"), stick, at_the_end_of_writing(lambda: write(stick, where, b"?"), phase))


def test_a_flipped_byte_of_the_data_partition_is_found(
    attach: Attach, isos: Isos, monkeypatch: pytest.MonkeyPatch
) -> None:
    stick = attach(STICK)
    monkeypatch.setenv("RESCUE_DEVICES", stick)
    start = -(-isos("mbr").stat().st_size // MIB) * MIB
    with pytest.raises(VerifyError, match="p3"):
        in_process(isos("mbr"), stick, at_the_end_of_writing(lambda: write(stick, start + 100, b"?")), data=True)


@pytest.mark.parametrize("how", ["shorter", "longer", "written", "gone"])
def test_an_image_that_changes_meanwhile(
    attach: Attach, isos: Isos, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, how: str
) -> None:
    """The job fails, and the stick does not start."""
    stick, image = attach(STICK), tmp_path / "rescue.iso"
    image.write_bytes(isos("mbr").read_bytes())
    monkeypatch.setenv("RESCUE_DEVICES", stick)
    with pytest.raises(SourceReadError) as caught:
        in_process(image, stick, at_the_end_of_writing(lambda: change(image, how)))
    assert "incomplete and must not be used" in caught.value.hint
    require_not_bootable(stick)


def change(image: Path, how: str) -> None:
    """Do something to an image."""
    match how:
        case "shorter":
            os.truncate(image, image.stat().st_size - 2048)
        case "longer":
            os.truncate(image, image.stat().st_size + 2048)
        case "written":
            with image.open("r+b") as stream:
                stream.write(b"?")
        case "gone":
            image.unlink()


def test_an_image_that_shrinks_before_it_is_read(
    attach: Attach, isos: Isos, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    stick, image = attach(STICK), tmp_path / "rescue.iso"
    image.write_bytes(isos("mbr").read_bytes())
    monkeypatch.setenv("RESCUE_DEVICES", stick)

    def sink(event: Event) -> None:
        if isinstance(event, Progress) and event.done < event.total:
            os.truncate(image, 30 * MIB)

    with pytest.raises(RescueError) as caught:
        in_process(image, stick, sink)
    assert isinstance(caught.value, SourceReadError)
    assert "--allow-bad-sectors" not in caught.value.hint
    require_not_bootable(stick)


def test_without_a_driver_the_partition_is_only_formatted(
    rescue: Rescue, attach: Attach, isos: Isos, tmp_path: Path
) -> None:
    """Neither the kernel nor FUSE can mount exFAT: the plan says so, and the file system is empty and sound."""
    driver = tool("sh", "-c", "command -v mount.exfat-fuse").strip()
    hidden = rescue.wrapped("unshare", "--mount", "sh", "-c", f'mount --bind /dev/null {driver} && exec "$@"', "sh")
    stick = attach(STICK)
    hidden = hidden.seeing(stick)
    done = hidden.run("stick", str(isos("mbr")), stick, "--data", *rescue.seeing(stick).confirm(stick))
    if "holds an empty repository" in done.err:
        pytest.skip("the kernel here mounts exFAT by itself")
    assert "nothing here can mount exFAT" in done.err
    start = -(-isos("mbr").stat().st_size // MIB) * MIB
    with part_of(stick, start, size_of(stick) - start) as node:
        tool("fsck.exfat", "-n", node)
        with fuse("mount.exfat-fuse", node, tmp_path / "data") as root:
            assert list(root.iterdir()) == []
