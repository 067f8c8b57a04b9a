"""Run a program for a test fixture: no shell, no input but what is given, and its own words in the error."""

from __future__ import annotations

import subprocess


class CommandError(RuntimeError):
    """A program failed; the message holds its command line, its exit status and the end of what it printed."""


def run(*argv: str, text: str = "") -> str:
    """Run `argv` with `text` as its standard input and return its standard output. Raises CommandError if it fails."""
    done = subprocess.run(argv, input=text, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        words = (done.stderr or done.stdout).strip().splitlines()[-20:]
        raise CommandError("\n".join([f"{' '.join(argv)}: exit status {done.returncode}", *words]))
    return done.stdout
