"""The one module that starts programs: every child has ended when a call returns, in whatever way."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from rescue.cancel import CancelToken
from rescue.errors import CancelledError, MissingToolError, ToolError
from rescue.process import PACKAGES, daemon, environment, find, run

STUBBORN = "trap '' TERM; echo $$ > {}; while :; do sleep 0.05; done"


@pytest.fixture(autouse=True)
def _short_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rescue.process._TERMINATE_SECONDS", 0.3)


@contextmanager
def within(seconds: float) -> Iterator[None]:
    began = time.monotonic()
    yield
    assert time.monotonic() - began < seconds


def gone(pid_file: Path) -> bool:
    """True when the program that wrote its number there has ended and was waited for."""
    try:
        os.kill(int(pid_file.read_text()), 0)
    except ProcessLookupError:
        return True
    return False


def test_output_and_status() -> None:
    done = run(["sh", "-c", "echo out; echo err >&2; exit 3"], allowed=(0, 3))
    assert (done.status, done.text, done.error_text) == (3, "out\n", "err")
    assert done.argv[0] == "sh"


def test_a_status_that_is_not_allowed() -> None:
    with pytest.raises(ToolError, match=r"ended with status 4: what went wrong"):
        run(["sh", "-c", "echo what went wrong >&2; exit 4"])


def test_killed_by_a_signal() -> None:
    with pytest.raises(ToolError, match="status -9"):
        run(["sh", "-c", "kill -9 $$"])


def test_the_end_of_a_long_complaint_is_kept() -> None:
    with pytest.raises(ToolError) as caught:
        run(["sh", "-c", "for n in $(seq 5000); do echo line $n >&2; done; exit 1"])
    assert caught.value.message.endswith("line 5000")
    assert len(caught.value.message) < 3000


def test_input() -> None:
    assert run(["cat"], stdin=b"some\0bytes").stdout == b"some\0bytes"
    assert run(["cat"]).stdout == b""


def test_output_that_no_pipe_holds() -> None:
    done = run(["sh", "-c", "head -c 3000000 /dev/zero; head -c 3000000 /dev/zero >&2"])
    assert (len(done.stdout), len(done.stderr)) == (3_000_000, 3_000_000)


def test_bytes_that_are_no_text() -> None:
    assert run(["printf", r"caf\351"]).text == "caf�"


def test_the_environment_is_our_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
    monkeypatch.setenv("LD_PRELOAD", "")
    monkeypatch.setenv("HOME", "/somewhere")
    lines = run(["env"]).text.splitlines()
    assert "LC_ALL=C.UTF-8" in lines
    assert "HOME=/somewhere" in lines
    assert not any(line.startswith("LD_PRELOAD") for line in lines)
    assert set(environment()) <= {"PATH", "LC_ALL", "HOME", "TMPDIR"}


def test_a_missing_tool() -> None:
    for tool, package in [("no-such-tool", "no-such-tool"), ("partclone.nofs", "partclone")]:
        with pytest.raises(MissingToolError, match=tool) as caught:
            run([tool])
        assert caught.value.hint.endswith(f"apt install {package}")
    assert find("sh").endswith("/sh")


def test_known_packages_are_real_names() -> None:
    assert all(tool and package and " " not in package for tool, package in PACKAGES.items())


def test_a_program_that_cannot_be_started(tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    broken.write_bytes(b"\0\0 no program")
    broken.chmod(0o755)
    with pytest.raises(ToolError, match="cannot be started"):
        run([str(broken)])


def test_no_room_for_temporary_files(monkeypatch: pytest.MonkeyPatch) -> None:
    def full() -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("rescue.process.tempfile.TemporaryFile", full)
    with pytest.raises(ToolError, match="No space left"):
        run(["true"])


def test_timeout(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    with within(3), pytest.raises(ToolError, match="did not end within 0 seconds"):
        run(["sh", "-c", f"echo $$ > {pid}; exec sleep 60"], timeout=0.3)
    assert gone(pid)


def test_cancel(tmp_path: Path) -> None:
    pid, cancel = tmp_path / "pid", CancelToken()
    threading.Timer(0.3, cancel.cancel).start()
    with within(1.3), pytest.raises(CancelledError):
        run(["sh", "-c", f"echo $$ > {pid}; exec sleep 60"], cancel=cancel)
    assert gone(pid)


def test_nothing_starts_after_a_cancel(tmp_path: Path) -> None:
    started, cancel = tmp_path / "started", CancelToken()
    cancel.cancel()
    with pytest.raises(CancelledError):
        run(["touch", str(started)], cancel=cancel)
    assert not started.exists()


def test_a_child_that_does_not_want_to_end(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    with within(4), pytest.raises(ToolError, match="did not end"):
        run(["sh", "-c", STUBBORN.format(pid)], timeout=0.5)
    assert gone(pid)


def test_a_grandchild_that_lives_on_blocks_nothing(tmp_path: Path) -> None:
    """It keeps the output open; no pipe waits for it."""
    pid = tmp_path / "pid"
    with within(3):
        assert run(["sh", "-c", f"sleep 60 & echo $! > {pid}; echo done"]).text == "done\n"
    os.kill(int(pid.read_text()), signal.SIGKILL)


def test_an_error_of_our_own_ends_the_child(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pid = tmp_path / "pid"

    def interrupted(*_: object) -> None:
        while not pid.exists() or not pid.read_text():
            time.sleep(0.01)
        raise KeyboardInterrupt

    monkeypatch.setattr("rescue.process._await", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run(["sh", "-c", f"echo $$ > {pid}; exec sleep 60"])
    assert gone(pid)


def test_a_daemon_serves_and_ends(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with daemon(["sh", "-c", "echo serving; exec sleep 60"], log) as child:
        while not log.read_text():
            time.sleep(0.01)
        assert child.poll() is None
    assert child.returncode == -signal.SIGTERM
    assert log.read_text() == "serving\n"


def test_a_stubborn_daemon_is_killed_after_an_error(tmp_path: Path) -> None:
    pid = tmp_path / "pid"

    def serve() -> None:
        with daemon(["sh", "-c", STUBBORN.format(pid)], tmp_path / "log"):
            while not pid.exists() or not pid.read_text():
                time.sleep(0.01)
            raise ValueError("our own")

    with within(4), pytest.raises(ValueError, match="our own"):
        serve()
    assert gone(pid)


def test_no_descriptor_is_left() -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(3):
        run(["true"])
        with pytest.raises(ToolError):
            run(["false"])
    assert len(list(Path("/proc/self/fd").iterdir())) == before
