"""In the guest: the program, which sees the whole machine, and what can sit on a disk."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.disk.cli.harness import Rescue, blank, read, size_of, tool, write
from tests.samples import loop

KEY = "open sesame"
_LVM = """
devices { use_devicesfile=0 obtain_device_list_from_udev=0 external_device_info_source="none" }
backup { backup=0 archive=0 }
activation { udev_sync=0 udev_rules=0 monitoring=0 }
global { locking_dir="/run/lvm" use_lvmpolld=0 }
"""


class WholeMachine(Rescue):
    """The program without RESCUE_DEVICES: it sees every disk there is."""

    def environment(self) -> dict[str, str]:
        """The environment of the program."""
        return {name: value for name, value in super().environment().items() if name != "RESCUE_DEVICES"}

    def node(self, path: str) -> dict[str, Any]:
        """What `rescue disks` tells of a disk or partition."""
        disks = json.loads(self.run("disks", "--json").out)
        (found,) = [node for disk in disks for node in (disk, *disk["parts"]) if node["path"] == path]
        return dict(found)


@contextmanager
def disk(image: Path, size: int, *sizes: str) -> Iterator[str]:
    """A loop device with a GPT of partitions of these sizes ("16MiB"), or without a table; they hold random bytes."""
    with loop.attached(blank(image, size)) as device:
        write(device, 0, random.Random(image.name).randbytes(size))
        if sizes:
            lines = ["label: gpt", *(f"size={each}" for each in sizes)]
            tool("sfdisk", "--quiet", "--wipe=never", "--no-reread", "--no-tell-kernel", device, text="\n".join(lines))
            loop.settle(device)
        yield device


@contextmanager
def logical_volume(node: str, group: str) -> Iterator[str]:
    """`node` as physical volume with an active logical volume."""
    os.environ.update(LVM_SYSTEM_DIR="/run/lvm", LVM_SUPPRESS_FD_WARNINGS="1")
    Path("/run/lvm").mkdir(exist_ok=True)
    Path("/run/lvm/lvm.conf").write_text(_LVM)
    tool("pvcreate", "--yes", "-ff", node)
    tool("vgcreate", group, node)
    tool("lvcreate", "--yes", "--zero=n", "--wipesignatures=n", "--extents=1", "--name=data", group)
    try:
        yield f"/dev/{group}/data"
    finally:
        tool("vgchange", "--activate=n", group)


@contextmanager
def mapping(node: str, name: str, *, kind: str = "luks2") -> Iterator[str]:
    """`node` as open LUKS device."""
    quick = ["--pbkdf=pbkdf2"] if kind == "luks2" else []
    words = ["--batch-mode", "--key-file=-", "--pbkdf-force-iterations=1000", f"--type={kind}", *quick]
    tool("cryptsetup", "luksFormat", *words, node, text=KEY)
    with opened(node, name) as mapped:
        yield mapped


@contextmanager
def opened(node: str, name: str) -> Iterator[str]:
    """The LUKS device that is on `node` already."""
    tool("cryptsetup", "open", "--key-file=-", node, name, text=KEY)
    try:
        yield f"/dev/mapper/{name}"
    finally:
        tool("cryptsetup", "close", name)


@contextmanager
def array(node: str, device: str, metadata: str = "1.2") -> Iterator[str]:
    """`node` as the only member of a running RAID 1."""
    words = ["--run", "--force", "--level=1", "--raid-devices=2", "--assume-clean", f"--metadata={metadata}"]
    tool("mdadm", "--create", device, *words, node, "missing")
    try:
        yield device
    finally:
        tool("mdadm", "--stop", device)


@contextmanager
def swap(node: str) -> Iterator[str]:
    """`node` as active swap space."""
    tool("mkswap", node)
    tool("swapon", node)
    try:
        yield node
    finally:
        tool("swapoff", node)


def content(node: str) -> bytes:
    """Every byte on the medium."""
    tool("blockdev", "--flushbufs", node)
    return read(node, 0, size_of(node))


def scribble(node: str, seed: int) -> bytes:
    """Fill a device with random bytes: what it holds then."""
    data = random.Random(seed).randbytes(size_of(node))
    write(node, 0, data)
    return data
