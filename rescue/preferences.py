"""What a person chose for the screens: theme, language. Kept in the state directory, one small file of JSON.

Nothing depends on it: where it cannot be read or written, the program goes on with what it has.
"""

import json
import os
from contextlib import suppress
from pathlib import Path

from rescue.settings import state_directory


def read() -> dict[str, str]:
    """Every preference that is known; empty where there is no file, or one that makes no sense."""
    with suppress(OSError, ValueError):
        found = json.loads(_path().read_bytes())
        if isinstance(found, dict):
            return {name: value for name, value in found.items() if isinstance(value, str)}
    return {}


def remember(name: str, value: str) -> None:
    """Keep one preference beside the others; the file is whole at every moment."""
    path = _path()
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh.write_text(json.dumps({**read(), name: value}, indent=1) + "\n")
        fresh.rename(path)


def _path() -> Path:
    return state_directory() / "preferences.json"
