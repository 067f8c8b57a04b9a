"""`rescue surface`: read every sector of a disk."""

import argparse

from rescue.cli.session import exit_code, session
from rescue.operations.commands import SurfaceRequest
from rescue.operations.surface import run_surface


def request(options: argparse.Namespace) -> SurfaceRequest:
    """What is asked for."""
    return SurfaceRequest(options.disk, options.start)


def run(options: argparse.Namespace) -> int:
    """Read, and tell what cannot be read; nothing is written."""
    with session(options) as work:
        return exit_code(run_surface(request(options), sink=work.sink, cancel=work.cancel))
