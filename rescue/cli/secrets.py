"""Passwords: from the file that a variable names, or typed without being shown. Never from the command line."""

import getpass
import os
import sys
from pathlib import Path

from rescue.errors import CancelledError, UsageError, reason_of
from rescue.language import _

VARIABLE = "RESCUE_PASSWORD_FILE"


def password(prompt: str) -> str:
    """The first line of the file in RESCUE_PASSWORD_FILE; else what is typed; empty where nobody is there to type."""
    named = os.environ.get(VARIABLE)
    if named:
        return _from_file(Path(named))
    if not sys.stdin.isatty():
        return ""
    try:
        return getpass.getpass(prompt)
    except (EOFError, KeyboardInterrupt) as error:
        raise CancelledError(_("Stopped on request. Nothing was changed.")) from error


def _from_file(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="surrogateescape").partition("\n")[0].removesuffix("\r")
    except OSError as error:
        raise UsageError(
            _("The password file {file} cannot be read: {reason}.").format(file=file, reason=reason_of(error)),
            hint=_("RESCUE_PASSWORD_FILE names a file whose first line is the password."),
        ) from error
