"""One account with a password that exists for a server alone: the machine's own accounts are not touched."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tests.samples.process import run

_ID = 61234
# The server sees other accounts and homes than everybody else: its mounts are its own.
_ENTER = """
mount --make-rprivate /
mount --bind "$1/passwd" /etc/passwd
mount --bind "$1/shadow" /etc/shadow
mount -t tmpfs tmpfs /home
mkdir "/home/$2" /run/sshd -p
mount --bind "$1/home" "/home/$2"
shift 2
exec "$@"
"""


@dataclass(frozen=True)
class Account:
    """A user of a server. `home` belongs to that user, and lies at `/home/USER` for the server."""

    user: str
    password: str
    home: Path


def make_account(scratch: Path, user: str, password: str) -> Account:
    """Make the account's home and the lists that `with_account` shows to a server."""
    home = scratch / "home"
    home.mkdir(mode=0o755, parents=True, exist_ok=True)
    run("chown", f"{_ID}:{_ID}", str(home))
    hashed = run("openssl", "passwd", "-6", "-stdin", text=password).strip()
    accounts = Path("/etc/passwd").read_text() + f"{user}:x:{_ID}:{_ID}::/home/{user}:/bin/sh\n"
    (scratch / "passwd").write_text(accounts)
    (scratch / "shadow").write_text(
        f"root:*:::::::\nsshd:*:::::::\nnobody:*:::::::\n{user}:{hashed}:19000:0:99999:7:::\n"
    )
    return Account(user, password, home)


def with_account(scratch: Path, user: str, *argv: str) -> list[str]:
    """The words that run a program which sees the account made in `scratch`."""
    return ["unshare", "--mount", "sh", "-euc", _ENTER, "sh", str(scratch), user, *argv]
