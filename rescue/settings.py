"""What the environment sets. Read when asked, never at import."""

import os
from pathlib import Path

_STATE = "/var/lib/rescue"


def repository_path() -> str | None:
    """RESCUE_REPO, which stands in for `--repo`."""
    return os.environ.get("RESCUE_REPO") or None


def state_directory() -> Path:
    """Where undo kits and reports lie: RESCUE_STATE_DIR, else /var/lib/rescue."""
    return Path(os.environ.get("RESCUE_STATE_DIR") or _STATE)


def plain() -> bool:
    """RESCUE_PLAIN=1: `rescue` alone speaks in lines instead of drawing a full screen."""
    return os.environ.get("RESCUE_PLAIN", "") not in ("", "0")
