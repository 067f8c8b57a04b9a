"""Who may use the program."""

import os

from rescue.errors import NotRootError


def require_root() -> None:
    """NotRootError for everybody else."""
    if os.geteuid() != 0:
        raise NotRootError("Only root can look into disks.")
