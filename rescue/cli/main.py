"""Entry point of the command `rescue`: runs the command, turns errors into sentences and exit codes."""

import argparse
import importlib
import os
import sys
from collections.abc import Sequence

from rescue import language, settings
from rescue.cli import argparse_words
from rescue.cli.arguments import parser
from rescue.cli.text import accept_any_text, say_json
from rescue.errors import CancelledError, RescueError, reason_of
from rescue.language import N_, _
from rescue.text import printable

_SCREEN, _LINES = "rescue.tui.start", "rescue.plain.start"
_NO_SCREEN = N_("On a terminal, `rescue` alone opens the program: full screen, or --plain. Here, name a command.")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    language.use_environment()  # a job speaks as the screen that started it: so is its plan the one that was shown
    argparse_words.teach()
    accept_any_text(sys.stdin, sys.stdout, sys.stderr)
    words = parser()
    options = words.parse_args(arguments)
    if options.command is not None and options.plain:
        words.error(_("--plain opens the program, and takes no command"))
    module = _module(options)
    if module is None:
        words.print_help(sys.stderr)
        print("\n" + _(_NO_SCREEN), file=sys.stderr)
        return 2
    try:
        code = _run(module, options)
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
        message = _("The machine refused something: {reason}.").format(reason=reason_of(error) + where)
        return _tell(RescueError(message), options)
    return code


def _module(options: argparse.Namespace) -> str | None:
    """The module that does what was asked for. None where the program itself was, and nobody could read it or type."""
    if options.command is not None:
        return f"rescue.cli.commands.{options.command}_cmd"
    if options.plain:
        return _LINES
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return None
    if settings.plain() or os.environ.get("TERM") in ("dumb", "unknown"):
        return _LINES
    return _SCREEN if sys.stderr.isatty() else None


def _run(module: str, options: argparse.Namespace) -> int:
    """Import what was asked for, and nothing else: `rescue --help` stays instant."""
    found = importlib.import_module(module)
    if options.command is not None:
        code: int = found.run(options)
    elif module == _LINES:
        code = found.open_plain()
    else:
        code = found.open_screen()
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
