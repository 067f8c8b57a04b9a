"""Where this machine gets its own distribution from, so that sample systems come from the same mirror."""

from __future__ import annotations

import platform
from dataclasses import dataclass

from tests.samples.process import run

_FIELDS = "$(CREATED_BY)|$(ORIGIN)|$(REPO_URI)|$(RELEASE)|$(COMPONENT)"


class SourcesError(RuntimeError):
    """apt on this machine does not know the distribution's own packages."""


@dataclass(frozen=True)
class Distribution:
    """A Debian or Ubuntu release and how apt reaches it."""

    name: str
    codename: str
    sources: tuple[str, ...]
    apt_options: tuple[str, ...]


def this_distribution() -> Distribution:
    """Read the distribution of this machine from os-release and apt's configuration; third-party sources are left out.

    Raises SourcesError where apt has no package lists (`apt-get update` has never run).
    """
    release = platform.freedesktop_os_release()
    origin = release["ID"].capitalize()
    rows = [line.split("|") for line in run("apt-get", "indextargets", "--format", _FIELDS).splitlines()]
    lines = tuple(
        dict.fromkeys(
            f"deb {uri} {suite} {component}"
            for creator, label, uri, suite, component in rows
            if creator == "Packages" and label == origin
        )
    )
    if not lines:
        raise SourcesError(f"apt knows no {origin} package lists; run `apt-get update` first")
    return Distribution(release["ID"], release["VERSION_CODENAME"], lines, _proxy_options())


def _proxy_options() -> tuple[str, ...]:
    lines = run("apt-config", "dump", "Acquire::http", "Acquire::https").splitlines()
    return tuple(line for line in lines if "::Proxy" in line)
