"""Users that only one server knows: its own copies of the machine's files of users, in its own mount namespace."""

from __future__ import annotations

import shlex
import subprocess
from dataclasses import dataclass
from pathlib import Path

_FILES = ("passwd", "shadow", "group")


@dataclass(frozen=True)
class Account:
    """Who may log in. `uid` owns what the user writes."""

    user: str = "anna"
    password: str = "Correct, horse & battery"  # noqa: S105 - of a server that lives for one test
    uid: int = 20001


def command(account: Account, home: Path, folder: Path, *argv: str) -> list[str]:
    """The command line that runs `argv` as a program for which `account` exists, with `home` as home directory.

    `folder` gets the files of users.
    """
    words = ["openssl", "passwd", "-6", "-stdin"]
    hashed = subprocess.run(words, input=account.password, capture_output=True, text=True, check=True).stdout.strip()
    extra = {
        "passwd": f"{account.user}:x:{account.uid}:{account.uid}::{home}:/bin/sh",
        "shadow": f"{account.user}:{hashed}:20000:0:99999:7:::",
        "group": f"{account.user}:x:{account.uid}:",
    }
    for name in _FILES:
        copy = folder / name
        copy.write_text(f"{Path('/etc', name).read_text().rstrip()}\n{extra[name]}\n")
        copy.chmod(0o640 if name == "shadow" else 0o644)
    binds = [f"mount --bind {shlex.quote(str(folder / name))} /etc/{name}" for name in _FILES]
    script = " && ".join([*binds, 'exec "$@"'])
    return ["unshare", "--mount", "sh", "-c", script, "sh", *argv]
