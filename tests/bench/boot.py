"""`python -m tests.bench.boot`: the figures of the stick - size, memory, seconds to the program, time to build.

Starts alternate: the same kernel to a shell in its initrd, and to the program on the screen; both without firmware and
boot menu. Ratios count, because without hardware virtualisation a start takes many times as long. The memory floor is
found by starting the stick with less and less. Prints a table and writes build/bench-boot.json.
"""

from __future__ import annotations

import argparse
import re
import statistics
import subprocess
import time
from collections.abc import Iterator

from tests.bench import table
from tests.bench.table import Row
from tests.samples import Firmware
from tests.vm.emulator import PROJECT, has_kvm
from tests.vm.hardware import Hardware, Kernel, Medium
from tests.vm.live.session import BOOT_SECONDS, IMAGE, choose, wait_first_screen
from tests.vm.machine import Machine, MachineError

_LIVE = PROJECT / "build/live"
_MEMORY_MIB = (1024, 768, 640, 576, 512, 480)
_MIB = 1 << 20


def main() -> int:
    """Measure what is asked for; 1 where a bound is missed."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.boot", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="starts of each kind (%(default)s)")
    parser.add_argument("--build", action="store_true", help="measure making the image too: warm, then everything anew")
    options = parser.parse_args()
    rows = [*_size(), *_start(options.rounds), *_memory(), *(_build() if options.build else ())]
    print(f"\n{table.show(rows)}")
    table.save(rows, {"rounds": options.rounds, "kvm": has_kvm()}, PROJECT / "build/bench-boot.json")
    return 1 if any(row.met is False for row in rows) else 0


def _size() -> Iterator[Row]:
    yield Row("image", IMAGE.stat().st_size / 10**6, "MB", most=450)


def _start(rounds: int) -> Iterator[Row]:
    """Alternating starts; the order is turned round every time."""
    shells: list[float] = []
    screens: list[float] = []
    ratios: list[float] = []
    for number in range(rounds):
        for kind in ("shell", "screen")[:: 1 if number % 2 == 0 else -1]:
            seconds = _to_shell() if kind == "shell" else _to_screen()
            (shells if kind == "shell" else screens).append(seconds)
            print(f"start {number + 1}: {kind} after {seconds:.1f} s", flush=True)
        ratios.append(screens[-1] / shells[-1])
    yield Row("kernel to a shell in the initrd", statistics.median(shells), "s")
    yield Row("kernel to the program on the screen", statistics.median(screens), "s")
    yield Row("the second by the first", statistics.median(ratios), most=2)


def _to_shell() -> float:
    with Machine(_machine("rescue.shell console=tty0 console=ttyS0,115200")) as machine:
        machine.expect("built-in shell", BOOT_SECONDS)
        return machine.seconds


def _to_screen() -> float:
    with Machine(_machine("console=ttyS0,115200 console=tty0")) as machine:
        wait_first_screen(machine)
        return machine.seconds


def _machine(consoles: str) -> Hardware:
    """The stick in a computer without a graphics card, whose only screen is the serial line."""
    words = re.search(rb'set words="([^"]*)"', IMAGE.read_bytes())
    assert words, "the image has no boot menu"
    kernel = Kernel(
        next(_LIVE.glob("system/boot/vmlinuz-*")), _LIVE / "initrd.img", f"{words[1].decode()} {consoles} panic=-1"
    )
    return Hardware(Firmware.BIOS, Medium(IMAGE), memory=2048, graphics=False, kernel=kernel)


def _memory() -> Iterator[Row]:
    """The least memory of a computer on which the stick still comes to its first screen."""
    enough = 0
    for memory in _MEMORY_MIB:
        try:
            with Machine(Hardware(Firmware.BIOS, Medium(IMAGE), memory=memory)) as machine:
                choose(machine)
                wait_first_screen(machine)
        except MachineError:
            print(f"{memory} MiB: no first screen", flush=True)
            break
        print(f"{memory} MiB: first screen", flush=True)
        enough = memory
    yield Row("memory floor", enough, "MiB", most=768)


def _build() -> Iterator[Row]:
    """Make the image anew after a change of the program, and then all of it."""
    for name, changed, bound in (
        ("warm", "rescue/__init__.py", 180),
        ("cold", "livebuild/builder/packages.list", None),
    ):
        began = time.monotonic()
        subprocess.run(["make", "-W", changed, "build/rescue.iso"], cwd=PROJECT, check=True, stdout=subprocess.DEVNULL)
        yield Row(f"making the image, {name}", time.monotonic() - began, "s", most=bound)


if __name__ == "__main__":
    raise SystemExit(main())
