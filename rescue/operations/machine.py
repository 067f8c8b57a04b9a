"""Where a job runs and with which programs: what a snapshot records about its origin."""

import platform
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import zstandard

import rescue

_DMI = Path("/sys/class/dmi/id")


def facts() -> dict[str, object]:
    """The machine's name, make and model, firmware kind."""
    told = {name: _dmi(name) for name in ("sys_vendor", "product_name", "product_serial")}
    firmware = "uefi" if Path("/sys/firmware/efi").exists() else "bios"
    return {"host": platform.node(), "firmware": firmware, **{key: text for key, text in told.items() if text}}


def tools() -> dict[str, object]:
    """Versions that decide about the bytes of a backup."""
    zstd = ".".join(map(str, zstandard.ZSTD_VERSION))
    return {"rescue": rescue.__version__, "kernel": platform.release(), "zstd": zstd}


def now() -> datetime:
    """The present in UTC. Two jobs never begin at the same microsecond, so that no two snapshots are equal."""
    return datetime.now(UTC)


def default_name() -> str:
    """A name for a backup that nobody named: host and local time."""
    return f"{platform.node() or 'computer'}-{datetime.now().astimezone():%Y-%m-%d-%H%M%S}"


def _dmi(name: str) -> str:
    with suppress(OSError):
        return (_DMI / name).read_text(errors="replace").strip()
    return ""
