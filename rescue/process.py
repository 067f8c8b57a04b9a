"""The one module that starts programs: argument lists, a clean environment, every exit status explicit."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, NoReturn

from rescue.cancel import CancelToken
from rescue.errors import MissingToolError, ToolError, reason_of
from rescue.language import _

_SEARCH_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_STDERR_TAIL = 2000
_TERMINATE_SECONDS = 5.0
_POLL_SECONDS = 0.1

# The Debian package of every program that we call, for the hint of MissingToolError.
PACKAGES = {
    "blkid": "util-linux",
    "losetup": "util-linux",
    "mount": "util-linux",
    "umount": "util-linux",
    "unshare": "util-linux",
    "debugfs": "e2fsprogs",
    "dumpe2fs": "e2fsprogs",
    "e2fsck": "e2fsprogs",
    "xfs_db": "xfsprogs",
    "xfs_repair": "xfsprogs",
    "xfs_logprint": "xfsprogs",
    "ntfsresize": "ntfs-3g",
    "udevadm": "udev",
    "btrfs": "btrfs-progs",
    "fsck.fat": "dosfstools",
    "fsck.exfat": "exfatprogs",
    "mkfs.exfat": "exfatprogs",
    "fsck.f2fs": "f2fs-tools",
    "ntfscat": "ntfs-3g",
    "ntfsinfo": "ntfs-3g",
    "ntfsls": "ntfs-3g",
    "hivexget": "libhivex-bin",
    "qemu-img": "qemu-utils",
    "qemu-storage-daemon": "qemu-system-common",
    "fusermount3": "fuse3",
    "ip": "iproute2",
    "mkfs.ext4": "e2fsprogs",
    "mount.cifs": "cifs-utils",
    "mount.nfs": "nfs-common",
    "nmcli": "network-manager",
    "ntfs-3g": "ntfs-3g",
    "mount.exfat-fuse": "exfat-fuse",
    "ssh-keygen": "openssh-client",
    "ssh-keyscan": "openssh-client",
    "smartctl": "smartmontools",
    "systemd-inhibit": "systemd",
    "tail": "coreutils",
}


@dataclass(frozen=True, slots=True)
class Completed:
    """A program that ended with an exit status that its caller allows."""

    argv: tuple[str, ...]
    status: int
    stdout: bytes
    stderr: bytes

    @property
    def text(self) -> str:
        """Standard output as text; bytes that are no UTF-8 are replaced."""
        return self.stdout.decode(errors="replace")

    @property
    def error_text(self) -> str:
        """End of standard error as text."""
        return self.stderr[-_STDERR_TAIL:].decode(errors="replace").strip()


def environment() -> dict[str, str]:
    """The environment of every program: known language, known search path, nothing inherited but HOME and TMPDIR."""
    kept = {name: os.environ[name] for name in ("HOME", "TMPDIR") if name in os.environ}
    return {"PATH": _SEARCH_PATH, "LC_ALL": "C.UTF-8", **kept}


def find(tool: str) -> str:
    """Path of an installed program; MissingToolError names the package to install."""
    path = shutil.which(tool, path=_SEARCH_PATH)
    if path is None:
        package = PACKAGES.get(tool, "partclone" if tool.startswith("partclone.") else tool)
        raise MissingToolError(
            _("The program {tool} is not installed.").format(tool=tool),
            hint=_("Install it: apt install {package}").format(package=package),
        )
    return path


def run(
    argv: Sequence[str],
    *,
    allowed: Collection[int] = (0,),
    timeout: float = 600.0,
    cancel: CancelToken | None = None,
    stdin: bytes = b"",
) -> Completed:
    """Run a program to its end and return what it printed.

    ToolError when its status is not in `allowed` or `timeout` seconds pass, CancelledError when `cancel` is set
    before or meanwhile; the program has ended in every case. Output goes through unnamed temporary files, so that no
    full pipe can block it; `stdin`, which may be a password, lies in memory only.
    """
    command = (find(argv[0]), *argv[1:])
    if cancel is not None:
        cancel.raise_if_cancelled()
    try:
        with _in_memory(stdin) as source, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            child = subprocess.Popen(command, stdin=source, stdout=out, stderr=err, env=environment())
            try:
                _await(child, argv[0], timeout, cancel)
            finally:
                _stop(child)
            for stream in (out, err):
                stream.seek(0)
            done = Completed(tuple(argv), child.returncode, out.read(), err.read())
    except OSError as error:
        raise ToolError(
            _("`{tool}` cannot be started: {reason}.").format(tool=argv[0], reason=reason_of(error))
        ) from error
    if done.status not in allowed:
        raise ToolError(
            _("`{command}` ended with status {status}: {words}").format(
                command=" ".join(argv), status=done.status, words=done.error_text or _("no message")
            )
        )
    return done


def _in_memory(data: bytes) -> IO[bytes]:
    """A file without a name that holds `data` and never lies on a drive, at its beginning."""
    stream = os.fdopen(os.memfd_create("input"), "w+b")
    stream.write(data)
    stream.seek(0)
    return stream


@contextmanager
def daemon(argv: Sequence[str], log: Path) -> "Iterator[subprocess.Popen[bytes]]":
    """A program that serves while the block runs, its output in `log`; terminated, then killed, at the end."""
    command = (find(argv[0]), *argv[1:])
    with log.open("wb") as stream:
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=stream, stderr=stream, env=environment())
        try:
            yield child
        finally:
            _stop(child)


def python_program(module: str) -> tuple[str, ...]:
    """The words that run a module of this program with this Python."""
    return (sys.executable, "-m", module)


def become(argv: Sequence[str], *, extra: Mapping[str, str]) -> NoReturn:
    """Go on as another program with this environment and what is `extra` in it. What is open here is closed by that."""
    os.execve(argv[0], [*argv], {**os.environ, **extra})  # noqa: S606 - the words are ours


def spawn(argv: Sequence[str], *, output: Path, errors: Path, keep: int, extra: Mapping[str, str], nice: int) -> int:
    """Start a part of this program that outlives it, in a session of its own, with this program's environment.

    It inherits the descriptor `keep`, and nothing else, and gives way to others by `nice` (nice(2)). Returns its
    process; ToolError where it cannot be started.
    """
    with output.open("wb") as out, errors.open("wb") as err:
        try:
            child = subprocess.Popen(
                argv,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                pass_fds=(keep,),
                start_new_session=True,
                cwd="/",
                env={**os.environ, **extra},
            )
        except OSError as error:
            raise ToolError(
                _("`{tool}` cannot be started: {reason}.").format(tool=argv[0], reason=reason_of(error))
            ) from error
    with suppress(OSError):  # it has ended already
        os.setpriority(os.PRIO_PROCESS, child.pid, os.getpriority(os.PRIO_PROCESS, 0) + nice)
    threading.Thread(target=child.wait, daemon=True, name="reaper").start()  # no zombie stays
    return child.pid


def spawn_beside(argv: Sequence[str]) -> int:
    """Start a program that nobody listens to, and that outlives this one, in a session of its own, in a clean
    environment. Returns its process; ToolError where it cannot be started."""
    null = subprocess.DEVNULL
    try:
        child = subprocess.Popen(
            argv, stdin=null, stdout=null, stderr=null, start_new_session=True, cwd="/", env=environment()
        )
    except OSError as error:
        raise ToolError(
            _("`{tool}` cannot be started: {reason}.").format(tool=argv[0], reason=reason_of(error))
        ) from error
    threading.Thread(target=child.wait, daemon=True, name="reaper").start()
    return child.pid


def hand_over(argv: Sequence[str], *, cwd: str, extra: Mapping[str, str]) -> None:
    """Give the person's own terminal and environment, and what is `extra` in it, to a program until it ends.

    For a shell, and nothing else: its exit status is the person's business. ToolError where it cannot be started.
    """
    former = signal.signal(signal.SIGINT, lambda *_: None)  # not SIG_IGN, which the program would inherit
    try:
        subprocess.run(argv, cwd=cwd, env={**os.environ, **extra}, check=False)
    except OSError as error:
        raise ToolError(
            _("`{tool}` cannot be started: {reason}.").format(tool=argv[0], reason=reason_of(error))
        ) from error
    finally:
        _reclaim_terminal()
        signal.signal(signal.SIGINT, former)


def _reclaim_terminal() -> None:
    """A shell that was killed leaves the terminal to its own process group, and whoever else uses it is stopped."""
    former = signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    with suppress(OSError):
        os.tcsetpgrp(0, os.getpgrp())
    signal.signal(signal.SIGTTOU, former)


def _await(child: "subprocess.Popen[bytes]", name: str, timeout: float, cancel: CancelToken | None) -> None:
    deadline = time.monotonic() + timeout
    while True:
        try:
            child.wait(timeout=_POLL_SECONDS)
            return
        except subprocess.TimeoutExpired:
            if cancel is not None:
                cancel.raise_if_cancelled()
            if time.monotonic() > deadline:
                raise ToolError(
                    _("`{tool}` did not end within {timeout:.0f} seconds.").format(tool=name, timeout=timeout)
                ) from None


def _stop(child: "subprocess.Popen[bytes]") -> None:
    if child.poll() is not None:
        return
    child.terminate()
    try:
        child.wait(timeout=_TERMINATE_SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
