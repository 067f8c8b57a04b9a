"""Content of a device, told by low-level probing (`blkid -p`) or by udev's database: both use the same names.

Probing reads the device itself, so it is right just after a table or a file system was written; the database lags.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from rescue.devices.model import FilesystemInfo
from rescue.errors import MissingToolError, RescueError
from rescue.process import run

_TIMEOUT_SECONDS = 20.0
_NOTHING_FOUND = 2
_AMBIVALENT = 8
_ENCODED = re.compile(rb"\\x([0-9a-fA-F]{2})")


@dataclass(frozen=True, slots=True)
class Content:
    """What lies on a disk or a partition, and what the table's entry says of the partition. None is "nothing found"."""

    filesystem: FilesystemInfo | None = None
    table: str | None = None
    table_uuid: str | None = None
    entry_type: str | None = None
    entry_uuid: str | None = None
    entry_name: str | None = None


def probe(node: str) -> Content | None:
    """Content of the device; None where it cannot be read or probing takes too long. MissingToolError without blkid:
    every file system would be an unknown one."""
    try:
        done = run(
            ["blkid", "-p", "-o", "udev", node],
            allowed=(0, _NOTHING_FOUND, _AMBIVALENT),
            timeout=_TIMEOUT_SECONDS,
        )
    except MissingToolError:
        raise
    except RescueError:
        return None
    if done.status == _NOTHING_FOUND and done.stderr:  # the same status as for an empty device, but a message
        return None
    return parse(dict(line.partition("=")[::2] for line in done.text.splitlines() if "=" in line))


def parse(properties: Mapping[str, str]) -> Content:
    """Content from properties named as udev names them."""
    kind = properties.get("ID_FS_TYPE")
    filesystem = FilesystemInfo(
        type=kind or "",
        label=_text(properties, "ID_FS_LABEL_ENC") or None,
        uuid=_text(properties, "ID_FS_UUID_ENC") or None,
        usage=properties.get("ID_FS_USAGE"),
    )
    return Content(
        filesystem=filesystem if kind else None,
        table=properties.get("ID_PART_TABLE_TYPE"),
        table_uuid=properties.get("ID_PART_TABLE_UUID"),
        entry_type=properties.get("ID_PART_ENTRY_TYPE"),
        entry_uuid=properties.get("ID_PART_ENTRY_UUID"),
        entry_name=_text(properties, "ID_PART_ENTRY_NAME") or None,
    )


def _text(properties: Mapping[str, str], name: str) -> str:
    return decode(properties.get(name, ""))


def decode(text: str) -> str:
    r"""The text that udev encodes: unsafe bytes stand as "\x20"."""
    raw = _ENCODED.sub(lambda found: bytes([int(found[1], 16)]), text.encode())
    return raw.decode(errors="replace")
