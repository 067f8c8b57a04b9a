"""Sticks that must not be written, images that are damaged or change, and jobs that do not come to their end."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from rescue.cancel import CancelToken
from rescue.errors import RescueError, SourceReadError, VerifyError
from rescue.events import Event, Phase, Progress
from rescue.operations.stick import StickRequest, prepared_stick, run_stick
from rescue.plans.token import confirm
from tests.disk.cli.faults import Faults, faulty
from tests.disk.cli.harness import MIB, Rescue, blank, junk, mounted, tool, untouched, write
from tests.disk.cli.isos import STICK, require_image, require_not_bootable
from tests.samples.loop import settle

pytestmark = pytest.mark.disk
Attach = Callable[..., str]
Isos = Callable[[str], Path]


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
    rescue.refused("stick", small, stick, *confirmed, code=2, says="is no bootable image")
    rescue.refused("stick", image, "/dev/nothing", *confirmed, code=13, says="There is no /dev/nothing")
    for layout, why in (("both", "two tables"), ("cd", "no partition table")):
        rescue.refused("stick", str(isos(layout)), stick, "--data", *confirmed, code=23, says=why)
    for picture in before:
        picture.require()


def test_without_the_formatter(rescue: Rescue, attach: Attach, isos: Isos) -> None:
    """Known before the first write; the image alone needs none."""
    stick = attach(STICK)
    before = untouched(stick)
    maker = tool("sh", "-c", "command -v mkfs.exfat").strip()
    bare = rescue.wrapped("unshare", "--mount", "sh", "-c", f'mount --bind /dev/null {maker} && exec "$@"', "sh")
    bare = bare.seeing(stick)
    words = (str(isos("mbr")), stick, "--yes", "--confirm", "target.img")
    bare.refused("stick", *words, "--data", code=11, says="mkfs.exfat is not installed")
    before.require()
    bare.run("stick", *words)


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
