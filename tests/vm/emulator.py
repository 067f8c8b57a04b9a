"""Which QEMU runs, and how: the machine's own, or that of a Debian tree, used where it lies without root or mounts."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).parents[2]
_BUILDER = PROJECT / "build/builder"
_LIBRARIES = "usr/lib/x86_64-linux-gnu"
_KVM_MODULES = ("kvm_intel", "kvm_amd")


@dataclass(frozen=True)
class Emulator:
    """The programs and firmware of one QEMU installation.

    `root` is / or the top of a Debian tree, whose programs run under the tree's own loader with the tree's own
    libraries, so that it does not matter which libraries this machine has.
    """

    root: Path

    def program(self, name: str) -> tuple[str, ...]:
        """The first words of the command line of `qemu-system-x86_64`, `qemu-img` and the like."""
        if self._is_host:
            return (name,)
        libraries = self.root / _LIBRARIES
        loader = libraries / "ld-linux-x86-64.so.2"
        return (str(loader), "--library-path", str(libraries), str(self.root / "usr/bin" / name))

    def system(self) -> tuple[str, ...]:
        """The first words of a virtual machine's command line: the program, where its firmware is, the processor."""
        folders = () if self._is_host else ("usr/share/qemu", "usr/share/seabios")
        places = (word for folder in folders for word in ("-L", str(self.root / folder)))
        return (*self.program("qemu-system-x86_64"), *places, *_processor())

    def environment(self) -> dict[str, str]:
        """The environment of the programs: a tree's QEMU must not load this machine's modules."""
        modules = {} if self._is_host else {"QEMU_MODULE_DIR": str(self.root / _LIBRARIES / "qemu")}
        return {**os.environ, **modules}

    def firmware(self, name: str) -> Path:
        """A file of the package `ovmf`. Its links are relative, so those in a tree stay in the tree."""
        return self.root / "usr/share/OVMF" / name

    @property
    def _is_host(self) -> bool:
        return self.root == Path("/")


def emulator() -> Emulator:
    """The QEMU of the tree if there is a tree, else this machine's.

    QEMU 10.0 (Debian 13) takes 0.8 (BIOS) and 0.6 (UEFI) of the processor time of QEMU 7.2 (Debian 12), whose
    emulation loses kernels from 6.12 on to random panics.
    """
    return Emulator(qemu_tree() or Path("/"))


def host_emulator() -> Emulator:
    """This machine's own QEMU, which can open a window."""
    return Emulator(Path("/"))


def qemu_tree() -> Path | None:
    """The Debian tree whose QEMU is to be used: RESCUE_QEMU_TREE, else build/builder once it has a QEMU, else None."""
    tree = Path(os.environ.get("RESCUE_QEMU_TREE") or _BUILDER).absolute()
    needed = ("usr/bin/qemu-system-x86_64", "usr/share/seabios/bios-256k.bin", "usr/share/OVMF/OVMF_CODE_4M.fd")
    return tree if all((tree / name).exists() for name in needed) else None


def has_kvm() -> bool:
    """Whether the processor's own virtualisation is there; without it /dev/kvm may exist and not work."""
    modules = any(Path("/sys/module", module).is_dir() for module in _KVM_MODULES)
    return modules and os.access("/dev/kvm", os.R_OK | os.W_OK)


def copy_variables(source: Path, target: Path) -> Path:
    """Give a machine firmware variables of its own, as they are in a new computer."""
    shutil.copyfile(source, target)
    return target


def _processor() -> tuple[str, ...]:
    """Two processors with KVM; one emulated: with several, guest kernels crash at random.

    `max` is the fastest of the emulated models. To a sample system's report, QEMU 10.0 takes on average 9.9 s of
    processor time with it, 10.9 with qemu64 and Haswell, 11.2 with Nehalem; a larger translation buffer (10.8) and
    `thread=multi` (11.5) do not help, and `pc` is no quicker than `q35` (10.1).
    """
    if has_kvm():
        return ("-accel", "kvm", "-cpu", "host", "-smp", "2")
    return ("-accel", "tcg", "-cpu", "max", "-smp", "1")
