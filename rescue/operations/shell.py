"""A shell for the person, on this terminal."""

import os
import sys
from pathlib import Path

from rescue.language import _
from rescue.process import hand_over


def open_shell() -> None:
    """In root's home where there is one, until it is left. Its prompt, where it is bash, tells how to come back."""
    sys.stdout.write(_("A shell. Type “exit” to come back to Rescue.") + "\n\n")
    sys.stdout.flush()
    prompt = 'PS1="({}) $PS1"; unset PROMPT_COMMAND'.format(_("exit: back to Rescue"))
    cwd = "/root" if Path("/root").is_dir() else "/"
    hand_over([os.environ.get("SHELL") or "/bin/bash"], cwd=cwd, extra={"PROMPT_COMMAND": prompt})
