"""A Linux that is a program, up in 2 s, with what the host's kernel may lack: device-mapper, md, loop, table parsers.

Debian package user-mode-linux: /usr/bin/linux and its modules. Its root is that of the host, read-only; what it
writes lies in memory, but for one directory of the host at /mnt/out.
"""

from __future__ import annotations

import shlex
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree

from tests.disk.cli.harness import ROOT

SECONDS = 600.0
# cbc and hmac: the kernel does not ask for them by itself when encrypted-keys, which dm-crypt needs, starts.
_MODULES = (
    "loop dm-mod cbc hmac xts encrypted-keys dm-crypt dm-dust dm-flakey dm-delay md-mod raid1 "
    "vfat nls_utf8 nls_cp437 nls_ascii nls_iso8859-1"
)
_HEAD = """#!/bin/sh
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
mount -t tmpfs -o size=1g tmp /mnt
mkdir -p /mnt/lib /mnt/out /mnt/tmp
mount -t hostfs none /mnt/out -o {out}
exec >/mnt/out/log 2>&1
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t tmpfs run /run
ln -s /usr/lib/uml/modules /mnt/lib/modules
for module in {modules}; do modprobe -d /mnt $module || echo "no module $module"; done
export DM_DISABLE_UDEV=1 PYTEST_DISABLE_PLUGIN_AUTOLOAD=1 TMPDIR=/mnt/tmp PYTHONDONTWRITEBYTECODE=1 PYTHONPATH={root}
cd {root}
"""
_TAIL = """
dmesg >/mnt/out/dmesg
touch /mnt/out/done
sync -f /mnt/out
poweroff -f
"""
# Neither the rules of tests/conftest.py nor the project's options and plugins: they belong to the run on the host.
_PYTEST = (
    "timeout --kill-after=10 {seconds} {python} -m pytest -q --tb=short --timeout=240 --noconftest "
    "-p no:cacheprovider -p pytest_timeout -c /dev/null --rootdir={root} --basetemp=/mnt/tmp/tests "
    "--junitxml=/mnt/out/result.xml {module}\n"
)


def run_in_guest(script: str, disks: Sequence[Path], out: Path, modules: str = _MODULES) -> str:
    """Boot, run shell commands as root, power off; what they said. `disks` are /dev/ubda, /dev/ubdb …

    `out` is a directory of the host, /mnt/out in the guest. Whether the commands succeeded is theirs to leave there.
    `modules` are drivers that the guest's kernel loads.
    """
    out.mkdir(exist_ok=True)
    init = out / "init"
    head = _HEAD.format(out=out, root=shlex.quote(str(ROOT)), modules=modules)
    init.write_text(head + script + _TAIL)
    init.chmod(0o755)
    images = [f"ubd{number}={image}" for number, image in enumerate(disks)]
    argv = ["linux", "mem=1536M", "rootfstype=hostfs", "ro", f"init={init}", *images, "con=null", "quiet"]
    subprocess.run(argv, check=False, timeout=SECONDS, capture_output=True, stdin=subprocess.DEVNULL)
    log = out / "log"
    said = log.read_text(errors="replace") if log.exists() else "The guest did not start."
    assert (out / "done").exists(), said
    return said


def run_tests(module: Path, disks: Sequence[Path], out: Path, modules: str = _MODULES) -> dict[str, str]:
    """Run the tests of one file in the guest: what went wrong, by name; empty for those that passed."""
    python, root, path = map(shlex.quote, (sys.executable, str(ROOT), str(module)))
    said = run_in_guest(
        _PYTEST.format(python=python, root=root, module=path, seconds=SECONDS - 40), disks, out, modules
    )
    result = out / "result.xml"
    assert result.exists(), said
    cases = ElementTree.parse(result).getroot().iter("testcase")  # noqa: S314 - pytest itself wrote it
    return {case.get("name", ""): "\n".join(each.text or each.tag for each in case) for case in cases}
