"""Who may use the program."""

import os

from rescue.errors import NotRootError
from rescue.language import _


def require_root() -> None:
    """NotRootError for everybody else."""
    if os.geteuid() != 0:
        raise NotRootError(_("Only root can look into disks."))
