"""Entry point of the command `rescue`: runs the command, turns errors into sentences and exit codes."""

import argparse
import importlib
import os
import sys
from collections.abc import Sequence

from rescue.cli.arguments import parser
from rescue.cli.text import accept_any_text, say_json
from rescue.errors import CancelledError, RescueError
from rescue.text import printable


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    accept_any_text(sys.stdin, sys.stdout, sys.stderr)
    words = parser()
    options = words.parse_args(arguments)
    if options.command is None and not _on_a_screen():
        words.print_help(sys.stderr)
        print("\nOn a terminal, `rescue` alone opens the full-screen program. Here, name a command.", file=sys.stderr)
        return 2
    try:
        code = _run(options)
        sys.stdout.flush()
    except RescueError as error:
        return _tell(error, options)
    except KeyboardInterrupt:
        return _tell(CancelledError(), options)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        return _tell(RescueError(f"The machine refused something: {error.strerror or error}{where}."), options)
    return code


def _on_a_screen() -> bool:
    """True where a full screen can be drawn, and somebody can press keys."""
    streams = (sys.stdin, sys.stdout, sys.stderr)
    return all(stream.isatty() for stream in streams) and os.environ.get("TERM") not in ("dumb", "unknown")


def _run(options: argparse.Namespace) -> int:
    """Import what was asked for, and nothing else: `rescue --help` stays instant."""
    if options.command is None:
        code: int = importlib.import_module("rescue.tui.start").open_screen()
    else:
        code = importlib.import_module(f"rescue.cli.commands.{options.command}_cmd").run(options)
    return code


def _tell(error: RescueError, options: argparse.Namespace) -> int:
    if getattr(options, "json", False):
        document = {"event": "Error", "message": error.message, "hint": error.hint, "exit_code": error.exit_code}
        say_json(document)
    print(f"rescue: {printable(error.message)}", file=sys.stderr)
    if error.hint:
        print(f"        {printable(error.hint)}", file=sys.stderr)
    return error.exit_code


if __name__ == "__main__":
    sys.exit(main())
