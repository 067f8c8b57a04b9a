"""Mounts of our own below /run/rescue/places, and the way out of any mount: written to the end, or a word on who keeps
it busy."""

import hashlib
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from rescue import process
from rescue.devices.mounts import Mount, read_mounts
from rescue.devices.sysfs import Block
from rescue.errors import PlaceError, RescueError, ToolError, reason_of
from rescue.language import _

BASE = Path("/run/rescue/places")
OPTIONS = "noatime,nosuid,nodev,noexec"
"""How everything is mounted: what lies there is data, never programs to run as root."""

_NETWORK = ("cifs", "smb3", "nfs", "nfs4", "fuse.sshfs")
_ANSWER_SECONDS = 20.0
_MOST_NAMED = 3
_ADVICE = ("dmesg(1)", "Refer to the mount", "Please refer")
_PROC = Path("/proc")


def point_for(key: str) -> Path:
    """The directory where the place `key`, a file system's id or an address, is mounted. Always the same one."""
    plain = re.sub(r"[^A-Za-z0-9-]+", "-", key).strip("-")
    if plain == key and len(key) <= 40:
        return BASE / key
    return BASE / f"{plain[:40].strip('-')}-{hashlib.sha256(key.encode(errors='surrogateescape')).hexdigest()[:8]}"


def mount_at(point: Path) -> Mount | None:
    """What is mounted exactly there now; the newest of several on top of each other."""
    return next((mount for mount in reversed(read_mounts()) if mount.point == str(point)), None)


def own_mounts() -> list[Mount]:
    """Everything that is mounted below our directory."""
    return [mount for mount in read_mounts() if Path(mount.point).parent == BASE]


def make_point(point: Path) -> None:
    """Make the directory. PlaceError where that is not possible."""
    try:
        point.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise PlaceError(
            _("The directory {point} cannot be made: {reason}.").format(point=point, reason=reason_of(error))
        ) from error


def restrict(point: Path) -> None:
    """Put the options on a mount whose driver, in user space, did not take them."""
    process.run(["mount", "--options", f"remount,bind,{OPTIONS}", str(point)])


def remove_point(point: Path) -> None:
    """Remove one of our directories when nothing is mounted there. Never what is in it."""
    if point.parent == BASE and mount_at(point) is None:
        with suppress(OSError):
            point.rmdir()


def answers(point: Path) -> bool:
    """True where the file system at `point` can be asked something, within seconds: a lost server lets one wait."""
    try:
        process.run(["stat", "--file-system", str(point)], timeout=_ANSWER_SECONDS)
        process.run(["ls", "--almost-all", "-U", str(point)], timeout=_ANSWER_SECONDS)
    except RescueError:
        return False
    return True


def detach(point: Path) -> None:
    """Take a mount out of the tree although it is dead, or still used: its users see errors, nobody new sees it."""
    while mount_at(point) is not None:
        process.run(["umount", "--lazy", str(point)])


def unmount(point: Path, name: str) -> bool:
    """Write everything out and unmount. PlaceError where it is in use, or where the writing failed.

    False where there was nothing to be saved any more: the drive has gone, or the server does not answer. Then only the
    mount is taken out of the way.
    """
    mount = mount_at(point)
    if mount is not None and lost(mount):
        detach(point)
        remove_point(point)
        return False
    if mount is not None:
        unwritten = _written_out(point)
        done = process.run(["umount", str(point)], allowed=range(256))
        if done.status:
            raise _busy(point, name, done.error_text)
        if unwritten is not None:
            raise PlaceError(
                _("{name} was unmounted, but what was written last did not reach it.").format(name=name),
                hint=_("Check the drive or the connection, and run the last backup again."),
            ) from unwritten
    remove_point(point)
    return True


def lost(mount: Mount) -> bool:
    """True where the drive below a mount has gone, or its server does not answer. A drive that is slow is not lost."""
    if mount.fstype in _NETWORK:
        return not answers(Path(mount.point))
    return node_of(mount) is None


def node_of(mount: Mount) -> str | None:
    """The node of the drive that is mounted; None where the kernel has no such device any more."""
    block = Block.numbered(mount.device) if mount.has_device_number else Block.at(mount.source)
    return block.node if block is not None and block.size else None


def _written_out(point: Path) -> ToolError | None:
    try:
        process.run(["sync", "--file-system", str(point)])
    except ToolError as error:
        return error
    return None


def _busy(point: Path, name: str, said: str) -> PlaceError:
    users = list(users_of(point))
    if not users:
        return PlaceError(
            _("{name} cannot be unmounted: {reason}").format(name=name, reason=last_line(said)),
            hint=_("Wait a moment, and try again."),
        )
    who = ", ".join(
        _("{program} (process {pid})").format(program=program, pid=pid) for pid, program in users[:_MOST_NAMED]
    )
    return PlaceError(
        _("{name} is still in use by {who}.").format(name=name, who=who),
        hint=_("Let it end, or leave the directory {point} there, and try again.").format(point=point),
    )


def users_of(point: Path) -> Iterator[tuple[int, str]]:
    """Processes that keep a file or directory below `point` open: number and name. Each once."""
    for folder in sorted(_PROC.glob("[0-9]*"), key=lambda path: int(path.name)):
        if any(_below(link, point) for link in _links(folder)):
            with suppress(OSError):
                yield int(folder.name), (folder / "comm").read_text(errors="replace").strip()


def _links(folder: Path) -> Iterator[Path]:
    yield from (folder / name for name in ("cwd", "root", "exe"))
    with suppress(OSError):
        yield from (folder / "fd").iterdir()


def _below(link: Path, point: Path) -> bool:
    try:
        return link.readlink().is_relative_to(point)
    except OSError:
        return False


def last_line(said: str) -> str:
    """The last line of what a program said that is about the matter; it is the one that tells most."""
    lines = [line.strip() for line in said.splitlines() if line.strip() and not line.strip().startswith(_ADVICE)]
    return lines[-1] if lines else _("no message")
