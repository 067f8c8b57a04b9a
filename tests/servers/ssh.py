"""OpenSSH, as on a small server: one user with a password, who reaches files by SFTP."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.samples.process import run
from tests.servers.account import Account, make_account, with_account
from tests.servers.running import running

PORT = 22


@contextmanager
def openssh(scratch: Path, user: str, password: str, *, inside: Sequence[str] = ()) -> Iterator[Account]:
    """Serve SFTP at the usual port, wherever the words `inside` lead; files lie in the user's home."""
    account = make_account(scratch, user, password)
    key, settings = scratch / "host-key", scratch / "sshd_config"
    key.unlink(missing_ok=True)
    run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key))
    settings.write_text(
        f"Port {PORT}\nHostKey {key}\nPidFile none\nUsePAM no\nPasswordAuthentication yes\nUseDNS no\n"
        "Subsystem sftp internal-sftp\n"
    )
    argv = with_account(scratch, user, "/usr/sbin/sshd", "-D", "-e", "-f", str(settings))
    with running([*inside, *argv], scratch / "sshd.log", inside, PORT):
        yield account
